package io.quotastack.bench;

import java.util.ArrayList;
import java.util.List;

/** One thing to measure: what is called, for whom, and by how many clients at once. */
public record Scenario(Subject subject, Spread spread, int clients) {
  /** What is called. */
  public enum Subject {
    /** The usual row-lock debit: {@code SELECT .. FOR UPDATE} and what follows, by statements. */
    ROW_LOCK(Group.USAGE, "baseline: row-lock debit"),
    /** The fastest way to write that debit that we know. */
    FASTEST(Group.USAGE, "baseline: fastest debit"),
    BARE(Group.USAGE, "bare route"),
    ENTITLEMENT(Group.USAGE, "entitlement check"),
    USAGE(Group.USAGE, "usage"),
    /** The usual reserve and capture, each a transaction under the customer's row lock. */
    ROW_LOCK_HOLD(Group.HOLDS, "baseline: row-lock reserve and capture"),
    HOLD(Group.HOLDS, "reserve and commit");

    private final Group group;
    private final String title;

    Subject(Group group, String title) {
      this.group = group;
      this.title = title;
    }

    /** The group that it is measured in. */
    Group group() {
      return group;
    }

    public String title() {
      return title;
    }

    /** Whether it is SQL alone, without a node. */
    boolean isBaseline() {
      return this == ROW_LOCK || this == FASTEST || this == ROW_LOCK_HOLD;
    }
  }

  /** For whom. */
  public enum Spread {
    CROWD,
    HOT
  }

  /**
   * All scenarios of a group, a contender next to what it is compared with, so that a change of the
   * machine's mood between two windows hurts both alike.
   */
  static List<Scenario> all(Group group, List<Integer> clientCounts) {
    List<Scenario> scenarios = new ArrayList<>();
    for (int clients : clientCounts) {
      scenarios.addAll(of(group, clients));
    }
    return scenarios;
  }

  static List<Scenario> of(Group group, int clients) {
    return switch (group) {
      case USAGE ->
          List.of(
              new Scenario(Subject.ROW_LOCK, Spread.CROWD, clients),
              new Scenario(Subject.USAGE, Spread.CROWD, clients),
              new Scenario(Subject.FASTEST, Spread.CROWD, clients),
              new Scenario(Subject.ROW_LOCK, Spread.HOT, clients),
              new Scenario(Subject.USAGE, Spread.HOT, clients),
              new Scenario(Subject.FASTEST, Spread.HOT, clients),
              new Scenario(Subject.BARE, Spread.CROWD, clients),
              new Scenario(Subject.ENTITLEMENT, Spread.CROWD, clients),
              new Scenario(Subject.ENTITLEMENT, Spread.HOT, clients));
      case HOLDS ->
          List.of(
              new Scenario(Subject.ROW_LOCK_HOLD, Spread.CROWD, clients),
              new Scenario(Subject.HOLD, Spread.CROWD, clients),
              new Scenario(Subject.ROW_LOCK_HOLD, Spread.HOT, clients),
              new Scenario(Subject.HOLD, Spread.HOT, clients));
      case AGE -> List.of(); // One request after the other: no throughput.
    };
  }
}
