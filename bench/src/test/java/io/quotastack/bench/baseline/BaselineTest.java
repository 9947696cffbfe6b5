package io.quotastack.bench.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.bench.baseline.Debit.Answer;
import io.quotastack.bench.baseline.Debit.Outcome;
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
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way to write the baseline gives the same guarantees, on a real PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BaselineTest {
  enum Way {
    STATEMENTS,
    FUNCTION,
    SINGLE_STATEMENT;

    Debit on(Connection connection) throws SQLException {
      return switch (this) {
        case STATEMENTS -> Debit.statements(connection);
        case FUNCTION -> Debit.function(connection);
        case SINGLE_STATEMENT -> Debit.singleStatement(connection);
      };
    }
  }

  private final EmbeddedDatabase server = EmbeddedDatabase.temporary();

  @BeforeAll
  void createSchema() throws SQLException {
    try (Connection connection = connect()) {
      BaselineSchema.create(connection, 3, 100);
    }
  }

  @BeforeEach
  void startAnew() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("TRUNCATE ledger");
      statement.execute("UPDATE customer_balance SET balance_mc = 100");
    }
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(server.url(), server.user(), server.password());
  }

  private List<String> faults(Integer... debitsOf10) throws SQLException {
    try (Connection connection = connect()) {
      return BaselineAudit.faults(connection, List.of(debitsOf10), 100, 10);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_debit_takes_the_amount_and_writes_the_ledger(Way way) throws SQLException {
    try (Connection connection = connect();
        Debit debit = way.on(connection)) {
      assertThat(debit.debit(1, "a", 10)).isEqualTo(new Answer(Outcome.DEBITED, 90));
      assertThat(debit.debit(1, "b", 10)).isEqualTo(new Answer(Outcome.DEBITED, 80));
      assertThat(debit.debit(2, "a", 10)).isEqualTo(new Answer(Outcome.DEBITED, 90));
    }
    assertThat(faults(0, 2, 1)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void a_key_debits_once_and_gets_its_first_answer_again(Way way) throws SQLException {
    try (Connection connection = connect();
        Debit debit = way.on(connection)) {
      assertThat(debit.debit(1, "a", 10)).isEqualTo(new Answer(Outcome.DEBITED, 90));
      assertThat(debit.debit(1, "b", 10)).isEqualTo(new Answer(Outcome.DEBITED, 80));
      assertThat(debit.debit(1, "a", 10)).isEqualTo(new Answer(Outcome.REPLAYED, 90));
    }
    assertThat(faults(0, 2, 0)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void what_the_balance_does_not_cover_changes_nothing(Way way) throws SQLException {
    try (Connection connection = connect();
        Debit debit = way.on(connection)) {
      assertThat(debit.debit(1, "a", 101)).isEqualTo(new Answer(Outcome.INSUFFICIENT, 100));
      assertThat(debit.debit(9, "a", 10)).isEqualTo(new Answer(Outcome.UNKNOWN_CUSTOMER, 0));
      assertThat(debit.debit(1, "all", 100)).isEqualTo(new Answer(Outcome.DEBITED, 0));
      assertThat(debit.debit(1, "all", 100)).isEqualTo(new Answer(Outcome.REPLAYED, 0));
    }
    assertThat(faults(0, 10, 0)).singleElement().asString().contains("customer 1");
  }

  @ParameterizedTest
  @EnumSource
  void racing_clients_take_exactly_what_is_there(Way way) throws Exception {
    List<Outcome> outcomes = race(way, client -> "key-" + client);

    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.DEBITED).hasSize(10);
    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.INSUFFICIENT).hasSize(14);
    assertThat(faults(10, 0, 0)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void racing_twins_debit_once(Way way) throws Exception {
    List<Outcome> outcomes = race(way, client -> "key-" + client / 8);

    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.DEBITED).hasSize(3);
    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.REPLAYED).hasSize(21);
    assertThat(faults(3, 0, 0)).isEmpty();
  }

  private interface Keys {
    String of(int client);
  }

  /** 24 clients debit customer 0, who has enough for ten. */
  private List<Outcome> race(Way way, Keys keys) throws Exception {
    try (ExecutorService clients = Executors.newFixedThreadPool(24)) {
      List<Callable<Outcome>> calls = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        String key = keys.of(i);
        calls.add(() -> {
          try (Connection connection = connect();
              Debit debit = way.on(connection)) {
            return debit.debit(0, key, 10).outcome();
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
