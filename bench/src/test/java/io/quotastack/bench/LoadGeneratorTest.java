package io.quotastack.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.bench.baseline.BaselineAudit;
import io.quotastack.bench.baseline.BaselineSchema;
import io.quotastack.bench.baseline.HoldAudit;
import io.quotastack.bench.baseline.HoldSchema;
import io.quotastack.bench.load.FakeReservations;
import io.quotastack.bench.load.LoadOrder;
import io.quotastack.bench.load.LoadOrder.Work;
import io.quotastack.bench.machine.CpuTimes;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real processes of the benchmark, for a second each. */
@EnabledOnOs(OS.LINUX)
class LoadGeneratorTest {
  private static final List<String> SMALL = List.of("-Xmx128m");

  @TempDir Path logs;

  @Test
  void the_baseline_keeps_what_it_acknowledged() throws Exception {
    try (BenchDatabase database = new BenchDatabase();
        LoadGenerator load = new LoadGenerator("sql", logs)) {
      try (Connection connection = database.connectToBaseline()) {
        BaselineSchema.create(connection, 11, 1_000_000);
      }
      load.connect(new LoadOrder.ConnectSql(database.baselineUrl(), 11, 1_000_000, 1));
      Map<String, Long> parts = Map.of("POSTGRESQL", database.pid());

      LoadGenerator.Window crowd =
          load.run(
              new LoadOrder.Run(Work.DEBIT_FUNCTION, 4, 0, 10, 0, 100, 1_000, 1),
              () -> CpuTimes.read(parts));
      LoadGenerator.Window hot =
          load.run(
              new LoadOrder.Run(Work.DEBIT_SINGLE_STATEMENT, 4, 10, 1, 20, 0, 500, 1),
              () -> CpuTimes.read(parts));
      List<Integer> acknowledged = load.acknowledgedCounts();

      assertThat(crowd.errorSamples()).isEmpty();
      assertThat(crowd.errors()).isZero();
      assertThat(crowd.operations()).isPositive().isEqualTo(crowd.latencies().count());
      assertThat(crowd.cores()).containsOnlyKeys("POSTGRESQL", "other");
      assertThat(hot.errors()).isZero();
      assertThat(hot.operations()).isEqualTo(10);
      assertThat(acknowledged).hasSize(11).last().isEqualTo(10);
      try (Connection connection = database.connectToBaseline()) {
        assertThat(BaselineAudit.faults(connection, acknowledged, 1_000_000, 1)).isEmpty();
      }
      assertThat(database.facts()).containsEntry("fsync", "on");
      assertThat(database.measureStorage().flushMillis()).isPositive();
    }
  }

  @Test
  void the_baseline_keeps_the_holds_that_it_acknowledged() throws Exception {
    try (BenchDatabase database = new BenchDatabase();
        LoadGenerator load = new LoadGenerator("sql", logs)) {
      try (Connection connection = database.connectToBaseline()) {
        HoldSchema.create(connection, 11, 1_000_000);
      }
      load.connect(new LoadOrder.ConnectSql(database.baselineUrl(), 11, 1_000_000, 1));

      LoadGenerator.Window crowd =
          load.run(
              new LoadOrder.Run(Work.HOLD_STATEMENTS, 4, 0, 10, 0, 100, 500, 1),
              () -> CpuTimes.read(Map.of()));
      LoadGenerator.Window hot =
          load.run(
              new LoadOrder.Run(Work.HOLD_STATEMENTS, 4, 10, 1, 0, 0, 500, 1),
              () -> CpuTimes.read(Map.of()));
      List<Integer> acknowledged = load.acknowledgedCounts();

      assertThat(crowd.errorSamples()).isEmpty();
      assertThat(crowd.operations()).isPositive().isEqualTo(crowd.latencies().count());
      assertThat(hot.errorSamples()).isEmpty();
      assertThat(hot.operations()).isPositive().isLessThanOrEqualTo(acknowledged.getLast());
      try (Connection connection = database.connectToBaseline()) {
        assertThat(HoldAudit.faults(connection, acknowledged, 1_000_000, 1)).isEmpty();
      }
    }
  }

  @Test
  void holds_over_http_are_committed_once_each() throws Exception {
    try (FakeReservations server = new FakeReservations(1_000_000, 1);
        LoadGenerator load = new LoadGenerator("http", logs)) {
      load.connect(
          new LoadOrder.ConnectHttp(
              server.port(), 0, "key", "holds-", 10, 1_000_000, 1, List.of()));

      LoadGenerator.Window window =
          load.run(
              new LoadOrder.Run(Work.HOLD, 4, 0, 10, 0, 0, 500, 1), () -> CpuTimes.read(Map.of()));

      assertThat(window.errorSamples()).isEmpty();
      assertThat(window.operations()).isPositive();
      assertThat(server.active()).isZero();
      assertThat(server.surprises()).isEmpty();
      assertThat(load.acknowledgedCounts().stream().mapToLong(count -> count).sum())
          .isEqualTo(server.commits());
    }
  }

  @Test
  void the_bare_route_answers_and_the_processes_end_with_their_input() throws Exception {
    long loadPid;
    long barePid;
    try (BareRoute bare = new BareRoute(logs, SMALL);
        LoadGenerator load = new LoadGenerator("http", logs)) {
      loadPid = load.pid();
      barePid = bare.pid();
      load.connect(
          new LoadOrder.ConnectHttp(
              bare.port(), bare.port(), "key", "bench-", 10, 100, 1, List.of()));

      LoadGenerator.Window right = load.pass(new LoadOrder.Pass(Work.BARE, 4, 0, 10, 30_000));
      assertThat(right.errorSamples()).isEmpty();
      assertThat(right.operations()).isEqualTo(10);

      LoadGenerator.Window wrong = load.pass(new LoadOrder.Pass(Work.USAGE, 2, 0, 10, 10_000));
      assertThat(wrong.errors()).isEqualTo(10);
      assertThat(wrong.errorSamples()).first().asString().contains("404");
    }
    assertThat(ProcessHandle.of(loadPid)).isEmpty();
    assertThat(ProcessHandle.of(barePid)).isEmpty();
  }

  @Test
  void an_order_that_cannot_be_carried_out_is_told() throws Exception {
    try (LoadGenerator load = new LoadGenerator("lost", logs)) {
      assertThatThrownBy(() -> load.pass(new LoadOrder.Pass(Work.USAGE, 1, 0, 1, 1_000)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("not connected");
    }
  }
}
