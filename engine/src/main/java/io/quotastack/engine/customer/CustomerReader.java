package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Burnable;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.customer.CustomerQuery.CheckEntitlement;
import io.quotastack.engine.customer.CustomerQuery.ListBlocks;
import io.quotastack.engine.customer.CustomerQuery.ReadCredits;
import io.quotastack.engine.entitlements.Entitlement;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.reservations.Reservation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers queries from a state that time has been settled in. Pure. */
final class CustomerReader {
  private CustomerReader() {}

  static CustomerView answer(CustomerState state, CustomerQuery query, Instant now) {
    Profile profile = state.profile();
    if (profile == null) {
      return new CustomerView.NotFound();
    }
    return switch (query) {
      case CustomerQuery.ReadCustomer ignored ->
          new CustomerView.Customer(profile, state.version());
      case ReadCredits read -> credits(state, read.blocksIn());
      case ListBlocks list -> page(state, list);
      case CheckEntitlement check -> checked(state, profile, check, now);
      case CustomerQuery.ReadBlockFates read -> fates(state, read.numbers());
      case CustomerQuery.ReadTimeline read -> timeline(state, read.limit());
      case CustomerQuery.ReadReservation read ->
          new CustomerView.ActiveReservation(
              profile.externalId(), state.reservations().get(read.reservation()), balances(state));
      case CustomerQuery.ListReservations list -> page(state, profile, list);
      case CustomerQuery.ReadAutoTopup ignored ->
          new CustomerView.Topups(profile.externalId(), state.autoTopup());
      case CustomerQuery.ReadLedgerHead ignored ->
          new CustomerView.LedgerHead(
              state.ledgerSequence(), state.ledgerHash(), state.balanceMc(), state.version());
    };
  }

  /**
   * The account of that state.
   *
   * @param blocksIn also the live blocks, in this order; null = without them
   */
  static CustomerView.Credits credits(CustomerState state, @Nullable BurnOrder blocksIn) {
    Profile profile = state.profile();
    return new CustomerView.Credits(
        profile == null ? null : profile.externalId(),
        balances(state),
        state.lifetimeGrantedMc(),
        state.lifetimeConsumedMc(),
        state.version(),
        blocksIn == null ? null : sorted(state, blocksIn));
  }

  private static CustomerView.Checked checked(
      CustomerState state, Profile profile, CheckEntitlement check, Instant now) {
    AccountPolicy policy = profile.over(check.policy());
    MeteringRule rule = check.pricing().at(now);
    Quote quote =
        rule == null
            ? null
            : rule.quote(check.properties(), state.unitsInPeriod(check.metricKey(), now));
    boolean overage = policy.overagePolicy() != OveragePolicy.BLOCK;
    boolean endless = overage && policy.maxOverageMc() == null;
    return new CustomerView.Checked(
        profile.externalId(),
        Entitlement.of(
            // Nothing grants features yet, so a metric that asks for one is out of reach.
            check.featureKey() == null,
            quote,
            check.units(),
            state.blocks().availableMc(check.metricKey()),
            overage,
            endless ? null : UsageRules.overageRoomMc(state, policy)),
        balances(state),
        policy.overagePolicy());
  }

  private static CustomerView.BlockFates fates(CustomerState state, List<Long> numbers) {
    var live = new ArrayList<Block>();
    var voided = new ArrayList<Long>();
    for (Long number : numbers) {
      Block block = state.blocks().get(number);
      if (block != null) {
        live.add(block);
      }
      if (state.voided().contains(number)) {
        voided.add(number);
      }
    }
    return new CustomerView.BlockFates(live, voided);
  }

  private static CustomerView.Timeline timeline(CustomerState state, int limit) {
    var next = new ArrayList<Due>(state.dueThings());
    next.sort(Due.ORDER);
    return new CustomerView.Timeline(
        next.stream()
            .limit(limit)
            .map(due -> new CustomerView.Next(due, amountMc(state, due)))
            .toList());
  }

  private static @Nullable Long amountMc(CustomerState state, Due due) {
    return switch (due.kind()) {
      case HOLD_EXPIRY -> {
        Reservation reservation = state.reservations().get(due.number());
        yield reservation == null ? null : reservation.heldMc();
      }
      case OVERAGE_CLEARING -> state.overage().invoiceMc();
      case EXPIRY, ACTIVATION -> {
        Block block = state.blocks().get(due.number());
        yield block == null ? null : block.unheldMc();
      }
      case AUTO_TOPUP -> null;
    };
  }

  private static CustomerView.ReservationPage page(
      CustomerState state, Profile profile, CustomerQuery.ListReservations query) {
    List<Reservation> found =
        state.reservations().newestFirst(query.before()).limit(query.limit() + 1L).toList();
    boolean hasMore = found.size() > query.limit();
    return new CustomerView.ReservationPage(
        profile.externalId(), hasMore ? found.subList(0, query.limit()) : found, hasMore);
  }

  private static CustomerView.Balances balances(CustomerState state) {
    return new CustomerView.Balances(state.balanceMc(), state.blocks().heldMc(), state.overageMc());
  }

  private static List<Block> sorted(CustomerState state, BurnOrder order) {
    return state.blocks().all().stream()
        .sorted(Comparator.comparing(Block::terms, order.comparator()))
        .toList();
  }

  private static CustomerView.BlockPage page(CustomerState state, ListBlocks query) {
    Comparator<Burnable> order = query.order().comparator();
    List<Block> found =
        state.blocks().all().stream()
            .filter(block -> query.status() == null || block.status() == query.status())
            .filter(
                block -> query.after() == null || order.compare(block.terms(), query.after()) > 0)
            .sorted(Comparator.comparing(Block::terms, order))
            .limit(query.limit() + 1L)
            .toList();
    boolean hasMore = found.size() > query.limit();
    return new CustomerView.BlockPage(hasMore ? found.subList(0, query.limit()) : found, hasMore);
  }
}
