package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.Blocks;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.idempotency.RequestKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * All that the actor knows of its customer. Immutable; {@link #apply} is the only way to a next
 * state, so that replaying the journal gives the same state on every node.
 *
 * @param profile null = the customer does not exist
 * @param blocks the live blocks
 * @param overageMc what was used beyond the blocks and is not settled
 * @param lifetimeGrantedMc all that ever took effect
 * @param lifetimeConsumedMc all that usage ever cost
 * @param ledgerSequence of the last ledger entry; 0 = none
 * @param ledgerHash of the last ledger entry
 * @param webhookSequence of the last webhook message; 0 = none
 * @param version the sequence number of the last journal event; 0 = none
 * @param lastAt the time of the last event: the customer's clock never shows less
 * @param window the idempotency keys that are remembered
 */
public record CustomerState(
    @Nullable Profile profile,
    Blocks blocks,
    long overageMc,
    long lifetimeGrantedMc,
    long lifetimeConsumedMc,
    long ledgerSequence,
    String ledgerHash,
    long webhookSequence,
    long version,
    Instant lastAt,
    IdempotencyWindow window) {

  /** Before the first event. */
  public static final CustomerState NONE =
      new CustomerState(
          null,
          Blocks.empty(),
          0,
          0,
          0,
          0,
          LedgerHash.GENESIS,
          0,
          0,
          Instant.EPOCH,
          IdempotencyWindow.empty());

  /** The sum of what remains in active blocks, in mc. */
  public long balanceMc() {
    return blocks.balanceMc();
  }

  /** What is left to spend or hold, in mc. */
  public long effectiveBalanceMc() {
    return blocks.balanceMc() - blocks.heldMc();
  }

  /** The customer's clock: the wall clock, but never before the last event (semantics 2). */
  public Instant now(Instant wall) {
    return wall.isAfter(lastAt) ? wall : lastAt;
  }

  /** Whether time has done something by then that is not in the journal yet. */
  public boolean isDue(Instant now) {
    Due due = blocks.nextDue();
    return due != null && !due.at().isAfter(now);
  }

  /** The state after that event. */
  public CustomerState apply(CustomerEvent event) {
    return switch (event) {
      case CustomerEvent.CustomerCreated created -> next(created, created.profile(), blocks, 0, 0);
      case CustomerEvent.CustomerUpdated updated -> next(updated, updated.profile(), blocks, 0, 0);
      case CustomerEvent.CreditGranted granted -> {
        BlockTerms terms = granted.block();
        boolean active = !terms.effectiveAt().isAfter(granted.at());
        yield next(
            granted,
            profile,
            blocks.plus(new Block(terms, terms.originalAmountMc(), 0, active)),
            granted.entry().delta(),
            0);
      }
      case CustomerEvent.BlockActivated activated ->
          next(
              activated, profile, blocks.activate(activated.block()), activated.entry().delta(), 0);
      case CustomerEvent.BlockExpired expired ->
          next(expired, profile, blocks.minus(expired.block()), 0, 0);
      case CustomerEvent.UsageRecorded used -> {
        Blocks spent = blocks;
        for (Allocation allocation : used.entry().allocations()) {
          spent = spent.spend(allocation);
        }
        yield next(used, profile, spent, 0, used.costMc());
      }
    };
  }

  private CustomerState next(
      CustomerEvent event,
      @Nullable Profile nextProfile,
      Blocks nextBlocks,
      long grantedMc,
      long consumedMc) {
    LedgerEntry entry = event.entry();
    RequestKey request = event.request();
    return new CustomerState(
        nextProfile,
        nextBlocks,
        overageMc,
        Amounts.add(lifetimeGrantedMc, grantedMc),
        Amounts.add(lifetimeConsumedMc, consumedMc),
        entry == null ? ledgerSequence : entry.sequence(),
        entry == null ? ledgerHash : entry.hash(),
        event.webhook() == 0 ? webhookSequence : event.webhook(),
        version + 1,
        event.at(),
        request == null ? window : window.remember(request, version + 1, event.at()));
  }
}
