package io.quotastack.bench;

import java.util.ArrayList;
import java.util.List;

/** One thing to measure: what is called, for whom, and by how many clients at once. */
public record Scenario(Subject subject, Spread spread, int clients) {
  /** What is called. */
  public enum Subject {
    BASELINE("baseline: SQL row-lock debit"),
    BARE("bare route"),
    ENTITLEMENT("entitlement check"),
    USAGE("usage");

    private final String title;

    Subject(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  /** For whom. */
  public enum Spread {
    CROWD,
    HOT
  }

  /**
   * All scenarios, a contender next to what it is compared with, so that a change of the machine's
   * mood between two windows hurts both alike.
   */
  static List<Scenario> all(List<Integer> clientCounts) {
    List<Scenario> scenarios = new ArrayList<>();
    for (int clients : clientCounts) {
      scenarios.addAll(of(clients));
    }
    return scenarios;
  }

  static List<Scenario> of(int clients) {
    return List.of(
        new Scenario(Subject.BASELINE, Spread.CROWD, clients),
        new Scenario(Subject.USAGE, Spread.CROWD, clients),
        new Scenario(Subject.BASELINE, Spread.HOT, clients),
        new Scenario(Subject.USAGE, Spread.HOT, clients),
        new Scenario(Subject.BARE, Spread.CROWD, clients),
        new Scenario(Subject.ENTITLEMENT, Spread.CROWD, clients),
        new Scenario(Subject.ENTITLEMENT, Spread.HOT, clients));
  }
}
