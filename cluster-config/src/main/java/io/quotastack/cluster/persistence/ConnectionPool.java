package io.quotastack.cluster.persistence;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How a pool of connections is set up, whatever it is for. */
public final class ConnectionPool {
  private static final Duration IDLE_CONNECTION_KEPT = Duration.ofMinutes(10);

  private ConnectionPool() {}

  /**
   * The settings of a pool.
   *
   * @param database the section {@code quotastack.database}
   * @param name tells it from others in logs
   * @param connections how many it has at most
   */
  public static HikariConfig of(Config database, String name, int connections) {
    var hikari = new HikariConfig();
    hikari.setPoolName(name);
    hikari.setJdbcUrl(database.getString("url"));
    hikari.setUsername(database.getString("user"));
    hikari.setPassword(database.getString("password"));
    hikari.setMaximumPoolSize(connections);
    hikari.setMinimumIdle(1);
    hikari.setIdleTimeout(IDLE_CONNECTION_KEPT.toMillis());
    hikari.setConnectionTimeout(
        TimeUnit.SECONDS.toMillis(database.getLong("connection-timeout-seconds")));
    hikari.setValidationTimeout(TimeUnit.SECONDS.toMillis(1));
    // A database that is away now may be back for the first query.
    hikari.setInitializationFailTimeout(-1);
    database
        .getConfig("driver")
        .entrySet()
        .forEach(property ->
            hikari.addDataSourceProperty(
                property.getKey(), property.getValue().unwrapped().toString()));
    return hikari;
  }
}
