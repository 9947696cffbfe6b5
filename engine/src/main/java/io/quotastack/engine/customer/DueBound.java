package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.topups.AutoTopup;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The earliest instant at which something can become due because of commands that are not judged
 * yet: an alarm for it is set before they are, so that whatever they lead to has one. Too early an
 * instant does no harm, too late a one would. Pure.
 */
final class DueBound {
  private final CustomerState state;
  private final Instant now;

  /** Whether a command may change the policy or the time zone, and the zones that are named. */
  private boolean changesProfile;

  private final List<ZoneId> zones = new ArrayList<>(0);

  /** Whether a command may end a topup that is asked for, and the windows that are set. */
  private boolean grantsTopup;

  private final List<Long> windowsSeconds = new ArrayList<>(0);

  private @Nullable Instant earliest;

  private DueBound(CustomerState state, Instant now) {
    this.state = state;
    this.now = now;
  }

  /**
   * That instant, after {@code wall}; null if nothing can become due.
   *
   * @param state as it is before
   * @param wall the time of the wall clock, not after that at which they will be judged
   */
  static @Nullable Instant of(CustomerState state, List<CustomerCommand> commands, Instant wall) {
    Instant now = state.now(wall);
    var bound = new DueBound(state, now);
    // What a command leads to depends on those before it in the same write.
    commands.forEach(bound::note);
    bound.addTopups();
    commands.forEach(bound::add);
    return bound.earliest;
  }

  private void note(CustomerCommand command) {
    switch (command) {
      case CustomerCommand.CreateCustomer create -> noteProfile(create.timeZone());
      case CustomerCommand.UpdateCustomer update ->
          noteProfile(update.timeZone() == null ? null : update.timeZone().value());
      case CustomerCommand.GrantTopup _ -> grantsTopup = true;
      case CustomerCommand.SetAutoTopup set -> windowsSeconds.add(set.settings().windowSeconds());
      default -> {}
    }
  }

  private void noteProfile(@Nullable String zone) {
    changesProfile = true;
    if (zone != null) {
      zones.add(ZoneId.of(zone));
    }
  }

  private void add(CustomerCommand command) {
    switch (command) {
      case CustomerCommand.GrantCredits grant -> {
        Instant effectiveAt = grant.effectiveAt() == null ? now : grant.effectiveAt();
        add(grant.effectiveAt());
        add(expiry(effectiveAt, grant.expiresAt(), grant.expiresAfterSeconds()));
      }
      case CustomerCommand.GrantTopup topup ->
          add(expiry(now, topup.expiresAt(), topup.expiresAfterSeconds()));
      // A block that was used up and comes back expires when it always would have.
      case CustomerCommand.ReverseUsage reverse ->
          reverse.blocks().forEach(block -> add(block.expiresAt()));
      case CustomerCommand.Reserve reserve -> add(now.plusSeconds(reserve.ttlSeconds()));
      case CustomerCommand.Extend extend -> add(now.plusSeconds(extend.ttlSeconds()));
      case CustomerCommand.RecordUsage usage -> addClearing(usage.policy());
      case CustomerCommand.Commit commit -> addClearing(commit.policy());
      case CustomerCommand.CreateCustomer _,
          CustomerCommand.UpdateCustomer _,
          CustomerCommand.AdjustCredits _,
          CustomerCommand.VoidBlock _,
          CustomerCommand.Release _,
          CustomerCommand.SetAutoTopup _,
          CustomerCommand.RemoveAutoTopup _,
          CustomerCommand.RefuseTopup _,
          CustomerCommand.SettleDue _ -> {}
    }
  }

  private static @Nullable Instant expiry(
      Instant from, @Nullable Instant at, @Nullable Long afterSeconds) {
    return afterSeconds == null
        ? at
        : from.plusSeconds(Math.min(afterSeconds, CustomerDecider.LATEST.getEpochSecond()));
  }

  /** When overage that is booked now for an invoice is cleared. */
  private void addClearing(AccountPolicy tenants) {
    if (tenants.overageSettlement() != OverageSettlement.INVOICE) {
      return;
    }
    Profile profile = state.profile();
    AccountPolicy policy = profile == null ? tenants : profile.over(tenants);
    if (changesProfile || policy.overagePolicy() != OveragePolicy.BLOCK) {
      addMonthEnd(policy.timeZone());
    }
    if (changesProfile) {
      addMonthEnd(tenants.timeZone());
      zones.forEach(this::addMonthEnd);
    }
  }

  private void addMonthEnd(ZoneId zone) {
    add(Period.month(now, zone).end());
  }

  /**
   * Until when the tenant has to answer a topup that may be asked for now, and when one may be
   * asked for that may not be now. One that is asked for already has an alarm; only a topup ends it
   * before that.
   */
  private void addTopups() {
    AutoTopup autoTopup = state.autoTopup();
    if (windowsSeconds.isEmpty()
        && (autoTopup == null || (autoTopup.pendingUntil() != null && !grantsTopup))) {
      return;
    }
    add(now.plus(AutoTopup.PATIENCE));
    if (autoTopup != null) {
      windowsSeconds.add(autoTopup.settings().windowSeconds());
      add(autoTopup.notBefore());
    }
    for (Long seconds : windowsSeconds) {
      if (grantsTopup) {
        add(now.plusSeconds(seconds));
      }
      if (autoTopup != null) {
        autoTopup.requestedAt().forEach(at -> add(at.plusSeconds(seconds)));
      }
    }
  }

  /** What has passed already does not count. */
  private void add(@Nullable Instant at) {
    if (at != null && at.isAfter(now) && (earliest == null || at.isBefore(earliest))) {
      earliest = at;
    }
  }
}
