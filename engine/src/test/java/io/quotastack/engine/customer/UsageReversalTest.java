package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.customer.CustomerCommand.ReverseUsage;
import io.quotastack.engine.customer.CustomerEvent.ReservationCaptured;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.customer.CustomerEvent.UsageReversed;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How usage is given back: to the blocks that paid, newest taken first, and to what is owed. */
class UsageReversalTest {
  private static final Instant EXPIRY = START.plusSeconds(60);

  private final Account account = Account.opened();

  private UsageRecorded used(long units) {
    UsageRecorded used = account.used(units);
    account.mark();
    return used;
  }

  // To blocks.

  @Test
  void a_reversal_gives_all_back_to_the_block_that_paid() {
    account.granted(100);
    UsageRecorded used = used(30);

    UsageReversed back = account.reversed(used, null);

    assertThat(account.ledger()).containsExactly("reverse 30 [2:30] = 100/0/0 usage 3 (unhappy)");
    assertThat(back.usage()).isEqualTo(3);
    assertThat(back.amountMc()).isEqualTo(30);
    assertThat(back.reversedMc()).isEqualTo(30);
    assertThat(back.refund()).isNull();
    assertThat(account.state.lifetimeConsumedMc()).isZero();
    assertThat(account.state.lifetimeGrantedMc()).as("is no grant").isEqualTo(100);
  }

