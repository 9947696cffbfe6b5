package io.quotastack.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.bench.baseline.BaselineAudit;
import io.quotastack.bench.baseline.BaselineSchema;
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
  void the_bare_route_answers_and_the_processes_end_with_their_input() throws Exception {
    long loadPid;
    long barePid;
    try (BareRoute bare = new BareRoute(logs, SMALL);
        LoadGenerator load = new LoadGenerator("http", logs)) {
      loadPid = load.pid();
      barePid = bare.pid();
      load.connect(new LoadOrder.ConnectHttp(bare.port(), bare.port(), "key", 10, 100, 1));

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
