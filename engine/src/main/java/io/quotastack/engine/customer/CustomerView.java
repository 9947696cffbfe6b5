package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.entitlements.Entitlement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a customer answers to a query: its durable state at that instant, what is due included. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "view")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CustomerView.NotFound.class, name = "not_found"),
  @JsonSubTypes.Type(value = CustomerView.Customer.class, name = "customer"),
  @JsonSubTypes.Type(value = CustomerView.Credits.class, name = "credits"),
  @JsonSubTypes.Type(value = CustomerView.BlockPage.class, name = "block_page"),
  @JsonSubTypes.Type(value = CustomerView.Checked.class, name = "checked"),
  @JsonSubTypes.Type(value = CustomerView.LedgerHead.class, name = "ledger_head")
})
public sealed interface CustomerView {
  /** There is no such customer. */
  record NotFound() implements CustomerView {}

  /** Who the customer is. */
  record Customer(Profile profile, long version) implements CustomerView {}

  /** The account, in mc; {@code blocks} is null if they were not asked for. */
  record Credits(
      @Nullable String externalId,
      Balances balances,
      long lifetimeGrantedMc,
      long lifetimeConsumedMc,
      long version,
      @Nullable List<Block> blocks)
      implements CustomerView {}

  /** Some blocks, and whether more follow. */
  record BlockPage(List<Block> blocks, boolean hasMore) implements CustomerView {}

  /** The answer of an entitlement check. */
  record Checked(@Nullable String externalId, Entitlement entitlement, Balances balances)
      implements CustomerView {}

  /** The end of the ledger, and the journal event that stands behind it. */
  record LedgerHead(long entries, String hash, long balanceMc, long version)
      implements CustomerView {}

  /** The sums of an account, in mc. */
  record Balances(long balanceMc, long reservedMc, long overageMc) {
    /** What is left to spend or hold. */
    public long effectiveMc() {
      return balanceMc - reservedMc;
    }
  }
}
