package io.quotastack.http.credits;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockStatus;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerEvent.CreditGranted;
import io.quotastack.engine.customer.CustomerView.Balances;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.http.json.JsonWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Accounts, blocks and ledger entries in JSON. */
public final class CreditsJson {
  private CreditsJson() {}

  /** Writes the balances of an account. */
  public static void balances(JsonWriter json, Balances balances) {
    json.number("balance", balances.balanceMc())
        .number("reserved_balance", balances.reservedMc())
        .number("effective_balance", balances.effectiveMc())
        .number("overage_balance", balances.overageMc());
  }

  /** The balances of an account right after that entry. */
  public static Balances balancesAfter(LedgerEntry entry) {
    return new Balances(entry.balanceAfter(), entry.reservedAfter(), entry.overageAfter());
  }

  /** Writes the members of a live block. */
  public static void block(JsonWriter json, UUID customerId, Block block) {
    block(json, customerId, block, block.status());
  }

  /** Writes the members of a block, live or not, that is in that state. */
  public static void block(JsonWriter json, UUID customerId, Block block, BlockStatus status) {
    BlockTerms terms = block.terms();
    json.text("id", OwnedId.Kind.BLOCK.text(customerId, terms.number()))
        .number("original_amount", terms.originalAmountMc())
        .number("remaining_amount", block.remainingMc())
        .number("held_amount", block.heldMc())
        .number("priority", terms.priority())
        .instant("effective_at", terms.effectiveAt())
        .instant("expires_at", terms.expiresAt())
        .text("source", name(terms.source()))
        .bool("paid", terms.paid())
        .decimal("price_paid", terms.pricePaid())
        .text("currency", terms.currency())
        .texts("metric_keys", terms.metricKeys())
        .text("reason", terms.reason())
        .texts("metadata", terms.metadata())
        .instant("created_at", terms.createdAt())
        .text("status", name(status));
  }

  /** The name of a value in JSON. */
  public static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** Writes the members of the answer to a grant. */
  public static void grant(
      JsonWriter json,
      UUID customerId,
      @Nullable String externalId,
      CreditGranted granted,
      long version) {
    json.text("customer_id", customerId.toString())
        .text("external_customer_id", externalId)
        .object(
            "block",
            block ->
                deposited(block, customerId, granted.block(), granted.at(), granted.settlesMc()))
        .object("ledger_entry", entry -> entry(entry, customerId, granted.entry()));
    balances(json, balancesAfter(granted.entry()).settling(granted.settlesMc()));
    json.number("version", version);
  }

  /**
   * Writes the members of a block that just came in.
   *
   * @param settlesMc how much of it paid overage at once
   */
  public static void deposited(
      JsonWriter json, UUID customerId, BlockTerms terms, Instant now, long settlesMc) {
    boolean active = !terms.effectiveAt().isAfter(now);
    long leftMc = terms.originalAmountMc() - settlesMc;
    if (leftMc == 0) {
      block(json, customerId, new Block(terms, 0, 0, false), BlockStatus.EXHAUSTED);
    } else {
      block(json, customerId, new Block(terms, leftMc, 0, active));
    }
  }

  /** Writes the members of a ledger entry. */
  public static void entry(JsonWriter json, UUID customerId, LedgerEntry entry) {
    Reference reference = entry.reference();
    json.text("id", OwnedId.Kind.LEDGER_ENTRY.text(customerId, entry.number()))
        .text("customer_id", customerId.toString())
        .number("sequence", entry.sequence())
        .text("type", entry.type().wire())
        .number("delta", entry.delta())
        .number("balance_after", entry.balanceAfter())
        .number("reserved_after", entry.reservedAfter())
        .number("overage_after", entry.overageAfter());
    allocations(json, customerId, entry.allocations());
    json.objectOrNull("reference", reference, CreditsJson::reference)
        .text("reason", entry.reason())
        .texts("metadata", entry.metadata())
        .instant("created_at", entry.createdAt())
        .text("previous_hash", entry.previousHash())
        .text("hash", entry.hash());
  }

  /** Writes the blocks that an entry moved. */
  public static void allocations(JsonWriter json, UUID customerId, List<Allocation> allocations) {
    json.objects(
        "allocations", allocations, (each, allocation) -> allocation(each, customerId, allocation));
  }

  /** Writes the members of one block that an entry moved. */
  static void allocation(JsonWriter json, UUID customerId, Allocation allocation) {
    json.text("block_id", OwnedId.Kind.BLOCK.text(customerId, allocation.block()))
        .number("amount", allocation.amountMc());
  }

  /** Writes the members of what an entry is about. */
  static void reference(JsonWriter json, Reference reference) {
    json.text("type", reference.type()).text("id", reference.id());
  }
}
