package io.quotastack.cluster.alarms;

import io.quotastack.engine.journal.JournalUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows in batches, by a thread of its own: what comes while a batch is under way gathers and
 * goes down as the next one, as in the journal. How many wait is bounded.
 */
final class GatheredWrites<T> implements AutoCloseable {
  /** Writes all of these rows or none; in auto-commit mode. */
  @FunctionalInterface
  interface Batch<T> {
    void write(Connection connection, List<T> rows) throws SQLException;
  }

  private record Waiting<T>(T row, CompletableFuture<@Nullable Void> done) {}

  private final DataSource database;
  private final Batch<T> batch;
  private final int maxRows;
  private final BlockingQueue<Waiting<T>> waiting;
  private final Thread writer;
  private volatile boolean closed;

  /**
   * Starts the thread.
   *
   * @param threadName of the thread
   * @param maxWaiting how many rows wait; what comes beyond is refused
   * @param maxRows the most rows of one batch
   */
  GatheredWrites(
      String threadName, DataSource database, int maxWaiting, int maxRows, Batch<T> batch) {
    this.database = database;
    this.batch = batch;
    this.maxRows = maxRows;
    this.waiting = new ArrayBlockingQueue<>(maxWaiting);
    this.writer = Thread.ofPlatform().name(threadName).daemon().start(this::writeUntilClosed);
  }

  /**
   * Complete when the row is durable, in the writer's thread: what depends on it must be short.
   * Fails with {@link JournalUnavailableException} if too many wait, or if the database does not
   * answer, and then the row may have been written or not.
   */
  CompletableFuture<@Nullable Void> write(T row) {
    var write = new Waiting<T>(row, new CompletableFuture<>());
    if (!waiting.offer(write)) {
      write
          .done()
          .completeExceptionally(unavailable("too many alarms wait for the database", null));
    } else if (closed) {
      refuseAll();
    }
    return write.done();
  }

  private void writeUntilClosed() {
    try {
      while (!closed) {
        write(nextBatch());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      // Also if it ends for a reason that nobody foresaw: nothing may wait for it then.
      closed = true;
      refuseAll();
    }
  }

  private List<Waiting<T>> nextBatch() throws InterruptedException {
    var next = new ArrayList<Waiting<T>>();
    next.add(waiting.take());
    waiting.drainTo(next, maxRows - 1);
    return next;
  }

  private void write(List<Waiting<T>> writes) {
    try (Connection connection = database.getConnection()) {
      batch.write(connection, writes.stream().map(Waiting::row).toList());
    } catch (SQLException | RuntimeException e) {
      JournalUnavailableException failure = unavailable("the database does not answer", e);
      writes.forEach(write -> write.done().completeExceptionally(failure));
      return;
    }
    writes.forEach(write -> write.done().complete(null));
  }

  private void refuseAll() {
    var left = new ArrayList<Waiting<T>>();
    waiting.drainTo(left);
    left.forEach(
        write -> write.done().completeExceptionally(unavailable("the node has ended", null)));
  }

  private static JournalUnavailableException unavailable(String why, @Nullable Exception cause) {
    return new JournalUnavailableException(
        why, cause == null ? new IllegalStateException(why) : cause);
  }

  /** Takes no more, and fails what waits. */
  @Override
  public void close() {
    closed = true;
    writer.interrupt();
  }
}
