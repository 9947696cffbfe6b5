package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.ids.OwnedId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Events that are being decided, and the state that they give: what all rules write into. */
final class Draft {
  private final UUID customerId;
  private final List<CustomerEvent> events = new ArrayList<>(4);
  private final List<CustomerState> states = new ArrayList<>(4);
  private CustomerState state;

  Draft(UUID customerId, CustomerState state) {
    this.customerId = customerId;
    this.state = state;
  }

  CustomerState state() {
    return state;
  }

  List<CustomerEvent> events() {
    return events;
  }

  List<CustomerState> states() {
    return states;
  }

  /** The number that the next event will have. */
  long next() {
    return state.version() + 1;
  }

  /** The number that the next webhook message will have. */
  long nextWebhook() {
    return state.webhookSequence() + 1;
  }

  void add(CustomerEvent event) {
    state = state.apply(event);
    events.add(event);
    states.add(state);
  }

  /** The outcome of a command whose answer is in that event, which is decided herewith. */
  Outcome done(CustomerEvent event) {
    add(event);
    return new Outcome.Done(state.version(), event);
  }

  /** Takes back all events but the first so many. */
  void backTo(int count, CustomerState then) {
    events.subList(count, events.size()).clear();
    states.subList(count, states.size()).clear();
    state = then;
  }

  /** The tenant's terms with what this customer has of its own. */
  AccountPolicy policy(AccountPolicy tenants) {
    Profile profile = state.profile();
    return profile == null ? tenants : profile.over(tenants);
  }

  /**
   * The ledger entry that the next event will be.
   *
   * @param deltaMc how it changes the balance
   * @param reservedDeltaMc how it changes what is held
   * @param overageDeltaMc how it changes what is owed
   */
  LedgerEntry entry(
      Instant at,
      EntryType type,
      long deltaMc,
      long reservedDeltaMc,
      long overageDeltaMc,
      List<Allocation> allocations,
      @Nullable Reference reference,
      @Nullable String reason,
      Map<String, String> metadata) {
    return new LedgerEntry(
            next(),
            state.ledgerSequence() + 1,
            type,
            deltaMc,
            state.balanceMc() + deltaMc,
            state.blocks().heldMc() + reservedDeltaMc,
            state.overageMc() + overageDeltaMc,
            allocations,
            reference,
            reason,
            metadata,
            at,
            state.ledgerHash(),
            "")
        .sealed(customerId);
  }

  /** What an entry about that block refers to. */
  Reference block(long number) {
    return new Reference("block", OwnedId.Kind.BLOCK.text(customerId, number));
  }

  /** What an entry about that usage event refers to. */
  Reference usage(long number) {
    return new Reference("usage", OwnedId.Kind.USAGE_EVENT.text(customerId, number));
  }

  /** What an entry about that reservation refers to. */
  Reference reservation(long number) {
    return new Reference("reservation", OwnedId.Kind.RESERVATION.text(customerId, number));
  }

  static long sumMc(List<Allocation> allocations) {
    long sumMc = 0;
    for (Allocation allocation : allocations) {
      sumMc += allocation.amountMc();
    }
    return sumMc;
  }
}
