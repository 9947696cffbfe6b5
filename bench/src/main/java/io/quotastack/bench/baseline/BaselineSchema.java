package io.quotastack.bench.baseline;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The baseline's two tables and its function, laid out for speed.
 *
 * <p>The balance table leaves room in its pages so that an update stays in its page and touches no
 * index (HOT), and the ledger has the one index that idempotency needs. There is no foreign key and
 * no second index: each would only slow the baseline down.
 */
public final class BaselineSchema {
  private static final String TABLES =
      """
      CREATE TABLE customer_balance (
        customer_id integer PRIMARY KEY,
        balance_mc bigint NOT NULL
      ) WITH (fillfactor = 50);
      CREATE TABLE ledger (
        customer_id integer NOT NULL,
        idempotency_key text NOT NULL,
        delta_mc bigint NOT NULL,
        balance_after_mc bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (customer_id, idempotency_key)
      );
      """;

  /**
   * Everything in one round trip. In READ COMMITTED each statement of the function sees what was
   * committed before it began, so what comes after the lock sees a twin that held it before.
   */
  private static final String FUNCTION =
      """
      CREATE FUNCTION debit(
        the_customer integer, the_key text, the_amount_mc bigint,
        OUT outcome text, OUT balance_after bigint
      ) LANGUAGE plpgsql AS $$
      DECLARE
        balance bigint;
      BEGIN
        SELECT balance_mc INTO balance FROM customer_balance
          WHERE customer_id = the_customer FOR UPDATE;
        IF NOT FOUND THEN
          outcome := 'unknown_customer';
          RETURN;
        END IF;
        IF balance >= the_amount_mc THEN
          INSERT INTO ledger (customer_id, idempotency_key, delta_mc, balance_after_mc)
            VALUES (the_customer, the_key, -the_amount_mc, balance - the_amount_mc)
            ON CONFLICT DO NOTHING;
          IF FOUND THEN
            UPDATE customer_balance SET balance_mc = balance - the_amount_mc
              WHERE customer_id = the_customer;
            outcome := 'debited';
            balance_after := balance - the_amount_mc;
            RETURN;
          END IF;
        END IF;
        SELECT balance_after_mc INTO balance_after FROM ledger
          WHERE customer_id = the_customer AND idempotency_key = the_key;
        IF FOUND THEN
          outcome := 'replayed';
        ELSE
          outcome := 'insufficient';
          balance_after := balance;
        END IF;
      END;
      $$;
      """;

  private BaselineSchema() {}

  /** Creates the schema and the customers 0 to {@code customers - 1}, each with this balance. */
  public static void create(Connection connection, int customers, long balanceMc)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(TABLES);
      statement.execute(FUNCTION);
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO customer_balance SELECT id, ? FROM generate_series(0, ?) AS id")) {
      insert.setLong(1, balanceMc);
      insert.setInt(2, customers - 1);
      insert.executeUpdate();
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("VACUUM ANALYZE customer_balance, ledger");
    }
  }
}
