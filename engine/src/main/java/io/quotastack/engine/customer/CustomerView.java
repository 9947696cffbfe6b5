package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.entitlements.Entitlement;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.topups.AutoTopup;
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
  @JsonSubTypes.Type(value = CustomerView.BlockFates.class, name = "block_fates"),
  @JsonSubTypes.Type(value = CustomerView.Timeline.class, name = "timeline"),
  @JsonSubTypes.Type(value = CustomerView.ActiveReservation.class, name = "active_reservation"),
  @JsonSubTypes.Type(value = CustomerView.ReservationPage.class, name = "reservation_page"),
  @JsonSubTypes.Type(value = CustomerView.Topups.class, name = "topups"),
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
      implements CustomerView {

    /** The same account, of a customer of that name: before its creation it had none yet. */
    public Credits named(@Nullable String externalId) {
      return new Credits(
          externalId, balances, lifetimeGrantedMc, lifetimeConsumedMc, version, blocks);
    }
  }

  /** Some blocks, and whether more follow. */
  record BlockPage(List<Block> blocks, boolean hasMore) implements CustomerView {}

  /** The answer of an entitlement check. */
  record Checked(
      @Nullable String externalId,
      Entitlement entitlement,
      Balances balances,
      OveragePolicy overagePolicy)
      implements CustomerView {}

  /**
   * What became of blocks.
   *
   * @param live those of them that are live
   * @param voided the numbers of those that were taken back
   */
  record BlockFates(List<Block> live, List<Long> voided) implements CustomerView {}

  /** What time will do next, in order. */
  record Timeline(List<Next> next) implements CustomerView {}

  /**
   * Something that time will do.
   *
   * @param due when, what, and to which block or reservation
   * @param amountMc how many credits it is about as things are; null = it is about none
   */
  record Next(Due due, @Nullable Long amountMc) {}

  /** An active reservation; null = it has ended, or there never was one. */
  record ActiveReservation(
      @Nullable String externalId, @Nullable Reservation reservation, Balances balances)
      implements CustomerView {}

  /** Some active reservations, and whether more follow. */
  record ReservationPage(
      @Nullable String externalId, List<Reservation> reservations, boolean hasMore)
      implements CustomerView {}

  /** When a topup is asked for; null = never. */
  record Topups(@Nullable String externalId, @Nullable AutoTopup autoTopup)
      implements CustomerView {}

  /** The end of the ledger, and the journal event that stands behind it. */
  record LedgerHead(long entries, String hash, long balanceMc, long version)
      implements CustomerView {}

  /** The sums of an account, in mc. */
  record Balances(long balanceMc, long reservedMc, long overageMc) {
    /** After that much was lost by blocks. */
    public Balances losing(long amountMc) {
      return new Balances(balanceMc - amountMc, reservedMc, overageMc);
    }

    /** After that much overage was booked. */
    public Balances owing(long amountMc) {
      return new Balances(balanceMc, reservedMc, overageMc + amountMc);
    }

    /** After that much overage was paid by a block. */
    public Balances settling(long amountMc) {
      return new Balances(balanceMc - amountMc, reservedMc, overageMc - amountMc);
    }

    /** What is left to spend or hold. */
    public long effectiveMc() {
      return balanceMc - reservedMc;
    }
  }
}
