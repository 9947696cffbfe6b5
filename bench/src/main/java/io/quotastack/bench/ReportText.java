package io.quotastack.bench;

import java.util.stream.Collectors;

/** The report as Markdown, for people. */
public final class ReportText {
  private final Report report;
  private final StringBuilder text = new StringBuilder();

  private ReportText(Report report) {
    this.report = report;
  }

  public static String of(Report report) {
    ReportText page = new ReportText(report);
    page.head();
    if (!report.ratios().isEmpty()) {
      page.ratios();
      page.closedLoop();
    }
    if (!report.openLoop().isEmpty()) {
      page.openLoop();
      page.baseline();
    }
    if (report.age() != null) {
      page.age(report.age());
    }
    page.verification();
    page.machine();
    return page.text.toString();
  }

  private void head() {
    line("# Benchmark, %s".formatted(report.startedAt()));
    line("");
    line(
        "%s%s One machine for everything. %d s in all.%s"
            .formatted(
                report.quick()
                    ? "**A quick run: a smoke test, not a measurement.**"
                    : "A full run.",
                report.groups().size() == Group.values().length
                    ? ""
                    : report.groups().stream()
                        .map(Group::option)
                        .collect(Collectors.joining(", ", " Only: ", ".")),
                Math.round(report.tookSeconds()),
                report.closedLoop().isEmpty()
                    ? ""
                    : " %d x %.1f s for each closed loop, alternating."
                        .formatted(report.rounds(), report.windowSeconds())));
    line("");
    line(
        (report.isSound()
                ? "Every answer was checked: **no errors**, and everything acknowledged is there,"
                    + " once."
                : "**Not sound: %d errors, %d faults in the verification. The figures do not"
                    + " count.**")
            .formatted(report.errors(), report.verification().faults().size()));
    for (String sample : report.errorSamples()) {
      line("- %s".formatted(sample));
    }
    line("");
    line(
        (report.isQuiet()
                ? "Other processes of the machine took %.2f cores meanwhile."
                : "**Not a quiet machine: other processes took %.2f cores meanwhile.**")
            .formatted(report.otherCores()));
    line("");
  }

  private void ratios() {
    line("## Ratios");
    line("");
    line("| What | clients | ratio | by round | target | |");
    line("|---|---:|---:|---|---:|---|");
    for (Report.Ratio ratio : report.ratios()) {
      line(
          "| %s | %s | %.2f | %s | %.1f | %s |"
              .formatted(
                  ratio.name(),
                  ratio.clients() == 0 ? "best of each" : Integer.toString(ratio.clients()),
                  ratio.ratio(),
                  ratio.byRound().stream()
                      .map(value -> "%.2f".formatted(value))
                      .collect(Collectors.joining(", ")),
                  ratio.target(),
                  ratio.reached() ? "reached" : "MISSED"));
    }
    line("");
  }

  private void closedLoop() {
    line("## Throughput: closed loop");
    line("");
    line(
        "Each client sends its next request as soon as it has its answer. Operations per second are"
            + " the median of the rounds; latencies are those under this full load, not corrected"
            + " for coordinated omission (a closed loop cannot be). CPU in cores, and for one"
            + " operation in microseconds: load generator, server and PostgreSQL together.");
    line("");
    line(
        "| What | customers | clients | per second | by round | p50 ms | p99 ms | p99.9 ms | errors"
            + " | CPU load gen. | CPU server | CPU PostgreSQL | CPU other | CPU us each |");
    line("|---|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (Report.Closed row : report.closedLoop()) {
      line(
          "| %s | %s | %d | %,.0f | %s | %s | %d | %s | %,.0f |"
              .formatted(
                  row.scenario().subject().title(),
                  customers(row.scenario()),
                  row.scenario().clients(),
                  row.perSecond(),
                  row.perSecondByRound().stream()
                      .map(value -> "%,.0f".formatted(value))
                      .collect(Collectors.joining(" / ")),
                  percentiles(row.latencyMillis()),
                  row.errors(),
                  cores(row.cores()),
                  row.cpuMicros()));
    }
    line("");
  }

  private void openLoop() {
    line("## Latency: open loop");
    line("");
    line(
        ("Requests are due at a fixed rate, %.0f%% of the throughput above, and each latency counts"
                + " from the instant at which its request was due: corrected for coordinated omission."
                + " A client may be up to 0.1 ms late to send, which counts against the server.")
            .formatted(report.openLoopShare() * 100));
    line("");
    line(
        "| What | customers | clients | rate per second | p50 ms | p99 ms | p99.9 ms | max ms"
            + " | errors | CPU load gen. | CPU server | CPU PostgreSQL | CPU other |");
    line("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (Report.Open row : report.openLoop()) {
      line(
          "| %s | %s | %d | %,.0f | %s | %.2f | %d | %s |"
              .formatted(
                  row.scenario().subject().title(),
                  customers(row.scenario()),
                  row.scenario().clients(),
                  row.ratePerSecond(),
                  percentiles(row.latencyMillis()),
                  row.latencyMillis().max(),
                  row.errors(),
                  cores(row.cores())));
    }
    line("");
  }

