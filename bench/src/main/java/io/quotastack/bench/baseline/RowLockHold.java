package io.quotastack.bench.baseline;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The baseline's reserve and capture as applications write them: two transactions, statement by
 * statement, each under the customer's row lock.
 *
 * <p>A reserve never promises more than is there, a capture pays from what was held and gives back
 * the rest, either takes effect once per idempotency key, and what is answered is durable. An
 * instance belongs to one connection and one thread.
 */
public final class RowLockHold implements AutoCloseable {
  private static final String ACTIVE = "active";
  private static final String CAPTURED = "captured";

  /** What became of a reserve or a capture. */
  public enum Outcome {
    DONE,
    /** The key was used before; nothing changed now. */
    REPLAYED,
    INSUFFICIENT,
    UNKNOWN_CUSTOMER,
    UNKNOWN_HOLD,
    /** Another capture had ended the hold before. */
    CLOSED,
    EXPIRED
  }

  /**
   * The answer.
   *
   * @param balanceMc with what is held, after the call
   * @param heldMc of it, what is held, after the call
   */
  public record Answer(Outcome outcome, long balanceMc, long heldMc) {}

  private interface Transaction {
    Answer run() throws SQLException;
  }

  private final Connection connection;
  private final PreparedStatement lockAccount;
  private final PreparedStatement insertHold;
  private final PreparedStatement lockHold;
  private final PreparedStatement insertCapture;
  private final PreparedStatement updateAccount;
  private final PreparedStatement updateHold;
  private final PreparedStatement findCapture;

  /** On this connection, which is taken out of auto-commit mode. */
  public RowLockHold(Connection connection) throws SQLException {
    this.connection = connection;
    connection.setAutoCommit(false);
    lockAccount =
        connection.prepareStatement(
            "SELECT balance_mc, held_mc FROM account WHERE customer_id = ? FOR UPDATE");
    insertHold =
        connection.prepareStatement(
            "INSERT INTO hold (customer_id, idempotency_key, amount_mc, status, expires_at)"
                + " VALUES (?, ?, ?, ?, now() + ? * interval '1 second') ON CONFLICT DO NOTHING");
    lockHold =
        connection.prepareStatement(
            """
            SELECT a.balance_mc, a.held_mc, h.amount_mc, h.status, h.expires_at <= now()
            FROM hold h JOIN account a ON a.customer_id = h.customer_id
            WHERE h.customer_id = ? AND h.idempotency_key = ?
            FOR UPDATE
            """);
    insertCapture =
        connection.prepareStatement(
            "INSERT INTO capture (customer_id, idempotency_key, hold_key, delta_mc,"
                + " balance_after_mc, held_after_mc) VALUES (?, ?, ?, ?, ?, ?)"
                + " ON CONFLICT DO NOTHING");
    updateAccount =
        connection.prepareStatement(
            "UPDATE account SET balance_mc = ?, held_mc = ? WHERE customer_id = ?");
    updateHold =
        connection.prepareStatement(
            "UPDATE hold SET status = ? WHERE customer_id = ? AND idempotency_key = ?");
    findCapture =
        connection.prepareStatement(
            "SELECT balance_after_mc, held_after_mc FROM capture"
                + " WHERE customer_id = ? AND idempotency_key = ?");
  }

  /**
   * SELECT FOR UPDATE, INSERT, UPDATE, COMMIT.
   *
   * @param key names the hold from then on
   */
  public Answer reserve(int customer, String key, long amountMc, int ttlSeconds)
      throws SQLException {
    return transaction(() -> reserveInTransaction(customer, key, amountMc, ttlSeconds));
  }

  /**
   * SELECT FOR UPDATE of hold and account, INSERT, two UPDATEs, COMMIT.
   *
   * @param holdKey the key that reserved
   * @param amountMc what is taken; what is held beyond it returns
   */
  public Answer capture(int customer, String holdKey, String key, long amountMc)
      throws SQLException {
    return transaction(() -> captureInTransaction(customer, holdKey, key, amountMc));
  }

