package io.quotastack.bench.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.bench.baseline.RowLockHold.Answer;
import io.quotastack.bench.baseline.RowLockHold.Outcome;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The baseline's reserve and capture keep what they promise, on a real PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RowLockHoldTest {
  private static final int TTL_SECONDS = 300;

  private final EmbeddedDatabase server = EmbeddedDatabase.temporary();

  @BeforeAll
  void createSchema() throws SQLException {
    try (Connection connection = connect()) {
      HoldSchema.create(connection, 3, 100);
    }
  }

  @BeforeEach
  void startAnew() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("TRUNCATE hold, capture");
      statement.execute("UPDATE account SET balance_mc = 100, held_mc = 0");
    }
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(server.url(), server.user(), server.password());
  }

  private List<String> faults(Integer... pairsOf10) throws SQLException {
    try (Connection connection = connect()) {
      return HoldAudit.faults(connection, List.of(pairsOf10), 100, 10);
    }
  }

  @Test
  void a_capture_takes_its_part_of_what_was_held_and_gives_back_the_rest() throws SQLException {
    try (Connection connection = connect();
        RowLockHold hold = new RowLockHold(connection)) {
      assertThat(hold.reserve(1, "a", 20, TTL_SECONDS))
          .isEqualTo(new Answer(Outcome.DONE, 100, 20));
      assertThat(hold.reserve(1, "b", 20, TTL_SECONDS))
          .isEqualTo(new Answer(Outcome.DONE, 100, 40));
      assertThat(hold.capture(1, "a", "c", 10)).isEqualTo(new Answer(Outcome.DONE, 90, 20));
      assertThat(faults(0, 1, 0)).singleElement().asString().contains("1 of them active");
      assertThat(hold.capture(1, "b", "d", 10)).isEqualTo(new Answer(Outcome.DONE, 80, 0));
    }
    assertThat(faults(0, 2, 0)).isEmpty();
  }

  @Test
  void either_takes_effect_once_for_a_key() throws SQLException {
    try (Connection connection = connect();
        RowLockHold hold = new RowLockHold(connection)) {
      hold.reserve(1, "a", 20, TTL_SECONDS);
      assertThat(hold.reserve(1, "a", 20, TTL_SECONDS).outcome()).isEqualTo(Outcome.REPLAYED);
      assertThat(hold.capture(1, "a", "c", 10)).isEqualTo(new Answer(Outcome.DONE, 90, 0));
      assertThat(hold.capture(1, "a", "c", 10)).isEqualTo(new Answer(Outcome.REPLAYED, 90, 0));
      assertThat(hold.capture(1, "a", "d", 10).outcome()).isEqualTo(Outcome.CLOSED);
    }
    assertThat(faults(0, 1, 0)).isEmpty();
  }

  @Test
  void what_is_held_cannot_be_promised_again() throws SQLException {
    try (Connection connection = connect();
        RowLockHold hold = new RowLockHold(connection)) {
      hold.reserve(1, "a", 90, TTL_SECONDS);
      assertThat(hold.reserve(1, "b", 11, TTL_SECONDS))
          .isEqualTo(new Answer(Outcome.INSUFFICIENT, 100, 90));
      assertThat(hold.capture(1, "a", "c", 101).outcome()).isEqualTo(Outcome.INSUFFICIENT);
      assertThat(hold.reserve(9, "a", 1, TTL_SECONDS).outcome())
          .isEqualTo(Outcome.UNKNOWN_CUSTOMER);
      assertThat(hold.capture(1, "never", "d", 1).outcome()).isEqualTo(Outcome.UNKNOWN_HOLD);
    }
  }

  @Test
  void a_hold_whose_time_is_over_cannot_be_captured() throws SQLException {
    try (Connection connection = connect();
        RowLockHold hold = new RowLockHold(connection)) {
      hold.reserve(1, "a", 20, 0);
      assertThat(hold.capture(1, "a", "c", 10).outcome()).isEqualTo(Outcome.EXPIRED);
    }
  }

  @Test
  void racing_reserves_promise_exactly_what_is_there() throws Exception {
    List<Outcome> outcomes =
        race((hold, client) -> hold.reserve(0, "key-" + client, 10, TTL_SECONDS).outcome());

    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.DONE).hasSize(10);
    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.INSUFFICIENT).hasSize(14);
  }

  @Test
  void racing_captures_of_one_hold_take_it_once() throws Exception {
    try (Connection connection = connect();
        RowLockHold hold = new RowLockHold(connection)) {
      hold.reserve(0, "a", 20, TTL_SECONDS);
    }

    List<Outcome> outcomes =
        race((hold, client) -> hold.capture(0, "a", "key-" + client, 10).outcome());

    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.DONE).hasSize(1);
    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.CLOSED).hasSize(23);
    assertThat(faults(1, 0, 0)).isEmpty();
  }

  @Test
  void an_audit_finds_a_pair_that_is_missing_and_one_too_many() throws SQLException {
    try (Connection connection = connect();
        RowLockHold hold = new RowLockHold(connection)) {
      hold.reserve(1, "a", 20, TTL_SECONDS);
      hold.capture(1, "a", "c", 10);
    }

    assertThat(faults(0, 2, 0)).singleElement().asString().contains("customer 1: 2 pairs");
    assertThat(faults(0, 0, 0)).singleElement().asString().contains("customer 1: 0 pairs");
  }

  private interface Attempt {
    Outcome by(RowLockHold hold, int client) throws SQLException;
  }

  /** 24 clients at once. */
  private List<Outcome> race(Attempt attempt) throws Exception {
    try (ExecutorService clients = Executors.newFixedThreadPool(24)) {
      List<Callable<Outcome>> calls = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        int client = i;
        calls.add(() -> {
          try (Connection connection = connect();
              RowLockHold hold = new RowLockHold(connection)) {
            return attempt.by(hold, client);
          }
        });
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Future<Outcome> call : clients.invokeAll(calls)) {
        outcomes.add(call.get());
      }
      return outcomes;
    }
  }
}
