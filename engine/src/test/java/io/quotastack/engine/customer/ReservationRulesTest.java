package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.customer.CustomerCommand.Commit;
import io.quotastack.engine.customer.CustomerCommand.Release;
import io.quotastack.engine.customer.CustomerCommand.Reserve;
import io.quotastack.engine.customer.CustomerEvent.CreditsReserved;
import io.quotastack.engine.customer.CustomerEvent.OverageBooked;
import io.quotastack.engine.customer.CustomerEvent.ReservationCaptured;
import io.quotastack.engine.customer.CustomerEvent.ReservationExtended;
import io.quotastack.engine.customer.CustomerEvent.ReservationReleased;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationStatus;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How credits are pinned for work under way, paid when it is done, or let go. */
class ReservationRulesTest {
  private final Account account = Account.opened();

  private static MeteringRule rule(int version, Price price, Rounding rounding) {
    return new MeteringRule(
        "rul_" + version,
        "tokens",
        version,
        price,
        TierScope.EVENT,
        List.of(),
        rounding,
        START,
        START);
  }

  private static Price perUnit(String unitCost) {
    return new Price.PerUnit(new BigDecimal(unitCost));
  }

  // Reserving.

  @Test
  void a_reservation_lowers_what_can_be_spent_but_not_the_balance() {
    account.granted(100);
    account.mark();

    var reserved = (CreditsReserved) account.done(account.reserve(60));

    assertThat(account.ledger()).containsExactly("hold 0 [2:60] = 100/60/0 reservation 3");
    assertThat(account.state.balanceMc()).isEqualTo(100);
    assertThat(account.state.effectiveBalanceMc()).isEqualTo(40);
    assertThat(account.state.lifetimeConsumedMc()).isZero();
    Reservation reservation = reserved.reservation();
    assertThat(reservation.status()).isEqualTo(ReservationStatus.ACTIVE);
    assertThat(reservation.held()).containsExactly(new Allocation(2, 60));
    assertThat(reservation.expiresAt()).isEqualTo(START.plusSeconds(300));
    assertThat(reservation.terms().number()).isEqualTo(3);
    assertThat(reservation.terms().estimatedUnits()).isEqualTo("60");
    assertThat(reservation.terms().reservedMc()).isEqualTo(60);
    assertThat(reservation.terms().ruleId()).isEqualTo("rul_1");
    assertThat(reservation.terms().ruleVersion()).isEqualTo(1);
    assertThat(reservation.terms().createdAt()).isEqualTo(START);
    assertThat(account.reservation(3)).isEqualTo(reservation);
    assertThat(account.state.unitsInPeriod("tokens", START)).isEqualByComparingTo("0");
  }

  @Test
  void a_hold_pins_blocks_in_burn_order() {
    account.done(Customers.grant("a", 10, 0, null)); // 2
    account.done(Customers.grant("b", 10, 9, START.plusSeconds(900))); // 3
    account.grantedFor("images", 10); // 4
    account.grantedFor("tokens", 10, START.plusSeconds(1_000)); // 5

    long expiryFirst = account.reserved(12);
    assertThat(account.reservation(expiryFirst).held())
        .containsExactly(new Allocation(3, 10), new Allocation(5, 2));
    account.done(account.release(expiryFirst));
    account.burning(BurnOrder.PRIORITY_FIRST);
    assertThat(account.reservation(account.reserved(25)).held())
        .containsExactly(new Allocation(5, 10), new Allocation(2, 10), new Allocation(3, 5));
  }

  @Test
  void credits_as_such_pin_only_blocks_that_pay_for_anything() {
    account.granted(10);
    account.grantedFor("tokens", 90);

    assertThat(account.refused(account.reserveCredits(11)))
        .isEqualTo(new Refusal.InsufficientCredits(11, 10));
    long reservation = account.reservedCredits(10);

    assertThat(account.reservation(reservation).held()).containsExactly(new Allocation(2, 10));
    assertThat(account.reservation(reservation).terms().metricKey()).isNull();
    assertThat(account.reservation(reservation).terms().ruleVersion()).isNull();
    assertThat(account.reservation(reservation).quote()).isNull();
  }

  @Test
  void what_is_held_can_be_neither_spent_nor_held_again() {
    account.granted(100);
    account.reserved(60);

    assertThat(account.refused(account.use(41))).isEqualTo(new Refusal.InsufficientCredits(41, 40));
    assertThat(account.refused(account.reserve(41)))
        .isEqualTo(new Refusal.InsufficientCredits(41, 40));
    account.used(25);
    account.reserved(15);
    assertThat(account.sums()).isEqualTo("75/75/0");
  }