  private Answer transaction(Transaction body) throws SQLException {
    try {
      Answer answer = body.run();
      connection.commit();
      return answer;
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    }
  }

  private Answer reserveInTransaction(int customer, String key, long amountMc, int ttlSeconds)
      throws SQLException {
    long balanceMc;
    long heldMc;
    lockAccount.setInt(1, customer);
    try (ResultSet row = lockAccount.executeQuery()) {
      if (!row.next()) {
        return new Answer(Outcome.UNKNOWN_CUSTOMER, 0, 0);
      }
      balanceMc = row.getLong(1);
      heldMc = row.getLong(2);
    }
    if (balanceMc - heldMc < amountMc) {
      return new Answer(Outcome.INSUFFICIENT, balanceMc, heldMc);
    }
    insertHold.setInt(1, customer);
    insertHold.setString(2, key);
    insertHold.setLong(3, amountMc);
    insertHold.setString(4, ACTIVE);
    insertHold.setInt(5, ttlSeconds);
    if (insertHold.executeUpdate() == 0) {
      return new Answer(Outcome.REPLAYED, balanceMc, heldMc);
    }
    return updated(customer, balanceMc, heldMc + amountMc);
  }

  private Answer captureInTransaction(int customer, String holdKey, String key, long amountMc)
      throws SQLException {
    long balanceMc;
    long heldMc;
    long holdMc;
    lockHold.setInt(1, customer);
    lockHold.setString(2, holdKey);
    try (ResultSet row = lockHold.executeQuery()) {
      if (!row.next()) {
        return new Answer(Outcome.UNKNOWN_HOLD, 0, 0);
      }
      balanceMc = row.getLong(1);
      heldMc = row.getLong(2);
      holdMc = row.getLong(3);
      if (!ACTIVE.equals(row.getString(4))) {
        return closed(customer, key, balanceMc, heldMc);
      }
      if (row.getBoolean(5)) {
        return new Answer(Outcome.EXPIRED, balanceMc, heldMc);
      }
    }
    if (balanceMc - heldMc + holdMc < amountMc) {
      return new Answer(Outcome.INSUFFICIENT, balanceMc, heldMc);
    }
    insertCapture.setInt(1, customer);
    insertCapture.setString(2, key);
    insertCapture.setString(3, holdKey);
    insertCapture.setLong(4, -amountMc);
    insertCapture.setLong(5, balanceMc - amountMc);
    insertCapture.setLong(6, heldMc - holdMc);
    if (insertCapture.executeUpdate() == 0) {
      return new Answer(Outcome.REPLAYED, balanceMc, heldMc);
    }
    updateHold.setString(1, CAPTURED);
    updateHold.setInt(2, customer);
    updateHold.setString(3, holdKey);
    updateHold.executeUpdate();
    return updated(customer, balanceMc - amountMc, heldMc - holdMc);
  }

  private Answer updated(int customer, long balanceMc, long heldMc) throws SQLException {
    updateAccount.setLong(1, balanceMc);
    updateAccount.setLong(2, heldMc);
    updateAccount.setInt(3, customer);
    updateAccount.executeUpdate();
    return new Answer(Outcome.DONE, balanceMc, heldMc);
  }

  /** The hold has ended: by this key, whose answer is kept, or by another. */
  private Answer closed(int customer, String key, long balanceMc, long heldMc) throws SQLException {
    findCapture.setInt(1, customer);
    findCapture.setString(2, key);
    try (ResultSet row = findCapture.executeQuery()) {
      return row.next()
          ? new Answer(Outcome.REPLAYED, row.getLong(1), row.getLong(2))
          : new Answer(Outcome.CLOSED, balanceMc, heldMc);
    }
  }

  @Override
  public void close() throws SQLException {
    lockAccount.close();
    insertHold.close();
    lockHold.close();
    insertCapture.close();
    updateAccount.close();
    updateHold.close();
    findCapture.close();
  }
}