  @Test
  void what_was_taken_last_comes_back_first_also_over_several_parts() {
    account.granted(100); // 2
    account.granted(50, EXPIRY.plusSeconds(1)); // 3
    account.granted(25, EXPIRY); // 4
    UsageRecorded used = used(160); // 4:25 3:50 2:85

    account.reversed(used, 60L);
    account.reversed(used, 30L);
    account.reversed(used, 1L);
    account.reversed(used, 45L);
    UsageReversed last = account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 60 [2:60] = 75/0/0 usage 5 (unhappy)",
            "reverse 30 [2:25 3:5] = 105/0/0 usage 5 (unhappy)",
            "reverse 1 [3:1] = 106/0/0 usage 5 (unhappy)",
            "reverse 45 [3:44 4:1] = 151/0/0 usage 5 (unhappy)",
            "reverse 24 [4:24] = 175/0/0 usage 5 (unhappy)");
    assertThat(last.reversedMc()).isEqualTo(160);
    assertThat(account.state.lifetimeConsumedMc()).isZero();
  }

  @Test
  void no_more_comes_back_than_was_paid() {
    account.granted(100);
    UsageRecorded used = used(30);

    assertField(account.reverse(3, 31L));
    account.reversed(used, 20L);
    assertField(account.reverse(3, 11L));
    account.reversed(used, 10L);
    assertField(account.reverse(3, 1L));
    assertField(account.reverse(3, null));
    assertThat(account.sums()).isEqualTo("100/0/0");
  }

  private void assertField(ReverseUsage reverse) {
    assertThat(account.refused(reverse))
        .isInstanceOfSatisfying(
            Refusal.InvalidField.class, field -> assertThat(field.pointer()).isEqualTo("/credits"));
  }

  @Test
  void usage_that_cost_nothing_can_not_be_given_back() {
    account.used(0);

    assertField(account.reverse(2, null));
  }

  @Test
  void each_usage_is_given_back_by_itself() {
    account.granted(100);
    UsageRecorded first = used(30);
    UsageRecorded second = used(40);

    account.reversed(second, 40L);
    account.reversed(first, 10L);

    assertField(account.reverse(4, 1L));
    assertField(account.reverse(3, 21L));
    assertThat(account.sums()).isEqualTo("80/0/0");
  }

  @Test
  void a_retry_of_a_reversal_gives_nothing_back_again() {
    account.granted(100);
    used(30);
    ReverseUsage reverse = account.reverse(3, 10L);
    account.done(reverse);

    assertThat(account.judge(reverse)).isEqualTo(new Outcome.Replayed(4));
    assertThat(account.sums()).isEqualTo("80/0/0");
  }

  @Test
  void what_is_given_back_can_be_used_and_given_back_again() {
    account.granted(100);
    account.reversed(used(100), null);
    UsageRecorded again = used(100);

    account.reversed(again, null);

    assertThat(account.sums()).isEqualTo("100/0/0");
    assertThat(account.state.lifetimeConsumedMc()).isZero();
  }

  @Test
  void a_block_that_was_used_up_comes_back_with_its_own_terms() {
    account.done(
        new CustomerCommand.GrantCredits(
            account.key(),
            null,
            100,
            BlockSource.PLAN,
            "first month",
            7,
            null,
            EXPIRY,
            null,
            Set.of("tokens"),
            new BigDecimal("5"),
            "EUR",
            Map.of("a", "b")));
    BlockTerms terms = account.termsOf(2);
    UsageRecorded used = used(100);
    assertThat(account.state.blocks().get(2)).isNull();

    account.reversed(used, 40L);

    assertThat(account.state.blocks().get(2)).isEqualTo(new Block(terms, 40, 0, true));
    assertThat(account.refused(account.use("images", BigDecimal.ONE, Map.of())))
        .isEqualTo(new Refusal.InsufficientCredits(1, 0));
    account.settleAt(EXPIRY);
    assertThat(account.ledger().getLast()).isEqualTo("expire -40 [2:40] = 0/0/0 block 2 (expired)");
  }

  @Test
  void given_back_credits_do_not_pay_overage() {
    account.granted(100);
    UsageRecorded used = used(100);
    account.allow();
    account.used(10);

    account.reversed(used, null);

    assertThat(account.sums()).isEqualTo("100/0/10");
  }

  // To blocks that have ended since.

  @ParameterizedTest
  @ValueSource(longs = {60, 61, 1_000_000})
  void what_belonged_to_a_block_that_has_expired_expires_at_once_and_says_so(long seconds) {
    account.granted(100, EXPIRY);
    UsageRecorded used = used(100);
    account.wall = START.plusSeconds(seconds);

    UsageReversed back = account.reversed(used, 30L);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 30 [2:30] = 30/0/0 usage 3 (unhappy)",
            "expire -30 [2:30] = 0/0/0 block 2 (expired)");
    assertThat(back.expiredMc()).isEqualTo(30);
    assertThat(back.voidedMc()).isZero();
    assertThat(account.events()).allMatch(event -> event.at().equals(account.wall));
    assertThat(account.state.blocks().size()).isZero();
    assertThat(account.state.lifetimeConsumedMc()).isEqualTo(70);
  }

  @Test
  void a_millisecond_before_the_block_expires_it_gets_its_credits_back() {
    account.granted(100, EXPIRY);
    UsageRecorded used = used(100);
    account.wall = EXPIRY.minusMillis(1);

    assertThat(account.reversed(used, null).expiredMc()).isZero();

    assertThat(account.sums()).isEqualTo("100/0/0");
  }

  @Test
  void only_what_belonged_to_the_expired_block_expires() {
    account.granted(100); // 2
    account.granted(50, EXPIRY); // 3
    UsageRecorded used = used(80); // 3:50 2:30
    account.wall = EXPIRY;

    UsageReversed back = account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 80 [2:30 3:50] = 150/0/0 usage 4 (unhappy)",
            "expire -50 [3:50] = 100/0/0 block 3 (expired)");
    assertThat(back.expiredMc()).isEqualTo(50);
  }

  @Test
  void what_belonged_to_a_voided_block_is_taken_back_at_once() {
    account.granted(100);
    UsageRecorded used = used(40);
    account.done(account.voiding(2));
    account.mark();

    UsageReversed back = account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 40 [2:40] = 40/0/0 usage 3 (unhappy)",
            "void -40 [2:40] = 0/0/0 block 2 (voided)");
    assertThat(back.voidedMc()).isEqualTo(40);
    assertThat(back.expiredMc()).isZero();
  }

  @Test
  void a_block_that_was_voided_and_would_have_expired_since_counts_as_voided() {
    account.granted(100, EXPIRY);
    UsageRecorded used = used(40);
    account.done(account.voiding(2));
    account.wall = EXPIRY.plusSeconds(1);
    account.mark();

    UsageReversed back = account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 40 [2:40] = 40/0/0 usage 3 (unhappy)",
            "void -40 [2:40] = 0/0/0 block 2 (voided)");
    assertThat(back.voidedMc()).isEqualTo(40);
  }

  @Test
  void what_a_hold_pins_of_an_expired_block_is_not_touched_by_what_comes_back_to_it() {
    account.granted(100, EXPIRY);
    UsageRecorded used = used(30);
    long reservation = account.reservedCredits(50);
    account.settleAt(EXPIRY);
    assertThat(account.sums()).isEqualTo("50/50/0");
    account.mark();

    account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 30 [2:30] = 80/50/0 usage 3 (unhappy)",
            "expire -30 [2:30] = 50/50/0 block 2 (expired)");
    assertThat(account.captured(account.commit(reservation)).costMc()).isEqualTo(50);
    assertThat(account.sums()).isEqualTo("0/0/0");
  }

  @Test
  void what_a_hold_pins_of_a_voided_block_is_not_touched_by_what_comes_back_to_it() {
    account.granted(100);
    UsageRecorded used = used(30);
    account.reservedCredits(50);
    account.done(account.voiding(2));
    account.mark();

    account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 30 [2:30] = 80/50/0 usage 3 (unhappy)",
            "void -30 [2:30] = 50/50/0 block 2 (voided)");
  }

  // Of overage.

  @Test
  void overage_that_is_still_owed_is_given_back_before_the_blocks_are() {
    account.granted(40);
    account.allow();
    UsageRecorded used = used(100);

    UsageReversed back = account.reversed(used, 70L);

    assertThat(account.ledger()).containsExactly("reverse 10 [2:10] = 10/0/0 usage 3 (unhappy)");
    assertThat(back.amountMc()).isEqualTo(70);
    assertThat(back.overageMc()).isEqualTo(60);
    assertThat(back.refund()).isNull();
    assertThat(account.state.lifetimeConsumedMc()).isEqualTo(30);
  }

  @Test
  void overage_and_blocks_are_given_back_in_parts_without_a_gap() {
    account.granted(40);
    account.allow();
    UsageRecorded used = used(100);

    account.reversed(used, 50L);
    account.reversed(used, 20L);
    account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 0 [] = 0/0/10 usage 3 (unhappy)",
            "reverse 10 [2:10] = 10/0/0 usage 3 (unhappy)",
            "reverse 30 [2:30] = 40/0/0 usage 3 (unhappy)");
    assertField(account.reverse(3, 1L));
  }

  @Test
  void overage_that_a_grant_has_paid_comes_back_as_a_block() {
    account.granted(40);
    account.allow();
    UsageRecorded used = used(100);
    account.granted(60); // 5, settled in 6
    account.mark();

    UsageReversed back = account.reversed(used, 70L);

    assertThat(account.ledger())
        .containsExactly("reverse 70 [7:60 2:10] = 70/0/0 usage 3 (unhappy)");
    BlockTerms refund = Objects.requireNonNull(back.refund());
    assertThat(refund).isEqualTo(account.termsOf(7));
    assertThat(refund.source()).isEqualTo(BlockSource.REFUND);
    assertThat(refund.originalAmountMc()).isEqualTo(60);
    assertThat(refund.priority()).isZero();
    assertThat(refund.expiresAt()).isNull();
    assertThat(refund.metricKeys()).isNull();
    assertThat(refund.paid()).isFalse();
    assertThat(back.overageMc()).isZero();
  }

  @Test
  void overage_that_is_paid_in_part_comes_back_in_both_ways() {
    account.granted(40);
    account.allow();
    UsageRecorded used = used(100);
    account.granted(50); // 5, settled in 6
    account.mark();

    UsageReversed back = account.reversed(used, null);

    assertThat(account.ledger())
        .containsExactly("reverse 90 [7:50 2:40] = 90/0/0 usage 3 (unhappy)");
    assertThat(back.overageMc()).isEqualTo(10);
    assertThat(account.state.lifetimeConsumedMc()).isZero();
  }

  @Test
  void what_is_owed_goes_first_though_other_usage_has_run_it_up() {
    account.allow();
    UsageRecorded first = used(60); // 2, 3
    account.granted(60); // 4, 5
    account.used(25); // 6, 7
    account.mark();

    UsageReversed back = account.reversed(first, null);

    assertThat(account.ledger()).containsExactly("reverse 35 [8:35] = 35/0/0 usage 2 (unhappy)");
    assertThat(back.overageMc()).isEqualTo(25);
  }

  @Test
  void invoiced_overage_that_was_cleared_comes_back_as_a_block() {
    account.allow().invoice("UTC");
    UsageRecorded used = used(60); // 2, 3
    account.settleAt(Instant.parse("2026-02-01T00:00:00Z")); // 4
    account.mark();

    account.reversed(used, null);

    assertThat(account.ledger()).containsExactly("reverse 60 [5:60] = 60/0/0 usage 2 (unhappy)");
  }

  @Test
  void invoiced_overage_that_was_given_back_before_the_end_of_the_month_is_not_cleared() {
    account.allow().invoice("UTC");
    UsageRecorded used = used(60);
    account.reversed(used, null);
    account.mark();

    account.settleAt(Instant.parse("2026-03-01T00:00:00Z"));

    assertThat(account.ledger()).isEmpty();
  }

  @Test
  void invoiced_overage_that_was_given_back_in_part_is_cleared_as_far_as_it_is_left() {
    account.allow().invoice("UTC");
    UsageRecorded used = used(60);
    account.reversed(used, 45L);
    account.settleAt(Instant.parse("2026-02-01T00:00:00Z"));

    assertThat(account.ledger())
        .containsExactly(
            "reverse 0 [] = 0/0/15 usage 2 (unhappy)", "settle 0 [] = 0/0/0 (invoice)");
  }

  @Test
  void of_overage_of_both_kinds_what_the_next_grant_would_pay_goes_first() {
    account.allow().invoice("UTC");
    UsageRecorded invoiced = used(60);
    account.nextGrant();
    account.used(25);

    account.reversed(invoiced, 30L);

    assertThat(account.state.overage().nextGrantMc()).isZero();
    assertThat(account.state.overage().invoiceMc()).isEqualTo(55);
  }

  @Test
  void a_refund_beyond_the_range_is_refused() {
    account.allow();
    UsageRecorded used = used(10);
    account.granted(Amounts.MAX_MC);

    assertThat(account.refused(account.reverse(account.numberOf(used), null)))
        .isInstanceOf(Refusal.AmountOutOfRange.class);
    assertThat(account.sums()).isEqualTo("9007199254740981/0/0");
  }

  @Test
  void what_comes_back_to_blocks_is_never_beyond_the_range() {
    account.granted(Amounts.MAX_MC);
    UsageRecorded used = used(Amounts.MAX_MC);

    account.reversed(used, null);

    assertThat(account.state.balanceMc()).isEqualTo(Amounts.MAX_MC);
  }

  // Of a capture.

  @Test
  void a_capture_is_usage_and_can_be_given_back() {
    account.granted(100); // 2
    account.granted(50, EXPIRY); // 3
    long reservation = account.reserved(70); // 4, 3:50 2:20
    ReservationCaptured captured = account.captured(account.commit(reservation, 90)); // 5
    account.mark();

    account.reversed(captured, 45L);
    account.reversed(captured, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 45 [2:40 3:5] = 105/0/0 usage 5 (unhappy)",
            "reverse 45 [3:45] = 150/0/0 usage 5 (unhappy)");
    assertThat(account.state.lifetimeConsumedMc()).isZero();
  }

  @Test
  void a_capture_that_is_given_back_leaves_its_reservation_as_it_is() {
    account.granted(100);
    long reservation = account.reserved(70);
    ReservationCaptured captured = account.captured(account.part(reservation, "30"));

    account.reversed(captured, null);

    assertThat(account.sums()).isEqualTo("100/40/0");
    assertThat(account.reservation(reservation).capturedMc()).isEqualTo(30);
    assertThat(account.captured(account.commit(reservation)).costMc()).isEqualTo(40);
  }

  @Test
  void a_capture_of_what_was_held_of_an_expired_block_expires_when_it_is_given_back() {
    account.granted(100, EXPIRY);
    long reservation = account.reserved(70);
    account.settleAt(EXPIRY);
    ReservationCaptured captured = account.captured(account.commit(reservation));
    account.mark();

    UsageReversed back = account.reversed(captured, null);

    assertThat(account.ledger())
        .containsExactly(
            "reverse 70 [2:70] = 70/0/0 usage 5 (unhappy)",
            "expire -70 [2:70] = 0/0/0 block 2 (expired)");
    assertThat(back.expiredMc()).isEqualTo(70);
  }

  @Test
  void a_capture_into_overage_is_given_back_from_the_overage_on() {
    account.granted(100);
    account.allow();
    long reservation = account.reserved(70);
    ReservationCaptured captured = account.captured(account.commit(reservation, 120));
    account.mark();

    account.reversed(captured, 50L);

    assertThat(account.ledger()).containsExactly("reverse 30 [2:30] = 30/0/0 usage 4 (unhappy)");
  }

  // What stays.

  @Test
  void units_that_were_counted_stay_counted() {
    account.granted(100);
    account.reversed(used(30), null);

    assertThat(account.state.unitsInPeriod("tokens", START)).isEqualByComparingTo("30");
  }

  @Test
  void a_reversal_names_a_customer_who_exists() {
    var reverse =
        new ReverseUsage(account.key(), 3, "tokens", null, "unhappy", 5, 0, List.of(), List.of());

    assertThat(new Account().refused(reverse)).isEqualTo(new Refusal.CustomerNotFound());
  }
}
