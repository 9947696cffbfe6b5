package io.quotastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.bench.past.AgedCustomers.Dimension;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The whole group on small numbers: pasts in a real PostgreSQL, taken up by a real node. */
@EnabledOnOs(OS.LINUX)
class AgeGroupTest {
  private static final BenchSettings SMALL =
      BenchSettings.quickRun()
          .with(
              new BenchSettings.AgeSettings(
                  List.of(10, 700), List.of(1, 600), List.of(1, 700), 3, 1, 10, 2, 20));

  @TempDir Path logs;

  @Test
  @Tag("slow")
  void a_node_takes_up_the_pasts_and_every_figure_is_there() throws Exception {
    var said = new ByteArrayOutputStream();
    var findings = new Findings();
    var results = new Results();
    Report.Age age;
    try (BenchDatabase database = new BenchDatabase()) {
      age =
          new AgeGroup(
                  SMALL,
                  logs,
                  database,
                  new Progress(new PrintStream(said, true, StandardCharsets.UTF_8)),
                  results,
                  findings)
              .measure();
    }

    assertThat(findings.verification().faults()).isEmpty();
    assertThat(findings.verification().checks()).hasSize(1);
    assertThat(age.rows())
        .extracting(row -> row.dimension().title() + ": " + row.size())
        .containsExactly(
            "past events: 10",
            "past events: 700",
            "live blocks: 1",
            "live blocks: 600",
            "remembered keys: 1",
            "remembered keys: 700");
    assertThat(age.rows())
        .allSatisfy(row -> {
          assertThat(row.usage().requests()).isEqualTo(10);
          assertThat(row.check().requests()).isEqualTo(10);
          assertThat(row.check().p50Millis()).isPositive();
          assertThat(row.recovery().times()).isEqualTo(2);
          // Coming back takes more than being there.
          assertThat(row.recovery().medianMillis()).isGreaterThan(row.check().p50Millis());
          assertThat(row.recovery().journalAloneMillis()).isPositive();
          // Beyond 500 events a snapshot is cheaper than reading them again.
          assertThat(row.recovery().snapshotBytes() > 0).isEqualTo(row.size() > 500);
        });
    assertThat(age.rows())
        .filteredOn(row -> row.dimension() == Dimension.BLOCKS)
        .last()
        .satisfies(row -> assertThat(row.recovery().snapshotBytes()).isGreaterThan(600 * 100));
    assertThat(age.keyBytes().keys()).isEqualTo(700);
    assertThat(age.keyBytes().inSnapshot()).isBetween(53.0, 60.0);
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("verifying");
  }
}
