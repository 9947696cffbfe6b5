package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.topups.AutoTopup;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The earliest instant at which something can become due because of commands that are not judged
 * yet: an alarm for it is set before they are, so that whatever they lead to has one. Too early an
 * instant does no harm, too late a one would. Pure.
 */
final class DueBound {
  private DueBound() {}

  /**
   * That instant, after {@code wall}; null if nothing can become due.
   *
   * @param state as it is before
   * @param wall the time of the wall clock, not after that at which they will be judged
   */
  static @Nullable Instant of(CustomerState state, List<CustomerCommand> commands, Instant wall) {
    Instant now = state.now(wall);
    Instant earliest = topupRequest(state.autoTopup(), commands, now);
    for (CustomerCommand command : commands) {
      earliest = earlier(earliest, of(state, command, now), now);
    }
    return earliest;
  }

  private static @Nullable Instant of(CustomerState state, CustomerCommand command, Instant now) {
    return switch (command) {
      case CustomerCommand.GrantCredits grant -> {
        Instant effectiveAt = grant.effectiveAt() == null ? now : grant.effectiveAt();
        yield earlier(
            earlier(null, grant.effectiveAt(), now),
            expiry(effectiveAt, grant.expiresAt(), grant.expiresAfterSeconds()),
            now);
      }
      case CustomerCommand.GrantTopup topup ->
          expiry(now, topup.expiresAt(), topup.expiresAfterSeconds());
      case CustomerCommand.Reserve reserve -> now.plusSeconds(reserve.ttlSeconds());
      case CustomerCommand.Extend extend -> now.plusSeconds(extend.ttlSeconds());
      case CustomerCommand.RecordUsage usage -> clearing(state, usage.policy(), now);
      case CustomerCommand.Commit commit -> clearing(state, commit.policy(), now);
      case CustomerCommand.SetAutoTopup _ -> now.plus(AutoTopup.PATIENCE);
      case CustomerCommand.ReverseUsage reverse -> {
        Instant earliest = null;
        for (BlockTerms terms : reverse.blocks()) {
          earliest = earlier(earliest, terms.expiresAt(), now);
        }
        yield earliest;
      }
      case CustomerCommand.CreateCustomer _,
          CustomerCommand.UpdateCustomer _,
          CustomerCommand.AdjustCredits _,
          CustomerCommand.VoidBlock _,
          CustomerCommand.Release _,
          CustomerCommand.RemoveAutoTopup _,
          CustomerCommand.RefuseTopup _,
          CustomerCommand.SettleDue _ ->
          null;
    };
  }

  private static @Nullable Instant expiry(
      Instant from, @Nullable Instant at, @Nullable Long afterSeconds) {
    return afterSeconds == null
        ? at
        : from.plusSeconds(Math.min(afterSeconds, CustomerDecider.LATEST.getEpochSecond()));
  }

  /** When overage that is booked now for an invoice is cleared. */
  private static @Nullable Instant clearing(
      CustomerState state, AccountPolicy tenants, Instant now) {
    Profile profile = state.profile();
    AccountPolicy policy = profile == null ? tenants : profile.over(tenants);
    return policy.overagePolicy() == OveragePolicy.BLOCK
            || policy.overageSettlement() != OverageSettlement.INVOICE
            || state.overage().clearsAt() != null
        ? null
        : Period.month(now, policy.timeZone()).end();
  }

  /**
   * When a topup may be asked for, or one that may be asked for now must be answered. While one is
   * pending there is an alarm for its end, before which only a grant lets another be asked for.
   */
  private static @Nullable Instant topupRequest(
      @Nullable AutoTopup autoTopup, List<CustomerCommand> commands, Instant now) {
    boolean granted = commands.stream().anyMatch(CustomerCommand.GrantTopup.class::isInstance);
    if (autoTopup == null || (autoTopup.pendingUntil() != null && !granted)) {
      return null;
    }
    Instant earliest = allowed(autoTopup, autoTopup.settings(), now);
    for (CustomerCommand command : commands) {
      if (command instanceof CustomerCommand.SetAutoTopup set) {
        earliest = earlier(earliest, allowed(autoTopup, set.settings(), now), now);
      }
    }
    return earliest;
  }

  /** When another is allowed, whatever of the requests in the window and of those now counts. */
  private static @Nullable Instant allowed(
      AutoTopup autoTopup, AutoTopup.Settings settings, Instant now) {
    Instant earliest = now.plus(AutoTopup.PATIENCE);
    earliest = earlier(earliest, now.plusSeconds(settings.windowSeconds()), now);
    earliest = earlier(earliest, autoTopup.notBefore(), now);
    for (Instant at : autoTopup.requestedAt()) {
      earliest = earlier(earliest, at.plusSeconds(settings.windowSeconds()), now);
    }
    return earliest;
  }

  /** The earlier of the two, where what has passed already does not count. */
  private static @Nullable Instant earlier(
      @Nullable Instant known, @Nullable Instant other, Instant now) {
    if (other == null || !other.isAfter(now)) {
      return known;
    }
    return known == null || other.isBefore(known) ? other : known;
  }
}
