package io.quotastack.bench.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Load over HTTP from one thread and one selector.
 *
 * <p>A thread per connection would spend more CPU time on switching than on requests, and that time
 * is taken from the server that shares the machine. One thread is enough for several times what the
 * server can answer.
 */
final class HttpLoad implements AutoCloseable {
  /**
   * How long to sleep at most when an arrival is due within a millisecond: the selector counts in
   * whole milliseconds, and spinning would take a core from the server. It bounds by how much a
   * latency can be overstated.
   */
  private static final long NAP_NANOS = 50_000;

  private static final long MILLI_NANOS = 1_000_000;

  private final Exchange exchange;
  private final Selector selector;
  private final List<HttpConnection> connections = new ArrayList<>();
  private final ArrayDeque<HttpConnection> idle = new ArrayDeque<>();
  private final Latencies latencies = new Latencies();
  private final Faults faults = new Faults();
  private final OperationNumbers numbers;
  private long operations;
  private long late;

  /** Each latency by itself; null if their histogram is enough. */
  private @Nullable List<Long> nanosInOrder;

  /** Gives each request of a process a number of its own; it ends up in the idempotency key. */
  static final class OperationNumbers {
    private long last;

    long next() {
      return ++last;
    }
  }

  HttpLoad(InetSocketAddress server, int clients, Exchange exchange, OperationNumbers numbers)
      throws IOException {
    this.exchange = exchange;
    this.numbers = numbers;
    this.selector = Selector.open();
    try {
      for (int i = 0; i < clients; i++) {
        connections.add(new HttpConnection(server, selector));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
    idle.addAll(connections);
  }

  /** Load for a time, closed or open as the order says. */
  LoadEvent.Finished run(LoadOrder.Run order, LoadWindow.Listener listener) throws IOException {
    SplittableRandom random = new SplittableRandom(order.seed());
    LoadWindow window =
        new LoadWindow(System.nanoTime(), order.rampMillis(), order.windowMillis(), listener);
    @Nullable ArrivalSchedule schedule =
        order.ratePerSecond() > 0
            ? new ArrivalSchedule(window.startNanos(), order.ratePerSecond())
            : null;
    long arrivals = 0;
    while (true) {
      long now = System.nanoTime();
      window.advance(now);
      long nextNanos = Long.MAX_VALUE;
      if (schedule == null) {
        while (!window.isOver(now) && !idle.isEmpty()) {
          send(order.firstCustomer() + random.nextInt(order.customers()), System.nanoTime());
        }
      } else {
        nextNanos = schedule.intendedNanos(arrivals);
        while (nextNanos - now <= 0 && !window.isOver(nextNanos) && !idle.isEmpty()) {
          send(order.firstCustomer() + random.nextInt(order.customers()), nextNanos);
          nextNanos = schedule.intendedNanos(++arrivals);
        }
      }
      boolean backlog = schedule != null && !window.isOver(nextNanos);
      if (connections.isEmpty() || (window.isOver(now) && !backlog && inFlight() == 0)) {
        break;
      }
      if (window.isDrainOver(now)) {
        faults.add(
            inFlight()
                + " requests unanswered"
                + (backlog ? ", and the rate was not reached" : "")
                + " after the window and "
                + LoadWindow.DRAIN_NANOS / 1_000_000_000
                + " s more");
        break;
      }
      waitFor(idle.isEmpty() ? Long.MAX_VALUE : nextNanos - now);
      selector.selectedKeys().forEach(key -> serve(key, window, schedule != null));
      selector.selectedKeys().clear();
    }
    return finished(window.seconds());
  }

  /** One operation for each customer in turn. */
  LoadEvent.Finished pass(LoadOrder.Pass order) throws IOException {
    long startNanos = System.nanoTime();
    turns(
        IntStream.range(order.firstCustomer(), order.firstCustomer() + order.customers()),
        order.limitMillis());
    return finished((System.nanoTime() - startNanos) / 1e9);
  }

  /** One operation after the other, in the order that is given; for one client. */
  LoadEvent.Probed probe(LoadOrder.Probe order) throws IOException {
    List<Long> nanos = new ArrayList<>();
    nanosInOrder = nanos;
    turns(order.customers().stream().mapToInt(customer -> customer), order.limitMillis());
    return new LoadEvent.Probed(nanos, faults.count(), faults.samples());
  }

  private void turns(IntStream customers, long limitMillis) throws IOException {
    LoadWindow window =
        new LoadWindow(
            System.nanoTime(),
            0,
            limitMillis,
            new LoadWindow.Listener() {
              @Override
              public void opened() {}

              @Override
              public void closed() {}
            });
    PrimitiveIterator.OfInt next = customers.iterator();
    long sent = 0;
    while (next.hasNext() || inFlight() > 0) {
      long now = System.nanoTime();
      if (window.isOver(now) || connections.isEmpty()) {
        faults.add("not all were asked in time, but " + sent);
        break;
      }
      while (next.hasNext() && !idle.isEmpty()) {
        send(next.nextInt(), System.nanoTime());
        sent++;
      }
      waitFor(Long.MAX_VALUE);
      selector.selectedKeys().forEach(key -> serve(key, window, false));
      selector.selectedKeys().clear();
    }
  }

  private LoadEvent.Finished finished(double seconds) {
    return new LoadEvent.Finished(
        operations, late, seconds, faults.count(), faults.samples(), latencies.encoded());
  }

  private int inFlight() {
    return connections.size() - idle.size();
  }

  private void send(int customer, long startNanos) throws IOException {
    HttpConnection connection = idle.removeFirst();
    try {
      connection.send(exchange, customer, numbers.next(), startNanos);
    } catch (IOException e) {
      drop(connection, e);
    }
  }

  private void waitFor(long nanos) throws IOException {
    if (nanos <= 0) {
      selector.selectNow();
    } else if (nanos < 2 * MILLI_NANOS) {
      LockSupport.parkNanos(Math.min(nanos, NAP_NANOS));
      selector.selectNow();
    } else {
      selector.select(Math.min(nanos / MILLI_NANOS - 1, 20));
    }
  }

  private void serve(SelectionKey key, LoadWindow window, boolean open) {
    HttpConnection connection = (HttpConnection) key.attachment();
    try {
      if (key.isWritable()) {
        connection.flush();
      }
      if (!key.isReadable() || !connection.receive()) {
        return;
      }
    } catch (IOException | HttpAnswer.BadAnswerException e) {
      drop(connection, e);
      return;
    }
    long now = System.nanoTime();
    String fault = connection.fault();
    Exchange sequel = fault == null ? connection.sequel() : null;
    if (sequel != null) {
      // Whether or not the window is over: an operation that was begun is completed.
      follow(connection, sequel);
      return;
    }
    if (fault != null) {
      faults.add(fault);
    } else if (window.contains(open ? connection.startNanos() : now)) {
      operations++;
      latencies.record(now - connection.startNanos());
      if (nanosInOrder != null) {
        nanosInOrder.add(now - connection.startNanos());
      }
      if (window.isOver(now)) {
        late++;
      }
    }
    idle.addLast(connection);
  }

  private void follow(HttpConnection connection, Exchange sequel) {
    try {
      connection.follow(sequel, numbers.next());
    } catch (IOException e) {
      drop(connection, e);
    }
  }

  /** A connection that broke is not opened again: one break is enough to fail the run. */
  private void drop(HttpConnection connection, Exception cause) {
    faults.add(String.valueOf(cause.getMessage()));
    connections.remove(connection);
    idle.remove(connection);
    try {
      connection.close();
    } catch (IOException e) {
      faults.add("closing: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    for (HttpConnection connection : connections) {
      connection.close();
    }
    selector.close();
  }
}
