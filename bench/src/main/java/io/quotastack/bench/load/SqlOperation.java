package io.quotastack.bench.load;

import io.quotastack.bench.baseline.Debit;
import io.quotastack.bench.baseline.RowLockHold;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a client of the baseline does again and again, and what makes its answers right. An instance
 * belongs to one connection and one thread.
 */
sealed interface SqlOperation extends AutoCloseable {
  /**
   * Does it once and says what is wrong with an answer, or null.
   *
   * @throws SQLException if PostgreSQL refuses or breaks off
   */
  @Nullable String run(int customer) throws SQLException;

  @Override
  void close() throws SQLException;

  /** The operation of that name on this connection. */
  static SqlOperation of(LoadOrder.Work work, Connection connection, BalanceBook book, Keys keys)
      throws SQLException {
    return switch (work) {
      case DEBIT_STATEMENTS -> new Debits(Debit.statements(connection), book, keys);
      case DEBIT_FUNCTION -> new Debits(Debit.function(connection), book, keys);
      case DEBIT_SINGLE_STATEMENT -> new Debits(Debit.singleStatement(connection), book, keys);
      case HOLD_STATEMENTS -> new Holds(new RowLockHold(connection), book, keys);
      case BARE, ENTITLEMENT, USAGE, GRANT, AUDIT, HOLD ->
          throw new IllegalArgumentException(work + " is not work for SQL");
    };
  }

  /** Idempotency keys that nobody used before, for all clients of a process. */
  record Keys(String runId, AtomicLong numbers) {
    String next() {
      return runId + "-" + numbers.incrementAndGet();
    }
  }

  /** One debit of what an operation costs. */
  record Debits(Debit debit, BalanceBook book, Keys keys) implements SqlOperation {
    @Override
    public @Nullable String run(int customer) throws SQLException {
      int atLeaving = book.acknowledgedCount(customer);
      book.sent(customer);
      Debit.Answer answer = debit.debit(customer, keys.next(), book.costMc());
      if (answer.outcome() != Debit.Outcome.DEBITED) {
        return "debit: " + answer;
      }
      book.acknowledged(customer);
      return book.fault(customer, answer.balanceMc(), atLeaving + 1);
    }

    @Override
    public void close() throws SQLException {
      debit.close();
    }
  }

  /** One reserve of twice the cost, and then its capture, which gives half of that back. */
  record Holds(RowLockHold hold, BalanceBook book, Keys keys) implements SqlOperation {
    @Override
    public @Nullable String run(int customer) throws SQLException {
      String reserveKey = keys.next();
      int atReserve = book.acknowledgedCount(customer);
      RowLockHold.Answer reserved =
          hold.reserve(
              customer,
              reserveKey,
              Exchanges.UNITS_HELD * book.costMc(),
              Exchanges.HOLD_TTL_SECONDS);
      if (reserved.outcome() != RowLockHold.Outcome.DONE) {
        return "reserve: " + reserved;
      }
      String fault = book.fault(customer, reserved.balanceMc(), atReserve);
      if (fault != null) {
        return fault;
      }
      int atCapture = book.acknowledgedCount(customer);
      book.sent(customer);
      RowLockHold.Answer captured =
          hold.capture(customer, reserveKey, keys.next(), Exchanges.UNITS_USED * book.costMc());
      if (captured.outcome() != RowLockHold.Outcome.DONE) {
        return "capture: " + captured;
      }
      book.acknowledged(customer);
      return book.fault(customer, captured.balanceMc(), atCapture + 1);
    }

    @Override
    public void close() throws SQLException {
      hold.close();
    }
  }
}
