package io.quotastack.cluster.persistence;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema to what this version of the node needs, step by step ({@code db/migration}).
 * Several nodes may do so at once: Flyway lets one work and the others wait.
 */
public final class Migrations {
  private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

  /** How long a database that is only just starting is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int CONNECT_TIMEOUT_SECONDS = 5;

  /** SQL states that pass by themselves: no connection, starting up or shutting down. */
  private static final Set<String> PASSING =
      Set.of("08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03");

  private Migrations() {}

  /**
   * Migrates.
   *
   * @throws SQLException if the database cannot be reached
   * @throws FlywayException if its schema is not one that this version can bring up to date
   */
  public static void apply(DatabaseSettings database) throws SQLException {
    awaitDatabase(database);
    MigrateResult result =
        Flyway.configure(Migrations.class.getClassLoader())
            .dataSource(database.url(), database.user(), database.password())
            .locations("classpath:db/migration")
            .failOnMissingLocations(true)
            .validateMigrationNaming(true)
            .load()
            .migrate();
    if (result.migrationsExecuted > 0) {
      LOG.info(
          "the database schema is now at version {} ({} migrations applied)",
          result.targetSchemaVersion,
          result.migrationsExecuted);
    }
  }

  private static void awaitDatabase(DatabaseSettings database) throws SQLException {
    var properties = new Properties();
    properties.setProperty("user", database.user());
    properties.setProperty("password", database.password());
    properties.setProperty("connectTimeout", Integer.toString(CONNECT_TIMEOUT_SECONDS));
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    boolean told = false;
    while (true) {
      try (Connection connection = DriverManager.getConnection(database.url(), properties)) {
        LOG.debug("the database answers: {}", connection);
        return;
      } catch (SQLException e) {
        if (!PASSING.contains(e.getSQLState()) || System.nanoTime() - deadlineNanos > 0) {
          throw e;
        }
        if (!told) {
          LOG.info("waiting for the database: {}", e.getMessage());
          told = true;
        }
        pause(e);
      }
    }
  }

  private static void pause(SQLException instead) throws SQLException {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw instead;
    }
  }
}