  @Test
  void a_hold_never_goes_into_overage() {
    account.granted(10);
    account.allow();

    assertThat(account.refused(account.reserve(11)))
        .isEqualTo(new Refusal.InsufficientCredits(11, 10));
    assertThat(account.refused(account.reserveCredits(11)))
        .isEqualTo(new Refusal.InsufficientCredits(11, 10));
    account.reserved(10);
  }

  @Test
  void reserving_needs_a_customer_a_rule_and_a_price() {
    assertThat(new Account().refused(account.reserve(1))).isEqualTo(new Refusal.CustomerNotFound());
    account.granted(100);
    account.rule = null;
    assertThat(account.refused(account.reserve(1))).isEqualTo(new Refusal.NoMeteringRule("tokens"));
    account.rule = byModel();
    assertThat(account.refused(account.reserve(1))).isEqualTo(new Refusal.NoPrice("tokens"));
    assertThat(account.sums()).isEqualTo("100/0/0");
  }

  @Test
  void a_reservation_that_costs_nothing_holds_nothing() {
    account.rule = rule(1, perUnit("0"), Rounding.UP);

    long reservation = account.reserved(5);

    assertThat(account.ledger().getLast()).isEqualTo("hold 0 [] = 0/0/0 reservation 2");
    assertThat(account.captured(account.commit(reservation)).costMc()).isZero();
  }

  @Test
  void an_estimate_beyond_the_range_is_refused() {
    account.granted(100);

    assertThat(account.refused(account.reserve(Amounts.MAX_MC + 1)))
        .isInstanceOf(Refusal.AmountOutOfRange.class);
  }

  @Test
  void a_retry_of_a_reservation_holds_nothing_again() {
    account.granted(100);
    Reserve command = account.reserve(60);
    account.done(command);

    assertThat(account.judge(command)).isEqualTo(new Outcome.Replayed(3));
    assertThat(account.sums()).isEqualTo("100/60/0");
  }

  // Committing.

  @Test
  void a_commit_of_the_estimate_takes_what_was_held() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.mark();

    ReservationCaptured captured = account.captured(account.commit(reservation));

