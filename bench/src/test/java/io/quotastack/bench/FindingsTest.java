package io.quotastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FindingsTest {
  private final Findings findings = new Findings();

  @Test
  void few_faults_are_told_one_by_one() {
    findings.addFault("a balance is off");
    findings.addCheck("balances compared");

    assertThat(findings.verification())
        .isEqualTo(
            new Report.Verification(List.of("balances compared"), List.of("a balance is off")));
  }

  @Test
  void of_many_faults_the_first_are_told_and_the_others_counted() {
    for (int i = 0; i < 1_234; i++) {
      findings.addFault("fault " + i);
    }

    assertThat(findings.verification().faults())
        .hasSize(21)
        .startsWith("fault 0", "fault 1")
        .endsWith("and 1,214 more");
  }
}
