package io.quotastack.engine.topups;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether and when a tenant is asked to top a customer up (semantics 7): at most so many requests
 * in a window, one pending at a time, and a pause after each refusal.
 *
 * @param settings what the tenant has set
 * @param pendingUntil a request is pending; without an answer by then it counts as refused; null =
 *     none is
 * @param refusals how many requests in a row were refused
 * @param notBefore the end of the pause after the last refusal; null = there is none
 * @param requestedAt the latest requests, oldest first, at most {@link #MAX_PER_WINDOW}: more than
 *     the window allows now, because it may be set to allow more
 */
public record AutoTopup(
    Settings settings,
    @Nullable Instant pendingUntil,
    int refusals,
    @Nullable Instant notBefore,
    List<Instant> requestedAt) {
  /** The most requests that a window may be set to allow. */
  public static final int MAX_PER_WINDOW = 100;

  /** How long a request is pending before silence counts as a refusal. */
  public static final Duration PATIENCE = Duration.ofHours(1);

  /** The longest pause after a refusal; the first is {@link #FIRST_PAUSE}, each next doubles. */
  public static final Duration LONGEST_PAUSE = Duration.ofHours(24);

  /** The pause after a first refusal. */
  public static final Duration FIRST_PAUSE = Duration.ofHours(1);

  private static final int MAX_DOUBLINGS = 5;

  /**
   * What a tenant sets.
   *
   * @param thresholdMc a request is made when the effective balance is below it
   * @param packageKey what is to be bought; null = {@code creditsMc}
   * @param creditsMc how much is to be bought, in mc; null = {@code packageKey}
   * @param maxPerWindow at most so many requests in any window; 1 to {@link #MAX_PER_WINDOW}
   * @param windowSeconds the length of a window
   */
  public record Settings(
      long thresholdMc,
      @Nullable String packageKey,
      @Nullable Long creditsMc,
      int maxPerWindow,
      long windowSeconds) {}

  /** As it begins. */
  public static AutoTopup of(Settings settings) {
    return new AutoTopup(settings, null, 0, null, List.of());
  }

  /** With other settings; what is pending and what was refused stays. */
  public AutoTopup with(Settings newSettings) {
    return new AutoTopup(newSettings, pendingUntil, refusals, notBefore, requestedAt);
  }

  /**
   * The next instant at which time changes something for an account with that effective balance, or
   * null if time never will.
   */
  public @Nullable Instant nextDue(long effectiveMc) {
    if (pendingUntil != null) {
      return pendingUntil;
    }
    return effectiveMc < settings.thresholdMc() ? nextAllowed() : null;
  }

  /** The earliest instant at which another request may be made. */
  private Instant nextAllowed() {
    Instant allowed = notBefore == null ? Instant.EPOCH : notBefore;
    if (requestedAt.size() >= settings.maxPerWindow()) {
      Instant oldest = requestedAt.get(requestedAt.size() - settings.maxPerWindow());
      Instant free = oldest.plusSeconds(settings.windowSeconds());
      allowed = free.isAfter(allowed) ? free : allowed;
    }
    return allowed;
  }

  /** Whether a request is to be made at that instant for that effective balance. */
  public boolean isWanted(long effectiveMc, Instant now) {
    return pendingUntil == null
        && effectiveMc < settings.thresholdMc()
        && !nextAllowed().isAfter(now);
  }

  /** After a request was made. */
  public AutoTopup requested(Instant at) {
    var latest = new ArrayList<>(requestedAt);
    latest.add(at);
    if (latest.size() > MAX_PER_WINDOW) {
      latest.removeFirst();
    }
    return new AutoTopup(settings, at.plus(PATIENCE), refusals, notBefore, List.copyOf(latest));
  }

  /** After the pending request was refused. */
  public AutoTopup refused(Instant at) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(refusals, MAX_DOUBLINGS));
    return new AutoTopup(
        settings,
        null,
        refusals + 1,
        at.plus(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause),
        requestedAt);
  }

  /** After a topup was granted. */
  public AutoTopup granted() {
    return new AutoTopup(settings, null, 0, null, requestedAt);
  }
}