    assertThat(account.ledger()).containsExactly("capture -60 [2:60] = 40/0/0 reservation 3");
    assertThat(captured.costMc()).isEqualTo(60);
    assertThat(captured.units()).isEqualByComparingTo("60");
    assertThat(captured.returned()).isEmpty();
    assertThat(captured.fromFree()).isEmpty();
    assertThat(captured.reservation().status()).isEqualTo(ReservationStatus.COMMITTED);
    assertThat(captured.reservation().capturedMc()).isEqualTo(60);
    assertThat(captured.reservation().held()).isEmpty();
    assertThat(account.state.reservations().size()).isZero();
    assertThat(account.state.lifetimeConsumedMc()).isEqualTo(60);
    assertThat(account.state.unitsInPeriod("tokens", START)).isEqualByComparingTo("60");
  }

  @Test
  void of_a_commit_of_less_the_rest_returns_in_the_same_entry() {
    account.granted(100); // 2
    account.granted(50, START.plusSeconds(900)); // 3
    long reservation = account.reserved(80); // 4: 3:50 2:30
    account.mark();

    ReservationCaptured captured = account.captured(account.commit(reservation, 20));

    assertThat(account.ledger()).containsExactly("capture -20 [3:20] = 130/0/0 reservation 4");
    assertThat(captured.returned()).containsExactly(new Allocation(3, 30), new Allocation(2, 30));
    assertThat(account.state.effectiveBalanceMc()).isEqualTo(130);
  }

  @Test
  void a_commit_of_nothing_returns_all() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.mark();

    account.captured(account.commitCredits(reservation, 0));

    assertThat(account.ledger()).containsExactly("capture 0 [] = 100/0/0 reservation 3");
  }

  @Test
  void a_commit_of_more_takes_the_rest_from_free_blocks_in_burn_order() {
    account.granted(100); // 2
    account.granted(50, START.plusSeconds(900)); // 3
    long reservation = account.reserved(40); // 4: 3:40
    account.granted(5, START.plusSeconds(800)); // 5
    account.mark();

    ReservationCaptured captured = account.captured(account.commit(reservation, 75));

    assertThat(account.ledger())
        .containsExactly("capture -75 [3:50 5:5 2:20] = 80/0/0 reservation 4");
    assertThat(captured.fromHeld()).containsExactly(new Allocation(3, 40));
    assertThat(captured.fromFree())
        .containsExactly(new Allocation(5, 5), new Allocation(3, 10), new Allocation(2, 20));
  }

  @Test
  void a_commit_never_takes_what_another_reservation_holds() {
    account.granted(100);
    account.reserved(50);
    long reservation = account.reserved(30);

    assertThat(account.refused(account.commit(reservation, 51)))
        .isEqualTo(new Refusal.InsufficientCredits(51, 50));
    account.captured(account.commit(reservation, 50));

    assertThat(account.sums()).isEqualTo("50/50/0");
  }

  @Test
  void the_excess_of_credits_as_such_is_not_paid_by_blocks_for_some_metric() {
    account.granted(50);
    account.grantedFor("tokens", 50);
    long reservation = account.reservedCredits(40);

    assertThat(account.refused(account.commitCredits(reservation, 51)))
        .isEqualTo(new Refusal.InsufficientCredits(51, 50));
  }

  @Test
  void the_excess_of_a_metric_is_paid_by_blocks_for_it() {
    account.granted(50);
    account.grantedFor("images", 50);
    account.grantedFor("tokens", 50);
    long reservation = account.reserved(40);

    account.captured(account.commit(reservation, 100));

    assertThat(account.sums()).isEqualTo("50/0/0");
  }

  @Test
  void a_refused_commit_leaves_the_reservation_active() {
    account.granted(100);
    long reservation = account.reserved(60);
    Reservation before = account.reservation(reservation);

    assertThat(account.refused(account.commit(reservation, 101)))
        .isEqualTo(new Refusal.InsufficientCredits(101, 100));

    assertThat(account.reservation(reservation)).isEqualTo(before);
    assertThat(account.sums()).isEqualTo("100/60/0");
    account.captured(account.commit(reservation, 100));
  }

  @Test
  void under_allow_the_excess_goes_into_overage_as_usage() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.allow(30);
    account.mark();
    assertThat(account.refused(account.commit(reservation, 131)))
        .isEqualTo(new Refusal.InsufficientCredits(131, 130));

    ReservationCaptured captured = account.captured(account.commit(reservation, 130));

    assertThat(account.ledger())
        .containsExactly(
            "capture -100 [2:100] = 0/0/0 reservation 3", "overage 0 [] = 0/0/30 usage 4");
    assertThat(captured.costMc()).isEqualTo(130);
    assertThat(captured.overageMc()).isEqualTo(30);
    assertThat(account.state.lifetimeConsumedMc()).isEqualTo(130);
  }

  @Test
  void under_allow_the_excess_of_credits_as_such_is_about_the_reservation() {
    account.granted(100);
    long reservation = account.reservedCredits(60);
    account.allow();
    account.mark();

    account.captured(account.commitCredits(reservation, 130));

    assertThat(account.ledger())
        .containsExactly(
            "capture -100 [2:100] = 0/0/0 reservation 3", "overage 0 [] = 0/0/30 reservation 3");
  }

  @Test
  void under_notify_the_excess_tells_when_overage_starts() {
    account.granted(60);
    account.tell(100L);
    long reservation = account.reserved(60);

    account.captured(account.commit(reservation, 61));

    assertThat(((OverageBooked) account.journal.getLast()).webhook()).isPositive();
  }

  @Test
  void the_excess_follows_the_policy_of_the_moment_of_the_commit() {
    account.granted(60);
    account.allow();
    long reservation = account.reserved(60);
    account.blockWithCap(100);

    assertThat(account.refused(account.commit(reservation, 61)))
        .isEqualTo(new Refusal.InsufficientCredits(61, 60));
  }

  @Test
  void what_was_reserved_can_be_committed_whatever_is_owed() {
    account.granted(60);
    long reservation = account.reserved(60);
    account.allow();
    account.used(1_000);
    account.allow(10);

    account.captured(account.commit(reservation));

    assertThat(account.sums()).isEqualTo("0/0/1000");
  }

  @Test
  void a_commit_beyond_the_range_is_refused_and_leaves_the_reservation_active() {
    account.granted(100);
    account.allow();
    long reservation = account.reserved(60);

    assertThat(account.refused(account.commit(reservation, Amounts.MAX_MC + 1)))
        .isInstanceOf(Refusal.AmountOutOfRange.class);
    assertThat(account.reservation(reservation).heldMc()).isEqualTo(60);
  }

  @Test
  void a_retry_of_a_commit_takes_nothing_again() {
    account.granted(100);
    Commit command = account.commit(account.reserved(60), 50);
    account.done(command);

    assertThat(account.judge(command)).isEqualTo(new Outcome.Replayed(4));
    assertThat(account.sums()).isEqualTo("50/0/0");
  }

  // Capturing in parts.

  @Test
  void parts_keep_the_rest_held_until_the_last() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.mark();

    account.captured(account.part(reservation, "10"));
    ReservationCaptured second = account.captured(account.part(reservation, "15"));
    assertThat(second.reservation().status()).isEqualTo(ReservationStatus.ACTIVE);
    assertThat(second.reservation().capturedMc()).isEqualTo(25);
    assertThat(second.reservation().capturedUnits()).isEqualByComparingTo("25");
    assertThat(second.reservation().heldMc()).isEqualTo(35);
    assertThat(second.costMc()).isEqualTo(15);
    account.captured(account.commit(reservation, 5));

    assertThat(account.ledger())
        .containsExactly(
            "capture -10 [2:10] = 90/50/0 reservation 3",
            "capture -15 [2:15] = 75/35/0 reservation 3",
            "capture -5 [2:5] = 70/0/0 reservation 3");
    assertThat(account.state.unitsInPeriod("tokens", START)).isEqualByComparingTo("30");
  }

  @Test
  void parts_take_what_is_pinned_in_its_order() {
    account.granted(100); // 2
    account.granted(30, START.plusSeconds(900)); // 3
    account.granted(10, START.plusSeconds(800)); // 4
    long reservation = account.reserved(60); // 5: 4:10 3:30 2:20
    account.mark();

    account.captured(account.part(reservation, "5"));
    account.captured(account.part(reservation, "10"));
    account.captured(account.part(reservation, "25"));
    account.captured(account.commit(reservation, 1));

    assertThat(account.ledger())
        .containsExactly(
            "capture -5 [4:5] = 135/55/0 reservation 5",
            "capture -10 [4:5 3:5] = 125/45/0 reservation 5",
            "capture -25 [3:25] = 100/20/0 reservation 5",
            "capture -1 [2:1] = 99/0/0 reservation 5");
  }

  @Test
  void a_final_commit_that_does_not_say_is_for_what_is_left_of_the_estimate() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.captured(account.part(reservation, "45"));

    ReservationCaptured last = account.captured(account.commit(reservation));

    assertThat(last.units()).isEqualByComparingTo("15");
    assertThat(last.costMc()).isEqualTo(15);
  }

  @Test
  void after_more_than_the_estimate_a_final_commit_that_does_not_say_is_for_nothing() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.captured(account.part(reservation, "75"));

    ReservationCaptured last = account.captured(account.commit(reservation));

    assertThat(last.units()).isEqualByComparingTo("0");
    assertThat(last.costMc()).isZero();
    assertThat(account.sums()).isEqualTo("25/0/0");
  }

  @Test
  void of_credits_as_such_a_final_commit_that_does_not_say_is_for_what_is_still_held() {
    account.granted(100);
    long reservation = account.reservedCredits(60);
    account.captured(account.partCredits(reservation, 45));

    ReservationCaptured last = account.captured(account.commit(reservation));

    assertThat(last.costMc()).isEqualTo(15);
    assertThat(last.units()).isNull();
    assertThat(last.metricKey()).isNull();
  }

  @Test
  void a_part_beyond_what_is_held_goes_on_in_free_blocks_and_stays_active_with_nothing_held() {
    account.granted(100);
    long reservation = account.reserved(30);
    account.mark();

    account.captured(account.part(reservation, "40"));
    account.captured(account.part(reservation, "5"));
    account.captured(account.commit(reservation, 5));

    assertThat(account.ledger())
        .containsExactly(
            "capture -40 [2:40] = 60/0/0 reservation 3",
            "capture -5 [2:5] = 55/0/0 reservation 3",
            "capture -5 [2:5] = 50/0/0 reservation 3");
  }

  @Test
  void a_part_says_what_it_is_for() {
    account.granted(100);
    long reservation = account.reserved(30);
    var silent =
        new Commit(account.key(), reservation, null, null, false, account.policy, Map.of());

    assertThat(account.refused(silent)).isInstanceOf(Refusal.InvalidField.class);
    assertThat(account.reservation(reservation).heldMc()).isEqualTo(30);
  }

  @Test
  void units_of_credits_as_such_are_refused() {
    account.granted(100);
    long reservation = account.reservedCredits(30);

    assertThat(account.refused(account.commit(reservation, 5)))
        .isInstanceOfSatisfying(
            Refusal.InvalidField.class,
            field -> assertThat(field.pointer()).isEqualTo("/actual_units"));
  }

  @Test
  void credits_of_a_metric_are_charged_as_they_are_and_count_no_units() {
    account.granted(100);
    account.rule = rule(1, perUnit("3"), Rounding.UP);
    long reservation = account.reserved(20);

    ReservationCaptured part = account.captured(account.partCredits(reservation, 7));
    assertThat(part.units()).isNull();
    assertThat(part.metricKey()).isEqualTo("tokens");
    ReservationCaptured last = account.captured(account.commit(reservation, 5));

    assertThat(last.costMc()).as("the units cost what they cost").isEqualTo(15);
    assertThat(account.state.unitsInPeriod("tokens", START)).isEqualByComparingTo("5");
    assertThat(last.reservation().capturedMc()).isEqualTo(22);
    assertThat(last.reservation().chargedForUnitsMc()).isEqualTo(15);
  }

  // What captures cost.

  @ParameterizedTest
  @CsvSource({
    // rounding, unit cost, units of each of ten parts, what they cost in sum
    "UP, 0.6, 0.5, 3",
    "UP, 0.6, 1, 6",
    "UP, 0.61, 1, 7",
    "HALF_UP, 0.45, 1, 5",
    "HALF_UP, 0.44, 1, 4",
    "DOWN, 0.99, 1, 9",
    "DOWN, 0.01, 1, 0",
    "UP, 0.01, 1, 1",
  })
  void parts_cost_in_sum_what_one_would(
      Rounding rounding, String unitCost, String units, long sumMc) {
    account.granted(100);
    account.rule = rule(1, perUnit(unitCost), rounding);
    long reservation = account.reserved(20);
    long costMc = 0;

    for (int i = 0; i < 9; i++) {
      costMc += account.captured(account.part(reservation, units)).costMc();
    }
    costMc +=
        account
            .captured(
                new Commit(
                    account.key(),
                    reservation,
                    new BigDecimal(units),
                    null,
                    true,
                    account.policy,
                    Map.of()))
            .costMc();

    assertThat(costMc).isEqualTo(sumMc);
    assertThat(account.sums()).isEqualTo((100 - sumMc) + "/0/0");
  }

  @Test
  void graduated_parts_go_on_where_the_part_before_ended() {
    account.granted(1_000);
    account.rule =
        rule(
            1,
            new Price.Graduated(
                List.of(
                    new Tier(BigDecimal.TEN, new BigDecimal("5"), BigDecimal.ZERO),
                    new Tier(null, BigDecimal.ONE, BigDecimal.ZERO))),
            Rounding.UP);
    long reservation = account.reserved(20);
    assertThat(account.reservation(reservation).heldMc()).isEqualTo(60);

    assertThat(account.captured(account.part(reservation, "8")).costMc()).isEqualTo(40);
    assertThat(account.captured(account.part(reservation, "8")).costMc()).isEqualTo(16);
    assertThat(account.captured(account.commit(reservation)).costMc()).isEqualTo(4);
  }

  @Test
  void a_price_by_volume_that_falls_gives_nothing_back_and_costs_nothing_more_until_it_has_risen() {
    account.granted(1_000);
    account.rule =
        rule(
            1,
            new Price.Tiered(
                List.of(
                    new Tier(BigDecimal.TEN, new BigDecimal("10"), BigDecimal.ZERO),
                    new Tier(null, new BigDecimal("5"), BigDecimal.ZERO))),
            Rounding.UP);
    long reservation = account.reserved(30);
    assertThat(account.reservation(reservation).heldMc()).isEqualTo(150);

    assertThat(account.captured(account.part(reservation, "10")).costMc()).isEqualTo(100);
    assertThat(account.captured(account.part(reservation, "1")).costMc()).isZero();
    assertThat(account.captured(account.part(reservation, "9")).costMc()).isZero();
    assertThat(account.captured(account.part(reservation, "1")).costMc()).isEqualTo(5);
    assertThat(account.captured(account.commit(reservation)).costMc()).isEqualTo(45);
  }

  @Test
  void a_flat_price_is_paid_once_however_many_parts() {
    account.granted(1_000);
    account.rule = rule(1, new Price.Flat(new BigDecimal("20")), Rounding.UP);
    long reservation = account.reserved(5);

    assertThat(account.captured(account.part(reservation, "1")).costMc()).isEqualTo(20);
    assertThat(account.captured(account.part(reservation, "100")).costMc()).isZero();
    assertThat(account.captured(account.commit(reservation)).costMc()).isZero();
    assertThat(account.sums()).isEqualTo("980/0/0");
  }

  @Test
  void packages_that_were_begun_are_not_paid_again() {
    account.granted(1_000);
    account.rule =
        rule(1, new Price.PerPackage(new BigDecimal("100"), new BigDecimal("7")), Rounding.UP);
    long reservation = account.reserved(250);
    assertThat(account.reservation(reservation).heldMc()).isEqualTo(21);

    assertThat(account.captured(account.part(reservation, "1")).costMc()).isEqualTo(7);
    assertThat(account.captured(account.part(reservation, "99")).costMc()).isZero();
    assertThat(account.captured(account.part(reservation, "1")).costMc()).isEqualTo(7);
    assertThat(account.captured(account.commit(reservation)).costMc()).isEqualTo(7);
  }

  @Test
  void a_new_rule_does_not_change_what_was_reserved() {
    account.granted(1_000);
    account.rule = rule(1, perUnit("2"), Rounding.UP);
    long reservation = account.reserved(10);
    account.rule = rule(2, perUnit("50"), Rounding.UP);

    ReservationCaptured part = account.captured(account.part(reservation, "4"));
    assertThat(part.costMc()).isEqualTo(8);
    assertThat(part.pricedBy()).isEqualTo(1);
    account.rule = null;
    assertThat(account.captured(account.commit(reservation, 12)).costMc()).isEqualTo(24);
  }

  private static MeteringRule byModel() {
    return new MeteringRule(
        "rul_1",
        "tokens",
        1,
        null,
        TierScope.EVENT,
        List.of(new Dimension(Map.of("model", "large"), perUnit("15"))),
        Rounding.UP,
        START,
        START);
  }

  @Test
  void the_price_for_its_kind_of_usage_is_pinned_too() {
    account.granted(1_000);
    account.rule = byModel();
    long reservation =
        account.numberOf(
            account.done(account.reserve(BigDecimal.TEN, Map.of("model", "large"), 300)));

    ReservationCaptured captured = account.captured(account.commit(reservation, 4));

    assertThat(captured.costMc()).isEqualTo(60);
    assertThat(captured.usedProperties()).isEqualTo(Map.of("model", "large"));
  }

  @Test
  void events_after_the_first_do_not_repeat_the_price_but_it_stays_pinned() {
    account.granted(1_000);
    var reserved = (CreditsReserved) account.done(account.reserve(10));

    ReservationCaptured part = account.captured(account.part(3, "1"));
    var extended = (ReservationExtended) account.done(account.extend(3, 60));

    assertThat(reserved.reservation().quote()).isNotNull();
    assertThat(part.reservation().quote()).isNull();
    assertThat(extended.reservation().quote()).isNull();
    assertThat(account.reservation(3).quote()).isEqualTo(reserved.reservation().quote());
    assertThat(CustomerSnapshot.of(account.state).state().reservations().get(3))
        .isEqualTo(account.reservation(3));
  }

  @Test
  void a_capture_begins_the_period_of_its_metric() {
    account.granted(100);
    long reservation =
        account.numberOf(account.done(account.reserve(BigDecimal.valueOf(60), Map.of(), 604_800)));
    account.used(7);
    account.wall = Instant.parse("2026-01-07T00:00:00Z");
    account.captured(account.part(reservation, "10"));
    assertThat(account.state.unitsInPeriod("tokens", account.wall)).isEqualByComparingTo("17");
  }

  @Test
  void a_capture_after_the_turn_of_the_month_counts_in_the_new_one() {
    account.wall = Instant.parse("2026-01-31T23:00:00Z");
    account.granted(100);
    long reservation =
        account.numberOf(account.done(account.reserve(BigDecimal.valueOf(60), Map.of(), 7_200)));
    account.captured(account.part(reservation, "10"));
    account.wall = Instant.parse("2026-02-01T00:00:00Z");

    ReservationCaptured captured = account.captured(account.part(reservation, "5"));

    assertThat(Objects.requireNonNull(captured.period()).start()).isEqualTo("2026-02-01T00:00:00Z");
    assertThat(captured.costMc()).isEqualTo(5);
    assertThat(account.state.unitsInPeriod("tokens", account.wall)).isEqualByComparingTo("5");
  }

  // Letting go.

  @Test
  void a_release_returns_all_that_is_still_held() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.captured(account.part(reservation, "10"));
    account.mark();

    var released =
        (ReservationReleased)
            account.done(new Release(account.key(), reservation, "the job was stopped"));

    assertThat(account.ledger())
        .containsExactly("release 0 [2:50] = 90/0/0 reservation 3 (released)");
    assertThat(released.note()).isEqualTo("the job was stopped");
    assertThat(released.reservation().status()).isEqualTo(ReservationStatus.RELEASED);
    assertThat(released.reservation().capturedMc()).isEqualTo(10);
    assertThat(released.reservation().held()).isEmpty();
    assertThat(released.lostMc()).isZero();
    assertThat(released.webhook()).as("the tenant knows").isZero();
    account.used(90);
  }

  @Test
  void a_release_of_what_holds_nothing_is_written_too() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.captured(account.part(reservation, "60"));
    account.mark();

    account.done(account.release(reservation));

    assertThat(account.ledger()).containsExactly("release 0 [] = 40/0/0 reservation 3 (released)");
  }

  @Test
  void a_reservation_that_has_ended_can_be_neither_committed_nor_released_nor_extended() {
    account.granted(100);
    long committed = account.reserved(10);
    account.captured(account.commit(committed));
    long released = account.reserved(10);
    account.done(account.release(released));
    long expired = account.reserved(10);
    account.settleAt(START.plusSeconds(300));

    for (long reservation : new long[] {committed, released, expired, 1, 2, 999}) {
      var notActive = new Refusal.ReservationNotActive(reservation);
      assertThat(account.refused(account.commit(reservation))).isEqualTo(notActive);
      assertThat(account.refused(account.part(reservation, "1"))).isEqualTo(notActive);
      assertThat(account.refused(account.release(reservation))).isEqualTo(notActive);
      assertThat(account.refused(account.extend(reservation, 60))).isEqualTo(notActive);
    }
    assertThat(account.sums()).isEqualTo("90/0/0");
  }

  @Test
  void of_a_customer_who_is_not_there_nothing_can_be_committed() {
    var nobody = new Account();

    assertThat(nobody.refused(account.commit(3))).isEqualTo(new Refusal.CustomerNotFound());
    assertThat(nobody.refused(account.release(3))).isEqualTo(new Refusal.CustomerNotFound());
    assertThat(nobody.refused(account.extend(3, 5))).isEqualTo(new Refusal.CustomerNotFound());
  }

  // Its time.

  @Test
  void a_reservation_lives_until_the_millisecond_before_its_end() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.wall = START.plusSeconds(300).minusMillis(1);

    account.captured(account.part(reservation, "10"));
    account.wall = START.plusSeconds(300);
    account.mark();

    assertThat(account.refused(account.commit(reservation)))
        .isEqualTo(new Refusal.ReservationNotActive(reservation));
    assertThat(account.datedLedger())
        .containsExactly("300s release 0 [2:50] = 90/0/0 reservation 3 (expired)");
    var expired = (ReservationReleased) account.journal.getLast();
    assertThat(expired.reservation().status()).isEqualTo(ReservationStatus.EXPIRED);
    assertThat(expired.request()).isNull();
    assertThat(expired.webhook()).isPositive();
  }

  @Test
  void what_a_reservation_held_returns_at_its_end_though_nobody_looked() {
    account.granted(100, START.plusSeconds(400));
    account.reserved(60);
    account.pass(Duration.ofDays(3));
    account.mark();

    account.judge(new CustomerCommand.SettleDue());

    assertThat(account.datedLedger())
        .containsExactly(
            "300s release 0 [2:60] = 100/0/0 reservation 3 (expired)",
            "400s expire -100 [2:100] = 0/0/0 block 2 (expired)");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 300, 604_800})
  void a_reservation_ends_so_many_seconds_after_it_was_made(long ttlSeconds) {
    account.granted(100);
    account.wall = START.plusMillis(7);

    var reserved =
        (CreditsReserved) account.done(account.reserve(BigDecimal.ONE, Map.of(), ttlSeconds));

    assertThat(reserved.reservation().expiresAt())
        .isEqualTo(START.plusMillis(7).plusSeconds(ttlSeconds));
  }

  @Test
  void an_extension_counts_from_now_and_can_also_shorten() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.wall = START.plusSeconds(299);

    var extended = (ReservationExtended) account.done(account.extend(reservation, 300));
    assertThat(extended.reservation().expiresAt()).isEqualTo(START.plusSeconds(599));
    assertThat(extended.entry()).isNull();
    account.settleAt(START.plusSeconds(598));
    assertThat(account.state.reservations().size()).isOne();

    account.done(account.extend(reservation, 2));
    account.settleAt(START.plusSeconds(599));
    assertThat(account.state.reservations().size()).as("its old end means nothing").isOne();
    account.settleAt(START.plusSeconds(600));
    assertThat(account.state.reservations().size()).isZero();
    assertThat(account.sums()).isEqualTo("100/0/0");
  }

  @Test
  void an_extension_keeps_what_was_captured_and_what_is_held() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.captured(account.part(reservation, "10"));
    Reservation before = account.reservation(reservation);
    account.pass(Duration.ofSeconds(10));

    account.done(account.extend(reservation, 300));

    assertThat(account.reservation(reservation)).isEqualTo(before.until(START.plusSeconds(310)));
  }

  @Test
  void reservations_that_end_at_one_instant_end_by_age() {
    account.granted(100);
    account.reserved(10);
    account.reserved(20);
    account.reserved(30);
    account.mark();

    account.settleAt(START.plusSeconds(300));

    assertThat(account.ledger())
        .containsExactly(
            "release 0 [2:10] = 100/50/0 reservation 3 (expired)",
            "release 0 [2:20] = 100/30/0 reservation 4 (expired)",
            "release 0 [2:30] = 100/0/0 reservation 5 (expired)");
  }

  // What it survives.

  @Test
  void a_hold_survives_the_expiry_of_its_block() {
    account.granted(100, START.plusSeconds(60));
    long reservation = account.reserved(60);
    account.pass(Duration.ofSeconds(299));
    account.mark();

    account.captured(account.commit(reservation));

    assertThat(account.datedLedger())
        .containsExactly(
            "60s expire -40 [2:40] = 60/60/0 block 2 (expired)",
            "299s capture -60 [2:60] = 0/0/0 reservation 3");
  }

  @Test
  void a_hold_can_be_captured_in_parts_after_the_expiry_of_its_block() {
    account.granted(100, START.plusSeconds(60));
    long reservation = account.reserved(60);
    account.settleAt(START.plusSeconds(60));
    account.mark();

    ReservationCaptured part = account.captured(account.part(reservation, "20"));
    assertThat(part.lostMc()).as("what stays held is not lost").isZero();
    account.captured(account.part(reservation, "20"));
    assertThat(account.captured(account.commit(reservation, 5)).lostMc()).isEqualTo(15);

    assertThat(account.ledger())
        .containsExactly(
            "capture -20 [2:20] = 40/40/0 reservation 3",
            "capture -20 [2:20] = 20/20/0 reservation 3",
            "capture -5 [2:5] = 15/0/0 reservation 3",
            "expire -15 [2:15] = 0/0/0 block 2 (expired)");
  }

  @Test
  void a_hold_on_an_expired_block_can_be_extended() {
    account.granted(100, START.plusSeconds(60));
    long reservation = account.reserved(60);
    account.settleAt(START.plusSeconds(200));

    account.done(account.extend(reservation, 600));
    account.settleAt(START.plusSeconds(799));
    account.captured(account.commit(reservation));

    assertThat(account.sums()).isEqualTo("0/0/0");
  }

  @Test
  void a_hold_survives_a_restart() {
    account.granted(100, START.plusSeconds(60));
    long reservation = account.reserved(60);
    account.settleAt(START.plusSeconds(60));
    account.state = CustomerSnapshot.of(account.state).state();

    account.captured(account.commit(reservation, 59));

    assertThat(account.ledger().getLast()).isEqualTo("expire -1 [2:1] = 0/0/0 block 2 (expired)");
  }

  @Test
  void a_grant_and_overage_do_not_touch_what_is_held() {
    account.granted(60);
    long reservation = account.reserved(60);
    account.allow();
    account.used(10);
    account.granted(30);

    assertThat(account.sums()).isEqualTo("80/60/0");
    account.captured(account.commit(reservation));
    assertThat(account.sums()).isEqualTo("20/0/0");
  }

  // What can be wrong with a command.

  @Test
  void a_reservation_of_neither_units_nor_credits_never_comes_here() {
    var neither =
        new Reserve(
            account.key(),
            "tokens",
            null,
            null,
            Pricing.NONE,
            account.policy,
            300,
            Map.of(),
            Map.of());

    assertThatThrownBy(() -> account.judge(neither)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void commits_of_one_batch_are_judged_one_after_the_other() {
    account.granted(100);
    long reservation = account.reserved(60);

    CustomerDecider.Decision decision =
        new CustomerDecider(Account.ID)
            .decide(
                account.state,
                List.of(
                    account.part(reservation, "30"),
                    account.commit(reservation, 20),
                    account.commit(reservation, 10),
                    account.use(51),
                    account.use(50)),
                START);

    assertThat(decision.outcomes().stream().map(ReservationRulesTest::refusal))
        .containsExactly(
            null,
            null,
            new Refusal.ReservationNotActive(reservation),
            new Refusal.InsufficientCredits(51, 50),
            null);
    assertThat(decision.state().balanceMc()).isZero();
  }

  private static @Nullable Refusal refusal(Outcome outcome) {
    return outcome instanceof Outcome.Refused refused ? refused.refusal() : null;
  }
}