  private void baseline() {
    line("## The baseline's ways");
    line("");
    line(
        "Each ran once, briefly, before the rounds; the first is the row-lock debit above, the fastest the fastest.");
    line("");
    line("| Way | customers | clients | per second | |");
    line("|---|---|---:|---:|---|");
    for (Report.Variant variant : report.baselineVariants()) {
      line(
          "| %s | %s | %d | %,.0f | %s |"
              .formatted(
                  variant.variant(),
                  customers(variant.spread()),
                  variant.clients(),
                  variant.perSecond(),
                  variant.chosen() ? "chosen" : ""));
    }
    line("");
  }

  private void age(Report.Age age) {
    line("## Age: one request after the other, by one client");
    line("");
    line(
        "Each row is a customer of which one dimension has the size given and all else is as small"
            + " as can be. A recovery is the first request for a customer that has left memory,"
            + " check included: in the median (and at most) after a snapshot, if there is one, and"
            + " once from the journal alone.");
    line("");
    line(
        "| Customer's | usage p50 ms | mean ms | check p50 ms | mean ms | requests each"
            + " | recovery ms | journal alone ms | snapshot bytes |");
    line("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (Report.AgeRow row : age.rows()) {
      line(
          "| %s: %,d | %.3f | %.3f | %.3f | %.3f | %d | %.1f (%.1f) | %,.0f | %,d |"
              .formatted(
                  row.dimension().title(),
                  row.size(),
                  row.usage().p50Millis(),
                  row.usage().meanMillis(),
                  row.check().p50Millis(),
                  row.check().meanMillis(),
                  row.usage().requests(),
                  row.recovery().medianMillis(),
                  row.recovery().maxMillis(),
                  row.recovery().journalAloneMillis(),
                  row.recovery().snapshotBytes()));
    }
    line("");
    line("| What | figure | at most | |");
    line("|---|---:|---:|---|");
    for (Report.Limit limit : age.limits()) {
      line(
          "| %s | %,.2f | %,.1f | %s |"
              .formatted(
                  limit.name(),
                  limit.value(),
                  limit.atMost(),
                  limit.reached() ? "reached" : "MISSED"));
    }
    line("");
    line(
        ("A remembered idempotency key takes %.1f bytes in memory and %.1f in the snapshot's row,"
                + " measured of %,d.")
            .formatted(
                age.keyBytes().inMemory(), age.keyBytes().inSnapshot(), age.keyBytes().keys()));
    line("");
  }

  private void verification() {
    line("## Verification");
    line("");
    report.verification().checks().forEach(check -> line("- %s".formatted(check)));
    report.verification().faults().forEach(fault -> line("- **FAULT** %s".formatted(fault)));
    line("");
  }

  private void machine() {
    line("## Machine");
    line("");
    line(
        "- %s, %d cores, %.1f GiB, %s"
            .formatted(
                report.machine().processor(),
                report.machine().cores(),
                report.machine().memoryGib(),
                report.machine().operatingSystem()));
    line(
        "- %s; node: `%s`"
            .formatted(report.machine().java(), String.join(" ", report.nodeJvmOptions())));
    line(
        "- PostgreSQL: %s"
            .formatted(
                report.postgresql().entrySet().stream()
                    .map(setting -> setting.getKey() + " " + setting.getValue())
                    .collect(Collectors.joining(", "))));
    line(
        "- its data on %s; an 8 KiB write and fdatasync takes %.2f ms"
            .formatted(report.storage().type(), report.storage().flushMillis()));
  }

  private String customers(Scenario scenario) {
    return scenario.subject() == Scenario.Subject.BARE ? "-" : customers(scenario.spread());
  }

  private String customers(Scenario.Spread spread) {
    return spread == Scenario.Spread.HOT ? "one hot" : "%,d".formatted(report.customers());
  }

  private static String percentiles(Report.Percentiles millis) {
    return "%.2f | %.2f | %.2f".formatted(millis.p50(), millis.p99(), millis.p999());
  }

  private static String cores(Report.Cores cores) {
    return "%.2f | %.2f | %.2f | %.2f"
        .formatted(cores.loadGenerator(), cores.server(), cores.postgresql(), cores.other());
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
