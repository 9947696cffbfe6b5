package io.quotastack.cluster.persistence;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.quotastack.engine.journal.JournalUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;

/**
 * The connections that an actor system reads with, apart from those that it writes the journal
 * with, so that a long page never holds up a debit. Queries run on threads of their own, one for
 * each connection; what would have to wait behind too many others is refused.
 */
public final class ReadDatabase implements Extension {
  private static final Id ID = new Id();

  /** A query that has waited for so long behind others is not begun any more. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  /** A piece of work that needs a connection. */
  @FunctionalInterface
  public interface Query<T> {
    /** Does it, and leaves the connection open. */
    T run(Connection connection) throws SQLException;
  }

  private static final class Id extends AbstractExtensionId<ReadDatabase> {
    @Override
    public ReadDatabase createExtension(ExtendedActorSystem system) {
      return new ReadDatabase(system);
    }
  }

  private final HikariDataSource pool;
  private final ThreadPoolExecutor threads;

  private ReadDatabase(ExtendedActorSystem system) {
    Config config = system.settings().config().getConfig("quotastack.database");
    int connections = config.getInt("read-connections");
    HikariConfig settings = ConnectionPool.of(config, "quotastack-read", connections);
    settings.setReadOnly(true);
    this.pool = new HikariDataSource(settings);
    this.threads =
        new ThreadPoolExecutor(
            connections,
            connections,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(config.getInt("read-queue")),
            Thread.ofPlatform().name(system.name() + "-read-", 0).daemon().factory(),
            new ThreadPoolExecutor.AbortPolicy());
    system.registerOnTermination(this::close);
  }

  /** The one of this actor system; opened at the first call, closed when the system ends. */
  public static ReadDatabase get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  /**
   * Runs a query; the result fails with {@link JournalUnavailableException} if the database does
   * not answer or too many wait already.
   */
  public <T> CompletableFuture<T> run(Query<T> query) {
    long askedAtNanos = System.nanoTime();
    try {
      return CompletableFuture.supplyAsync(() -> runNow(query, askedAtNanos), threads);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new JournalUnavailableException("too many reads wait for the database", e));
    }
  }

  private <T> T runNow(Query<T> query, long askedAtNanos) {
    Duration waited = Duration.ofNanos(System.nanoTime() - askedAtNanos);
    if (waited.compareTo(LONGEST_WAIT) > 0) {
      // While the database is away each query before this one has waited for a connection in vain:
      // the whole queue is answered now, instead of one by one long after everybody gave up.
      throw new JournalUnavailableException(
          "the read waited too long for its turn", new TimeoutException(waited.toString()));
    }
    try (Connection connection = pool.getConnection()) {
      return query.run(connection);
    } catch (SQLException e) {
      throw new JournalUnavailableException("the database does not answer", e);
    }
  }

  private void close() {
    threads.shutdownNow();
    pool.close();
  }
}
