package io.quotastack.bench.baseline;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The baseline's one operation, in the ways that a good engineer would write it.
 *
 * <p>All give the same: the amount is taken under the customer's row lock, once per idempotency
 * key, never below zero, and is durable when the call returns. They differ in round trips. An
 * instance belongs to one connection and one thread.
 */
public sealed interface Debit extends AutoCloseable {
  /** What became of a debit. */
  enum Outcome {
    DEBITED,
    REPLAYED,
    INSUFFICIENT,
    UNKNOWN_CUSTOMER
  }

  /**
   * The answer.
   *
   * @param balanceMc the balance after the debit (of the first execution when replayed), the
   *     unchanged balance when insufficient, 0 for an unknown customer
   */
  record Answer(Outcome outcome, long balanceMc) {}

  Answer debit(int customer, String key, long amountMc) throws SQLException;

  @Override
  void close() throws SQLException;

  /** BEGIN (sent along with the SELECT), SELECT FOR UPDATE, INSERT, UPDATE, COMMIT. */
  static Debit statements(Connection connection) throws SQLException {
    return new StatementsDebit(connection);
  }

  /** A function in the database that does the same in one round trip. */
  static Debit function(Connection connection) throws SQLException {
    return new FunctionDebit(connection);
  }

  /** One statement in which the UPDATE takes the lock and feeds the INSERT. */
  static Debit singleStatement(Connection connection) throws SQLException {
    return new SingleStatementDebit(connection);
  }

  /** The textbook transaction, statement by statement. */
  final class StatementsDebit implements Debit {
    private final Connection connection;
    private final PreparedStatement lock;
    private final PreparedStatement insert;
    private final PreparedStatement update;
    private final KeptAnswer kept;

    private StatementsDebit(Connection connection) throws SQLException {
      this.connection = connection;
      connection.setAutoCommit(false);
      lock =
          connection.prepareStatement(
              "SELECT balance_mc FROM customer_balance WHERE customer_id = ? FOR UPDATE");
      insert =
          connection.prepareStatement(
              "INSERT INTO ledger (customer_id, idempotency_key, delta_mc, balance_after_mc)"
                  + " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
      update =
          connection.prepareStatement(
              "UPDATE customer_balance SET balance_mc = ? WHERE customer_id = ?");
      kept = new KeptAnswer(connection);
    }

    @Override
    public Answer debit(int customer, String key, long amountMc) throws SQLException {
      try {
        Answer answer = transaction(customer, key, amountMc);
        connection.commit();
        return answer;
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    }

    private Answer transaction(int customer, String key, long amountMc) throws SQLException {
      long balanceMc;
      lock.setInt(1, customer);
      try (ResultSet row = lock.executeQuery()) {
        if (!row.next()) {
          return new Answer(Outcome.UNKNOWN_CUSTOMER, 0);
        }
        balanceMc = row.getLong(1);
      }
      if (balanceMc >= amountMc) {
        insert.setInt(1, customer);
        insert.setString(2, key);
        insert.setLong(3, -amountMc);
        insert.setLong(4, balanceMc - amountMc);
        if (insert.executeUpdate() == 1) {
          update.setLong(1, balanceMc - amountMc);
          update.setInt(2, customer);
          update.executeUpdate();
          return new Answer(Outcome.DEBITED, balanceMc - amountMc);
        }
      }
      return kept.read(customer, key);
    }

    @Override
    public void close() throws SQLException {
      lock.close();
      insert.close();
      update.close();
      kept.close();
    }
  }

  /** Calls {@link BaselineSchema}'s function. */
  final class FunctionDebit implements Debit {
    private final PreparedStatement call;

    private FunctionDebit(Connection connection) throws SQLException {
      connection.setAutoCommit(true);
      call = connection.prepareStatement("SELECT outcome, balance_after FROM debit(?, ?, ?)");
    }

    @Override
    public Answer debit(int customer, String key, long amountMc) throws SQLException {
      call.setInt(1, customer);
      call.setString(2, key);
      call.setLong(3, amountMc);
      try (ResultSet row = call.executeQuery()) {
        row.next();
        return new Answer(
            switch (row.getString(1)) {
              case "debited" -> Outcome.DEBITED;
              case "replayed" -> Outcome.REPLAYED;
              case "insufficient" -> Outcome.INSUFFICIENT;
              default -> Outcome.UNKNOWN_CUSTOMER;
            },
            row.getLong(2));
      }
    }

    @Override
    public void close() throws SQLException {
      call.close();
    }
  }

  /**
   * The UPDATE locks, checks and debits; the INSERT takes its result. A key used before violates
   * the ledger's primary key, which undoes the UPDATE with it; the kept answer is read then.
   */
  final class SingleStatementDebit implements Debit {
    private static final String UNIQUE_VIOLATION = "23505";

    private final PreparedStatement statement;
    private final KeptAnswer kept;

    private SingleStatementDebit(Connection connection) throws SQLException {
      connection.setAutoCommit(true);
      statement =
          connection.prepareStatement(
              """
              WITH debited AS (
                UPDATE customer_balance SET balance_mc = balance_mc - ?
                WHERE customer_id = ? AND balance_mc >= ?
                RETURNING customer_id, balance_mc
              )
              INSERT INTO ledger (customer_id, idempotency_key, delta_mc, balance_after_mc)
              SELECT customer_id, ?, ?, balance_mc FROM debited
              RETURNING balance_after_mc
              """);
      kept = new KeptAnswer(connection);
    }

    @Override
    public Answer debit(int customer, String key, long amountMc) throws SQLException {
      statement.setLong(1, amountMc);
      statement.setInt(2, customer);
      statement.setLong(3, amountMc);
      statement.setString(4, key);
      statement.setLong(5, -amountMc);
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          return new Answer(Outcome.DEBITED, row.getLong(1));
        }
      } catch (SQLException e) {
        if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
          throw e;
        }
      }
      return kept.read(customer, key);
    }

    @Override
    public void close() throws SQLException {
      statement.close();
      kept.close();
    }
  }

  /** The answer that a key got before, or why there is none. */
  final class KeptAnswer implements AutoCloseable {
    private final PreparedStatement select;

    private KeptAnswer(Connection connection) throws SQLException {
      select =
          connection.prepareStatement(
              """
              SELECT b.balance_mc, l.balance_after_mc
              FROM customer_balance b
              LEFT JOIN ledger l ON l.customer_id = b.customer_id AND l.idempotency_key = ?
              WHERE b.customer_id = ?
              """);
    }

    private Answer read(int customer, String key) throws SQLException {
      select.setString(1, key);
      select.setInt(2, customer);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return new Answer(Outcome.UNKNOWN_CUSTOMER, 0);
        }
        long firstBalanceMc = row.getLong(2);
        return row.wasNull()
            ? new Answer(Outcome.INSUFFICIENT, row.getLong(1))
            : new Answer(Outcome.REPLAYED, firstBalanceMc);
      }
    }

    @Override
    public void close() throws SQLException {
      select.close();
    }
  }
}
