package io.quotastack.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The groups of measurements. Each makes customers of its own and can be run without the others.
 */
public enum Group {
  /** Usage and entitlement checks beside debits in PostgreSQL and a bare route. */
  USAGE,
  /** Reserve and commit beside reserve and capture in PostgreSQL. */
  HOLDS,
  /** What a request costs for a customer that has a long past, many blocks or many keys. */
  AGE;

  /** As it is called on the command line. */
  String option() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The group that is called so there. */
  static Optional<Group> ofOption(String option) {
    return Arrays.stream(values()).filter(group -> group.option().equals(option)).findFirst();
  }
}
