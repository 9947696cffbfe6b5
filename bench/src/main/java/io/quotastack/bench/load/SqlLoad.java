package io.quotastack.bench.load;

import io.quotastack.bench.baseline.Debit;
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
  private final LoadOrder.Work work;
  private final BalanceBook book;
  private final String runId;
  private final AtomicLong operationNumbers;
  private final Faults faults = new Faults();
  private final List<Client> clients = new ArrayList<>();

  SqlLoad(
      String jdbcUrl,
      int clientCount,
      LoadOrder.Work work,
      BalanceBook book,
      String runId,
      AtomicLong operationNumbers)
      throws SQLException {
    this.work = work;
    this.book = book;
    this.runId = runId;
    this.operationNumbers = operationNumbers;
    try {
      for (int i = 0; i < clientCount; i++) {
        clients.add(new Client(DriverManager.getConnection(jdbcUrl)));
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
      client.debit.close();
      client.connection.close();
    }
  }

  /** One connection and what its thread measured. */
  private final class Client {
    private final Connection connection;
    private final Debit debit;
    private final Latencies latencies = new Latencies();
    private long operations;
    private long late;

    Client(Connection connection) throws SQLException {
      this.connection = connection;
      this.debit =
          switch (work) {
            case DEBIT_STATEMENTS -> Debit.statements(connection);
            case DEBIT_FUNCTION -> Debit.function(connection);
            case DEBIT_SINGLE_STATEMENT -> Debit.singleStatement(connection);
            default -> throw new IllegalArgumentException(work + " is not work for SQL");
          };
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
      String key = runId + "-" + operationNumbers.incrementAndGet();
      int atLeaving = book.acknowledgedCount(customer);
      book.sent(customer);
      Debit.Answer answer = debit.debit(customer, key, book.costMc());
      long now = System.nanoTime();
      if (answer.outcome() != Debit.Outcome.DEBITED) {
        faults.add("debit: " + answer);
        return;
      }
      book.acknowledged(customer);
      String fault = book.fault(customer, answer.balanceMc(), atLeaving + 1);
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
