package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Burnable;
import io.quotastack.engine.customer.CustomerQuery.CheckEntitlement;
import io.quotastack.engine.customer.CustomerQuery.ListBlocks;
import io.quotastack.engine.customer.CustomerQuery.ReadCredits;
import io.quotastack.engine.entitlements.Entitlement;
import java.util.Comparator;
import java.util.List;

/** Answers queries from a state that time has been settled in. Pure. */
final class CustomerReader {
  private CustomerReader() {}

  static CustomerView answer(CustomerState state, CustomerQuery query) {
    Profile profile = state.profile();
    if (profile == null) {
      return new CustomerView.NotFound();
    }
    return switch (query) {
      case CustomerQuery.ReadCustomer ignored ->
          new CustomerView.Customer(profile, state.version());
      case ReadCredits read ->
          new CustomerView.Credits(
              profile.externalId(),
              balances(state),
              state.lifetimeGrantedMc(),
              state.lifetimeConsumedMc(),
              state.version(),
              read.blocksIn() == null ? null : sorted(state, read.blocksIn()));
      case ListBlocks list -> page(state, list);
      case CheckEntitlement check ->
          new CustomerView.Checked(
              profile.externalId(),
              // Nothing grants features yet, so a metric that asks for one is out of reach.
              Entitlement.of(
                  check.featureKey() == null,
                  check.rule(),
                  check.units(),
                  state.blocks().availableMc(check.metricKey())),
              balances(state));
      case CustomerQuery.ReadLedgerHead ignored ->
          new CustomerView.LedgerHead(
              state.ledgerSequence(), state.ledgerHash(), state.balanceMc(), state.version());
    };
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
            .filter(block -> query.active() == null || block.active() == query.active())
            .filter(
                block -> query.after() == null || order.compare(block.terms(), query.after()) > 0)
            .sorted(Comparator.comparing(Block::terms, order))
            .limit(query.limit() + 1L)
            .toList();
    boolean hasMore = found.size() > query.limit();
    return new CustomerView.BlockPage(hasMore ? found.subList(0, query.limit()) : found, hasMore);
  }
}
