package io.quotastack.engine.customer;

import io.quotastack.engine.topups.AutoTopup;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When the tenant of a {@link ReferenceCustomer} must be asked for a topup (semantics 7), from the
 * whole list of when it was.
 */
final class ReferenceTopups {
  AutoTopup.@Nullable Settings settings;
  @Nullable Instant pendingUntil;
  int refusals;
  @Nullable Instant pausedUntil;
  private final List<Instant> asked = new ArrayList<>();

  ReferenceTopups copy() {
    var copy = new ReferenceTopups();
    copy.settings = settings;
    copy.pendingUntil = pendingUntil;
    copy.refusals = refusals;
    copy.pausedUntil = pausedUntil;
    copy.asked.addAll(asked);
    return copy;
  }

  void set(AutoTopup.@Nullable Settings newSettings) {
    settings = newSettings;
    if (newSettings == null) {
      pendingUntil = null;
      refusals = 0;
      pausedUntil = null;
      asked.clear();
    }
  }

  boolean wanted(ReferenceAccount account, Instant at) {
    if (settings == null
        || pendingUntil != null
        || (pausedUntil != null && at.compareTo(pausedUntil) < 0)
        || account.effective().compareTo(BigInteger.valueOf(settings.thresholdMc())) >= 0) {
      return false;
    }
    int inWindow = 0;
    for (Instant each : asked) {
      if (each.plusSeconds(settings.windowSeconds()).compareTo(at) > 0) {
        inWindow++;
      }
    }
    return inWindow < settings.maxPerWindow();
  }

  /** When something happens by itself, not before that instant; null = never. */
  @Nullable Instant next(ReferenceAccount account, Instant from) {
    if (settings == null || pendingUntil != null) {
      return pendingUntil;
    }
    var candidates = new ArrayList<Instant>();
    candidates.add(from);
    if (pausedUntil != null) {
      candidates.add(pausedUntil);
    }
    for (Instant each : asked) {
      candidates.add(each.plusSeconds(settings.windowSeconds()));
    }
    Instant first = null;
    for (Instant candidate : candidates) {
      if (candidate.compareTo(from) >= 0
          && wanted(account, candidate)
          && (first == null || candidate.isBefore(first))) {
        first = candidate;
      }
    }
    return first;
  }

  void ask(Instant at) {
    asked.add(at);
    pendingUntil = at.plus(Duration.ofHours(1));
  }

  /** An hour after the first refusal in a row, twice as long after each next, a day at most. */
  void refuse(Instant at) {
    Duration pause = Duration.ofHours(1);
    for (int i = 0; i < refusals && pause.compareTo(Duration.ofHours(24)) < 0; i++) {
      pause = pause.plus(pause);
    }
    refusals++;
    pendingUntil = null;
    pausedUntil = at.plus(pause.compareTo(Duration.ofHours(24)) > 0 ? Duration.ofHours(24) : pause);
  }

  void topUp() {
    pendingUntil = null;
    refusals = 0;
    pausedUntil = null;
  }

  /** As the engine's state tells it, but for the requests. */
  @Nullable List<@Nullable Object> inWords() {
    return settings == null ? null : Happening.facts(settings, pendingUntil, refusals, pausedUntil);
  }
}
