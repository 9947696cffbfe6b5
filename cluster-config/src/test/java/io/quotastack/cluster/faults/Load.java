package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Clients that send one request after the other, each from a thread of its own, and enter into the
 * books what they are told. A client that is told to come back later does so.
 */
final class Load implements AutoCloseable {
  private static final Duration END_LIMIT = Duration.ofMinutes(2);

  /** How a request gets to a node. */
  @FunctionalInterface
  interface Sender {
    /** What it was answered; null = no answer came. */
    @Nullable Answer send(Operation operation);
  }

  private final Workload workload;
  private final Books books;
  private final Sender sender;
  private final boolean endsAtSilence;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final List<Thread> clients = new ArrayList<>();

  private Load(Workload workload, Books books, Sender sender, boolean endsAtSilence) {
    this.workload = workload;
    this.books = books;
    this.sender = sender;
    this.endsAtSilence = endsAtSilence;
  }

  /** So many clients, each of which ends at its first request that is not answered at all. */
  static Load untilSilence(int clients, Workload workload, Books books, Sender sender) {
    return new Load(workload, books, sender, true).start(clients);
  }

  /** So many clients, which end when they are asked to. */
  static Load untilStopped(int clients, Workload workload, Books books, Sender sender) {
    return new Load(workload, books, sender, false).start(clients);
  }

  private Load start(int count) {
    for (int i = 0; i < count; i++) {
      clients.add(Thread.ofPlatform().name("client-" + i).daemon().start(this::run));
    }
    return this;
  }

  private void run() {
    try {
      while (stopped.getCount() > 0) {
        Operation operation = workload.next(ThreadLocalRandom.current());
        Answer answer = sender.send(operation);
        books.record(operation, answer);
        if (answer != null) {
          workload.learn(operation, answer);
        }
        if (answer == null && endsAtSilence) {
          return;
        }
        if (answer != null && answer.retryAfter() != null) {
          var _ = stopped.await(Long.parseLong(answer.retryAfter()), TimeUnit.SECONDS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      books.fault("a client failed: " + e);
    }
  }

  /** Waits until that many more changes are acknowledged. */
  void awaitAcknowledged(int more) {
    int target = books.acknowledged() + more;
    Awaitility.await(more + " more changes acknowledged; " + books)
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> books.acknowledged() >= target);
  }

  /** Asks all clients to end, and waits until they have. */
  void stop() {
    stopped.countDown();
    join();
  }

  /** Waits until all clients have ended. */
  void join() {
    try {
      for (Thread client : clients) {
        client.join(END_LIMIT);
        assertThat(client.isAlive()).as("%s hangs", client).isFalse();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * Retries all that was left open, each request until it is known, all at once.
   *
   * @return how long that took
   */
  static Duration settle(Books books, Sender sender, Duration limit) {
    return settle(books, books.open(), sender, limit);
  }

  /** Sends these until they are known, all at once; returns how long that took. */
  static Duration settle(Books books, List<Operation> operations, Sender sender, Duration limit) {
    long start = System.nanoTime();
    var slowestNanos = new AtomicLong();
    List<Thread> retries =
        operations.stream()
            .map(operation ->
                Thread.ofVirtual()
                    .start(() -> {
                      settle(books, operation, sender, limit);
                      slowestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
                    }))
            .toList();
    try {
      for (Thread retry : retries) {
        retry.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return Duration.ofNanos(slowestNanos.get());
  }

  private static void settle(Books books, Operation operation, Sender sender, Duration limit) {
    try {
      Awaitility.await()
          .atMost(limit)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> {
            books.record(operation, sender.send(operation));
            return !books.isOpen(operation);
          });
    } catch (RuntimeException e) {
      books.fault("not known within " + limit + ": " + operation + ": " + e);
    }
  }

  @Override
  public void close() {
    stopped.countDown();
  }
}
