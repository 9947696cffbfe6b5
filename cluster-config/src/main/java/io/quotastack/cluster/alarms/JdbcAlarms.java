package io.quotastack.cluster.alarms;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariDataSource;
import io.quotastack.cluster.persistence.ConnectionPool;
import io.quotastack.engine.alarms.Alarms;
import io.quotastack.engine.ids.CustomerRef;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Alarms as rows in PostgreSQL, which whatever node of the cluster rings at their time. A node that
 * only sets alarms need not ring any.
 *
 * <p>Setting has a connection of its own: requests wait for it, and must not wait behind the
 * housekeeping of what rings.
 */
public final class JdbcAlarms implements Alarms, AutoCloseable {
  /** The most rows of one statement. With the queue's limit it bounds how long a row waits. */
  private static final int MAX_BATCH_ROWS = 5_000;

  private static final int RINGING_CONNECTIONS = 2;

  private final String nodeName;
  private final AlarmSettings settings;
  private final HikariDataSource settingPool;
  private final HikariDataSource ringingPool;
  private final GatheredWrites<Alarm> sets;
  private final GatheredWrites<AlarmTable.Rung> finished;
  private @Nullable AlarmScheduler scheduler;

  /**
   * Ready to set alarms; rings none before {@link #start}.
   *
   * @param config the node's; its sections {@code quotastack.database} and {@code
   *     quotastack.alarms} are used
   * @param nodeName by which rows and threads tell whose they are
   */
  public JdbcAlarms(Config config, String nodeName) {
    Config database = config.getConfig("quotastack.database");
    this.nodeName = nodeName;
    this.settings = AlarmSettings.of(config.getConfig("quotastack.alarms"));
    this.settingPool =
        new HikariDataSource(ConnectionPool.of(database, "quotastack-alarms-setting", 1));
    this.ringingPool =
        new HikariDataSource(
            ConnectionPool.of(database, "quotastack-alarms-ringing", RINGING_CONNECTIONS));
    this.sets =
        new GatheredWrites<>(
            nodeName + "-alarms-set",
            settingPool,
            settings.queue(),
            MAX_BATCH_ROWS,
            AlarmTable::set);
    this.finished =
        new GatheredWrites<>(
            nodeName + "-alarms-finish",
            ringingPool,
            settings.queue(),
            MAX_BATCH_ROWS,
            AlarmTable::finish);
  }

  @Override
  public CompletionStage<@Nullable Void> set(CustomerRef customer, Instant at) {
    return sets.write(Alarm.of(customer, at));
  }

  /**
   * Begins to ring what is due, also what came due while no node was up.
   *
   * @param ringer rings a customer, on whatever node it lives; complete when it has looked at its
   *     clock. While that fails the customer is rung again
   */
  public synchronized void start(
      Function<CustomerRef, ? extends CompletionStage<? extends Object>> ringer) {
    if (scheduler != null) {
      throw new IllegalStateException("started already");
    }
    scheduler = new AlarmScheduler(nodeName, ringingPool, settings, finished, ringer);
  }

  /**
   * Begins no more rings, and returns when those under way are over; some that take long are left
   * to be rung again. Alarms can still be set.
   */
  public synchronized void stopRinging() {
    if (scheduler != null) {
      scheduler.stop();
    }
  }

  /** Ends at once, as far as it has not stopped before. */
  @Override
  public void close() {
    sets.close();
    finished.close();
    settingPool.close();
    ringingPool.close();
  }
}
