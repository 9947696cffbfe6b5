package io.quotastack.cluster.persistence;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema to what this version of the node needs, step by step ({@code db/migration}).
 * Several nodes may do so at once: Flyway lets one work and the others wait.
 */
public final class Migrations {
  private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
  private static final int CONNECT_RETRIES = 10;
  private static final int CONNECT_RETRY_PAUSE_SECONDS = 2;

  private Migrations() {}

  /**
   * Migrates, and waits some seconds for a database that is only just starting.
   *
   * @throws org.flywaydb.core.api.FlywayException if the database cannot be reached or is not ours
   */
  public static void apply(DatabaseSettings database) {
    MigrateResult result =
        Flyway.configure(Migrations.class.getClassLoader())
            .dataSource(database.url(), database.user(), database.password())
            .locations("classpath:db/migration")
            .failOnMissingLocations(true)
            .validateMigrationNaming(true)
            .connectRetries(CONNECT_RETRIES)
            .connectRetriesInterval(CONNECT_RETRY_PAUSE_SECONDS)
            .load()
            .migrate();
    if (result.migrationsExecuted > 0) {
      LOG.info(
          "the database schema is now at version {} ({} migrations applied)",
          result.targetSchemaVersion,
          result.migrationsExecuted);
    }
  }
}
