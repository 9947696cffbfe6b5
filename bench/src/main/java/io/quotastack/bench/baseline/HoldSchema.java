package io.quotastack.bench.baseline;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The tables of the baseline that holds credits, laid out for speed like those of {@link
 * BaselineSchema}: room for updates in their pages, and no index but those that idempotency needs.
 * A hold is named by its customer and the key that reserved it, so that it needs no second index.
 */
public final class HoldSchema {
  private static final String TABLES =
      """
      CREATE TABLE account (
        customer_id integer PRIMARY KEY,
        balance_mc bigint NOT NULL,
        held_mc bigint NOT NULL
      ) WITH (fillfactor = 50);
      CREATE TABLE hold (
        customer_id integer NOT NULL,
        idempotency_key text NOT NULL,
        amount_mc bigint NOT NULL,
        status text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (customer_id, idempotency_key)
      ) WITH (fillfactor = 50);
      CREATE TABLE capture (
        customer_id integer NOT NULL,
        idempotency_key text NOT NULL,
        hold_key text NOT NULL,
        delta_mc bigint NOT NULL,
        balance_after_mc bigint NOT NULL,
        held_after_mc bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (customer_id, idempotency_key)
      );
      """;

  private HoldSchema() {}

  /** Creates the schema and the customers 0 to {@code customers - 1}, each with this balance. */
  public static void create(Connection connection, int customers, long balanceMc)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(TABLES);
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO account SELECT id, ?, 0 FROM generate_series(0, ?) AS id")) {
      insert.setLong(1, balanceMc);
      insert.setInt(2, customers - 1);
      insert.executeUpdate();
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("VACUUM ANALYZE account, hold, capture");
    }
  }
}
