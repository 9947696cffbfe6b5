package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.customer.CustomerCommand.VoidBlock;
import io.quotastack.engine.idempotency.RequestKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How blocks begin and end: activation, expiry, voiding (semantics 3). */
final class BlockRules {
  private BlockRules() {}

  static void activate(Draft draft, long number, Instant at) {
    Block block = live(draft, number);
    long amountMc = block.remainingMc();
    draft.add(
        new CustomerEvent.BlockActivated(
            at,
            number,
            draft.entry(
                at,
                EntryType.GRANT,
                amountMc,
                0,
                0,
                List.of(new Allocation(number, amountMc)),
                draft.block(number),
                "effective",
                block.terms().metadata())));
    DepositRules.settle(
        draft, block.terms(), DepositRules.settles(draft, block.terms(), at, 0), at);
  }

  /** What is not held is gone; of a block that is all held only that it has ended is written. */
  static void expire(Draft draft, long number, Instant at) {
    long amountMc = live(draft, number).unheldMc();
    draft.add(
        new CustomerEvent.BlockExpired(
            at,
            number,
            draft.entry(
                at,
                EntryType.EXPIRE,
                -amountMc,
                0,
                0,
                amountMc == 0 ? List.of() : List.of(new Allocation(number, amountMc)),
                draft.block(number),
                "expired",
                Map.of()),
            amountMc == 0 ? 0 : draft.nextWebhook()));
  }

  static Outcome voidBlock(Draft draft, VoidBlock command, Instant now) {
    if (draft.state().profile() == null) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    Block block = draft.state().blocks().get(command.block());
    if (block == null || block.ended() != null || block.unheldMc() == 0) {
      return new Outcome.Refused(new Refusal.BlockNotLive(command.block()));
    }
    return draft.done(voided(draft, block, command.request(), command.reason(), now));
  }

  private static CustomerEvent voided(
      Draft draft, Block block, @Nullable RequestKey request, String reason, Instant now) {
    BlockTerms terms = block.terms();
    long amountMc = block.unheldMc();
    LedgerEntry entry =
        draft.entry(
            now,
            EntryType.VOID,
            block.isPending() ? 0 : -amountMc,
            0,
            0,
            List.of(new Allocation(terms.number(), amountMc)),
            draft.block(terms.number()),
            reason,
            Map.of());
    return new CustomerEvent.BlockVoided(
        now,
        request,
        new Block(
            terms, block.remainingMc() - amountMc, block.heldMc(), false, Block.Ending.VOIDED),
        entry,
        draft.nextWebhook());
  }

  /** How much of what goes back is lost at once, because its block has ended. */
  static long lostMc(Draft draft, List<Allocation> returned) {
    long lostMc = 0;
    for (Allocation allocation : returned) {
      lostMc += live(draft, allocation.block()).ended() == null ? 0 : allocation.amountMc();
    }
    return lostMc;
  }

  /** What came back to blocks that have ended is lost at once. */
  static void loseWhatCameBack(Draft draft, List<Allocation> returned, Instant at) {
    for (Allocation allocation : returned) {
      Block block = draft.state().blocks().get(allocation.block());
      if (block == null || block.ended() == null || block.unheldMc() == 0) {
        continue;
      }
      switch (block.ended()) {
        case EXPIRED -> expire(draft, allocation.block(), at);
        case VOIDED -> draft.add(voided(draft, block, null, "voided", at));
      }
    }
  }

  private static Block live(Draft draft, long number) {
    Block block = draft.state().blocks().get(number);
    if (block == null) {
      throw new IllegalStateException("block " + number + " is not live");
    }
    return block;
  }
}
