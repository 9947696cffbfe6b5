package io.quotastack.bench.load;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Load on the baseline: a thread and a JDBC connection for each client, answers checked. */
final class SqlLoad implements AutoCloseable {
  private final Faults faults = new Faults();
  private final List<Client> clients = new ArrayList<>();

  SqlLoad(
      String jdbcUrl,
      int clientCount,
      LoadOrder.Work work,
      BalanceBook book,
      SqlOperation.Keys keys)
      throws SQLException {
    try {
      for (int i = 0; i < clientCount; i++) {
        Connection connection = DriverManager.getConnection(jdbcUrl);
        clients.add(new Client(connection, SqlOperation.of(work, connection, book, keys)));
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  LoadEvent.Finished run(LoadOrder.Run order, LoadWindow.Listener listener)
      throws InterruptedException {
    LoadWindow window =
        new LoadWindow(System.nanoTime(), order.rampMillis(), order.windowMillis(), listener);
    @Nullable ArrivalSchedule schedule =
        order.ratePerSecond() > 0
            ? new ArrivalSchedule(window.startNanos(), order.ratePerSecond())
            : null;
    AtomicLong arrivals = new AtomicLong();
    SplittableRandom seeds = new SplittableRandom(order.seed());
    List<Thread> threads = new ArrayList<>();
    for (Client client : clients) {
      SplittableRandom random = seeds.split();
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .start(() -> client.work(order, window, schedule, arrivals, random)));
    }
    sleepUntil(window.openNanos());
    window.advance(System.nanoTime());
    sleepUntil(window.closeNanos());
    window.advance(System.nanoTime());
    for (Thread thread : threads) {
      if (!thread.join(Duration.ofNanos(LoadWindow.DRAIN_NANOS))) {
        faults.add("a client had not ended its last debit long after the window");
      }
    }
    Latencies latencies = new Latencies();
    long operations = 0;
    long late = 0;
    for (Client client : clients) {
      latencies.add(client.latencies);
      operations += client.operations;
      late += client.late;
    }
    return new LoadEvent.Finished(
        operations, late, window.seconds(), faults.count(), faults.samples(), latencies.encoded());
  }

  private static void sleepUntil(long nanos) {
    for (long rest = nanos - System.nanoTime(); rest > 0; rest = nanos - System.nanoTime()) {
      LockSupport.parkNanos(rest);
    }
  }

  @Override
  public void close() throws SQLException {
    for (Client client : clients) {
      client.operation.close();
      client.connection.close();
    }
  }

  /** One connection and what its thread measured. */
  private final class Client {
    private final Connection connection;
    private final SqlOperation operation;
    private final Latencies latencies = new Latencies();
    private long operations;
    private long late;

    Client(Connection connection, SqlOperation operation) {
      this.connection = connection;
      this.operation = operation;
    }

    void work(
        LoadOrder.Run order,
        LoadWindow window,
        @Nullable ArrivalSchedule schedule,
        AtomicLong arrivals,
        SplittableRandom random) {
      while (true) {
        long startNanos;
        if (schedule == null) {
          startNanos = System.nanoTime();
        } else {
          startNanos = schedule.intendedNanos(arrivals.getAndIncrement());
        }
        if (window.isOver(startNanos)) {
          return;
        }
        if (schedule != null) {
          sleepUntil(startNanos);
        }
        if (window.isDrainOver(System.nanoTime())) {
          faults.add("the rate was not reached");
          return;
        }
        int customer = order.firstCustomer() + random.nextInt(order.customers());
        try {
          once(customer, window, startNanos, schedule != null);
        } catch (SQLException e) {
          faults.add(String.valueOf(e.getMessage()));
          return;
        }
      }
    }

    private void once(int customer, LoadWindow window, long startNanos, boolean open)
        throws SQLException {
      String fault = operation.run(customer);
      long now = System.nanoTime();
      if (fault != null) {
        faults.add(fault);
      } else if (window.contains(open ? startNanos : now)) {
        operations++;
        latencies.record(now - startNanos);
        if (window.isOver(now)) {
          late++;
        }
      }
    }
  }
}
