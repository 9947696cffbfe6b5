package io.quotastack.bench;

import java.util.ArrayList;
import java.util.List;

/** One thing to measure: what is called, for whom, and by how many clients at once. */
public record Scenario(Subject subject, Spread spread, int clients) {
  /** What is called. */
  public enum Subject {
    /** The usual row-lock debit: {@code SELECT .. FOR UPDATE} and what follows, by statements. */
    ROW_LOCK("baseline: row-lock debit"),
    /** The fastest way to write that debit that we know. */
    FASTEST("baseline: fastest debit"),
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

    /** Whether it is SQL alone, without a node. */
    boolean isBaseline() {
      return this == ROW_LOCK || this == FASTEST;
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
        new Scenario(Subject.ROW_LOCK, Spread.CROWD, clients),
        new Scenario(Subject.USAGE, Spread.CROWD, clients),
        new Scenario(Subject.FASTEST, Spread.CROWD, clients),
        new Scenario(Subject.ROW_LOCK, Spread.HOT, clients),
        new Scenario(Subject.USAGE, Spread.HOT, clients),
        new Scenario(Subject.FASTEST, Spread.HOT, clients),
        new Scenario(Subject.BARE, Spread.CROWD, clients),
        new Scenario(Subject.ENTITLEMENT, Spread.CROWD, clients),
        new Scenario(Subject.ENTITLEMENT, Spread.HOT, clients));
  }
}
