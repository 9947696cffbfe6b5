package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.customer.CustomerCommand.GrantTopup;
import io.quotastack.engine.customer.CustomerEvent.CreditAdjusted;
import io.quotastack.engine.customer.CustomerEvent.CreditGranted;
import io.quotastack.engine.customer.CustomerEvent.OverageSettled;
import io.quotastack.engine.customer.CustomerEvent.TopupGranted;
import io.quotastack.engine.idempotency.RequestKey;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What comes in: grants, topups and adjustments, and the overage that they pay first. */
class DepositRulesTest {
  private final Account account = Account.opened();

  /** Owes that much, to be paid by the next grant. */
  private void owe(long overageMc) {
    account.allow();
    account.used(overageMc);
    account.mark();
  }

  // Overage that the next grant pays.

  @Test
  void a_package_that_is_gone_refuses_new_payments_and_answers_those_that_it_took() {
    GrantTopup first = topupOf("starter", null, "pi_1");
    account.done(first);

    assertThat(account.judge(topupOf("starter", "the package is archived", "pi_1")))
        .isInstanceOf(Outcome.Replayed.class);
    assertThat(account.judge(first)).isInstanceOf(Outcome.Replayed.class);
    assertThat(account.refused(topupOf("starter", "the package is archived", "pi_2")))
        .isEqualTo(new Refusal.InvalidField("/package_id", "the package is archived"));
  }

  private GrantTopup topupOf(String packageKey, @Nullable String fault, String payment) {
    return new GrantTopup(
        account.key(),
        "acme",
        new RequestKey(payment, 7),
        packageKey,
        fault,
        100,
        0,
        null,
        null,
        0,
        null,
        null,
        null,
        Map.of());
  }

  @Test
  void a_grant_pays_overage_first_in_an_entry_of_its_own() {
    owe(30);

    var granted = (CreditGranted) account.done(Customers.grant("a", 100));

    assertThat(account.ledger())
        .containsExactly(
            "grant 100 [4:100] = 100/0/30 block 4",
            "settle -30 [4:30] = 70/0/0 block 4 (next_grant)");
    assertThat(granted.settlesMc()).isEqualTo(30);
    assertThat(account.state.lifetimeGrantedMc()).isEqualTo(100);
    assertThat(account.state.lifetimeConsumedMc()).as("was consumed when used").isEqualTo(30);
  }

  @Test
  void a_grant_that_is_too_small_pays_what_it_has_and_the_next_pays_the_rest() {
    owe(100);

    account.granted(40);
    account.granted(30);
    account.granted(50);
    account.granted(1);

    assertThat(account.ledger())
        .containsExactly(
            "grant 40 [4:40] = 40/0/100 block 4",
            "settle -40 [4:40] = 0/0/60 block 4 (next_grant)",
            "grant 30 [6:30] = 30/0/60 block 6",
            "settle -30 [6:30] = 0/0/30 block 6 (next_grant)",
            "grant 50 [8:50] = 50/0/30 block 8",
            "settle -30 [8:30] = 20/0/0 block 8 (next_grant)",
            "grant 1 [10:1] = 21/0/0 block 10");
    assertThat(account.state.blocks().all())
        .extracting(Block::remainingMc)
        .containsExactly(20L, 1L);
  }

  @Test
  void a_grant_of_just_what_is_owed_leaves_nothing_of_either() {
    owe(30);

    account.granted(30);

    assertThat(account.sums()).isEqualTo("0/0/0");
    assertThat(account.state.blocks().size()).isZero();
  }

  @Test
  void without_overage_nothing_is_settled() {
    account.granted(30);

    assertThat(account.journal).noneMatch(OverageSettled.class::isInstance);
  }

  @Test
  void a_block_for_some_metrics_pays_no_overage() {
    owe(30);

    account.grantedFor("tokens", 100);

    assertThat(account.ledger()).containsExactly("grant 100 [4:100] = 100/0/30 block 4");
    assertThat(account.used(100).overageMc()).as("it pays usage").isZero();
  }

  @Test
  void a_pending_block_pays_when_it_takes_effect_what_is_owed_then() {
    owe(30);
    account.promised(100, START.plusSeconds(60));
    assertThat(account.ledger()).containsExactly("grant 0 [4:100] = 0/0/30 block 4");
    account.used(5); // events 5 and 6
    account.mark();

    account.settleAt(START.plusSeconds(90));

    assertThat(account.datedLedger())
        .containsExactly(
            "60s grant 100 [4:100] = 100/0/35 block 4 (effective)",
            "60s settle -35 [4:35] = 65/0/0 block 4 (next_grant)");
  }

  @Test
  void pending_blocks_that_take_effect_at_one_instant_pay_one_after_the_other() {
    owe(30);
    account.promised(20, START.plusSeconds(60));
    account.promised(20, START.plusSeconds(60));
    account.promised(20, START.plusSeconds(60), START.plusSeconds(61));
    account.mark();

    account.settleAt(START.plusSeconds(61));

    assertThat(account.datedLedger())
        .containsExactly(
            "60s grant 20 [4:20] = 20/0/30 block 4 (effective)",
            "60s settle -20 [4:20] = 0/0/10 block 4 (next_grant)",
            "60s grant 20 [5:20] = 20/0/10 block 5 (effective)",
            "60s settle -10 [5:10] = 10/0/0 block 5 (next_grant)",
            "60s grant 20 [6:20] = 30/0/0 block 6 (effective)",
            "61s expire -20 [6:20] = 10/0/0 block 6 (expired)");
  }

  @Test
  void a_pending_block_for_some_metrics_pays_no_overage_when_it_takes_effect() {
    owe(30);
    account.done(
        Customers.grant("a", 20, 0, START.plusSeconds(60), null, null, Set.of("tokens"), null));

    account.settleAt(START.plusSeconds(60));

    assertThat(account.sums()).isEqualTo("20/0/30");
  }

  @Test
  void a_grant_dated_back_is_active_and_pays_at_once() {
    owe(30);

    account.promised(100, START.minusSeconds(60));

    assertThat(account.sums()).isEqualTo("70/0/0");
  }

  @Test
  void overage_that_goes_on_an_invoice_is_not_paid_by_grants() {
    account.invoice("UTC");
    owe(30);
    account.nextGrant();
    account.used(5);
    account.mark();

    account.granted(100);

    assertThat(account.ledger())
        .containsExactly(
            "grant 100 [6:100] = 100/0/35 block 6",
            "settle -5 [6:5] = 95/0/30 block 6 (next_grant)");
  }

  // Topups.

  @Test
  void a_topup_is_a_paid_block_and_its_bonus_a_free_one_of_its_own() {
    var topup = (TopupGranted) account.done(account.topup("pi_1", 100, 20));

    assertThat(account.ledger())
        .containsExactly(
            "grant 100 [2:100] = 100/0/0 block 2", "grant 20 [3:20] = 120/0/0 block 3 (bonus)");
    assertThat(topup.block().paid()).isTrue();
    assertThat(topup.block().source()).isEqualTo(BlockSource.TOPUP);
    assertThat(topup.block().expiresAt()).as("a wallet").isNull();
    assertThat(topup.bonus()).isEqualTo(account.termsOf(3));
    assertThat(account.termsOf(3).paid()).isFalse();
    assertThat(account.termsOf(3).pricePaid()).isNull();
    assertThat(account.termsOf(3).currency()).isNull();
    assertThat(account.termsOf(3).source()).isEqualTo(BlockSource.TOPUP);
    assertThat(account.events().getLast().request()).isNull();
    assertThat(account.used(30).entry().allocations())
        .as("free before paid")
        .extracting(taken -> taken.block() + ":" + taken.amountMc())
        .containsExactly("3:20", "2:10");
  }

  @Test
  void a_bonus_has_the_terms_of_what_was_bought_but_its_price() {
    GrantTopup topup =
        new GrantTopup(
            account.key(),
            null,
            null,
            "starter",
            100,
            20,
            new BigDecimal("5"),
            "USD",
            7,
            null,
            3_600L,
            Set.of("tokens"),
            Map.of("order", "1"));

    account.done(topup);

    for (long block : new long[] {2, 3}) {
      assertThat(account.termsOf(block).priority()).isEqualTo(7);
      assertThat(account.termsOf(block).expiresAt()).isEqualTo(START.plusSeconds(3_600));
      assertThat(account.termsOf(block).metricKeys()).containsExactly("tokens");
      assertThat(account.termsOf(block).metadata()).isEqualTo(Map.of("order", "1"));
      assertThat(account.termsOf(block).effectiveAt()).isEqualTo(START);
    }
  }

  @Test
  void a_topup_for_nothing_is_free() {
    GrantTopup topup = withPrice(account.topup(null, 100, 0), BigDecimal.ZERO);

    assertThat(((TopupGranted) account.done(topup)).block().paid()).isFalse();
  }

  @Test
  void a_topup_pays_overage_first_and_its_bonus_what_is_left_of_it() {
    owe(110);

    var topup = (TopupGranted) account.done(account.topup("pi_1", 100, 20));

    assertThat(account.ledger())
        .containsExactly(
            "grant 100 [4:100] = 100/0/110 block 4",
            "grant 20 [5:20] = 120/0/110 block 5 (bonus)",
            "settle -100 [4:100] = 20/0/10 block 4 (next_grant)",
            "settle -10 [5:10] = 10/0/0 block 5 (next_grant)");
    assertThat(topup.settlesMc()).isEqualTo(100);
    assertThat(topup.bonusSettlesMc()).isEqualTo(10);
    assertThat(((CreditGranted) account.events().get(1)).settlesMc()).isEqualTo(10);
  }

  @Test
  void the_bonus_pays_nothing_when_what_was_bought_pays_all() {
    owe(99);

    var topup = (TopupGranted) account.done(account.topup("pi_1", 100, 20));

    assertThat(topup.bonusSettlesMc()).isZero();
    assertThat(account.sums()).isEqualTo("21/0/0");
    assertThat(account.ledger()).hasSize(3);
  }

  @Test
  void a_topup_can_be_the_first_that_is_heard_of_a_customer() {
    var fresh = new Account();
    assertThat(fresh.refused(createdAs(fresh.topup("pi_1", 100, 20), null)))
        .isEqualTo(new Refusal.CustomerNotFound());

    fresh.done(fresh.topup("pi_1", 100, 20));

    assertThat(fresh.journal)
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("CustomerCreated", "TopupGranted", "CreditGranted");
    assertThat(fresh.state.profile()).isEqualTo(Profile.named("acme", START));
    assertThat(fresh.sums()).isEqualTo("120/0/0");
  }

  @Test
  void a_payment_is_granted_once_under_any_key_on_any_day() {
    account.done(account.topup("pi_1", 100, 20));
    long first = 2;

    assertThat(account.judge(account.topup("pi_1", 100, 20)))
        .isEqualTo(new Outcome.Replayed(first));
    account.pass(Duration.ofHours(25));
    assertThat(account.judge(account.topup("pi_1", 100, 20)))
        .isEqualTo(new Outcome.Replayed(first));
    account.used(120);
    account.pass(Duration.ofDays(3_650));
    assertThat(account.judge(account.topup("pi_1", 100, 20)))
        .isEqualTo(new Outcome.Replayed(first));
    assertThat(account.sums()).isEqualTo("0/0/0");
    assertThat(account.state.lifetimeGrantedMc()).isEqualTo(120);
  }

  @Test
  void a_payment_is_told_from_six_hundred_others_also_after_a_restart() {
    var commands = new ArrayList<CustomerCommand>();
    for (int i = 0; i < 600; i++) {
      commands.add(account.topup("pi_" + i, 1 + i, 0));
    }
    var decider = new CustomerDecider(Account.ID);
    CustomerState paid = decider.decide(account.state, commands, START).state();
    CustomerState restarted = CustomerSnapshot.of(paid).state();
    Instant later = START.plus(Duration.ofDays(10_000));

    for (CustomerState state : List.of(paid, restarted)) {
      for (int i = 0; i < 600; i++) {
        assertThat(
                decider
                    .decide(
                        state,
                        List.of(account.topup("pi_" + i, 1 + i, 0), account.topup("pi_" + i, i, 0)),
                        later)
                    .outcomes())
            .containsExactly(
                new Outcome.Replayed(2 + i),
                new Outcome.Refused(new Refusal.PaymentConflict(2 + i)));
      }
    }
  }

  @Test
  void a_payment_under_other_terms_is_a_conflict_with_the_first_and_changes_nothing() {
    account.done(account.topup("pi_1", 100, 20));

    assertThat(account.refused(account.topup("pi_1", 101, 20)))
        .isEqualTo(new Refusal.PaymentConflict(2));
    account.pass(Duration.ofDays(400));
    assertThat(account.refused(account.topup("pi_1", 100, 0)))
        .isEqualTo(new Refusal.PaymentConflict(2));
    assertThat(account.sums()).isEqualTo("120/0/0");
  }

  @Test
  void the_idempotency_key_is_judged_before_the_payment() {
    GrantTopup first = account.topup("pi_1", 100, 20);
    account.done(first);

    assertThat(account.judge(first)).isEqualTo(new Outcome.Replayed(2));
    GrantTopup otherBody = account.topup("pi_2", 100, 20);
    assertThat(
            account.refused(withRequest(otherBody, new RequestKey(first.request().key(), 4_711))))
        .isEqualTo(new Refusal.KeyReused());
    assertThat(account.judge(otherBody)).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void a_payment_that_was_refused_can_be_granted_later() {
    GrantTopup tooMuch = account.topup("pi_1", Amounts.MAX_MC, 1);
    assertThat(account.refused(tooMuch)).isInstanceOf(Refusal.AmountOutOfRange.class);

    account.done(account.topup("pi_1", 100, 0));

    assertThat(account.sums()).isEqualTo("100/0/0");
  }

  @Test
  void topups_without_a_payment_id_are_never_the_same() {
    account.done(account.topup(null, 100, 0));
    account.done(account.topup(null, 100, 0));

    assertThat(account.sums()).isEqualTo("200/0/0");
  }

  @Test
  void payments_are_remembered_per_customer_alone() {
    account.done(account.topup("pi_1", 100, 0));

    Account.opened().done(account.topup("pi_1", 100, 0));
  }

  @Test
  void twins_of_one_payment_in_one_batch_are_granted_once() {
    CustomerDecider.Decision decision =
        new CustomerDecider(Account.ID)
            .decide(
                account.state,
                List.of(account.topup("pi_1", 100, 0), account.topup("pi_1", 100, 0)),
                START);

    assertThat(decision.state().balanceMc()).isEqualTo(100);
    assertThat(decision.outcomes().getLast()).isEqualTo(new Outcome.Replayed(2));
  }

  @Test
  void a_topup_whose_credits_would_have_expired_is_refused() {
    GrantTopup topup = account.topup("pi_1", 100, 0);
    assertThat(account.refused(expiring(topup, START, null)))
        .isInstanceOfSatisfying(
            Refusal.InvalidField.class,
            field -> assertThat(field.pointer()).isEqualTo("/expires_at"));
    assertThat(account.refused(expiring(topup, null, Long.MAX_VALUE)))
        .isInstanceOfSatisfying(
            Refusal.InvalidField.class,
            field -> assertThat(field.pointer()).isEqualTo("/expires_after_seconds"));
  }

  // Adjustments.

  @Test
  void an_adjustment_upwards_makes_a_block_for_anything_and_for_ever() {
    var adjusted = (CreditAdjusted) account.done(account.adjust(50));

    assertThat(account.ledger()).containsExactly("adjust 50 [2:50] = 50/0/0 block 2 (a mistake)");
    assertThat(adjusted.block()).isEqualTo(account.termsOf(2));
    assertThat(account.termsOf(2).source()).isEqualTo(BlockSource.ADJUSTMENT);
    assertThat(account.termsOf(2).priority()).isZero();
    assertThat(account.termsOf(2).expiresAt()).isNull();
    assertThat(account.termsOf(2).metricKeys()).isNull();
    assertThat(account.termsOf(2).paid()).isFalse();
    assertThat(account.state.lifetimeGrantedMc()).isEqualTo(50);
  }

  @Test
  void an_adjustment_upwards_pays_overage_first() {
    owe(30);

    var adjusted = (CreditAdjusted) account.done(account.adjust(50));

    assertThat(account.ledger())
        .containsExactly(
            "adjust 50 [4:50] = 50/0/30 block 4 (a mistake)",
            "settle -30 [4:30] = 20/0/0 block 4 (next_grant)");
    assertThat(adjusted.settlesMc()).isEqualTo(30);
  }

  @Test
  void an_adjustment_downwards_burns_all_active_blocks_in_burn_order() {
    account.granted(100); // 2
    account.grantedFor("images", 100, START.plusSeconds(60)); // 3
    account.granted(100, START.plusSeconds(90)); // 4
    account.promised(100, START.plusSeconds(600), START.plusSeconds(601)); // 5
    account.mark();

    account.done(account.adjust(-150));

    assertThat(account.ledger()).containsExactly("adjust -150 [3:100 4:50] = 150/0/0 (a mistake)");
    assertThat(account.state.lifetimeConsumedMc()).as("is no usage").isZero();
  }

  @Test
  void an_adjustment_downwards_burns_in_the_tenant_s_order() {
    account.done(Customers.grant("a", 100, 9, START.plusSeconds(60))); // 2
    account.done(Customers.grant("b", 100, 0, null)); // 3
    account.burning(BurnOrder.PRIORITY_FIRST);

    account.done(account.adjust(-150));

    assertThat(account.ledger().getLast())
        .isEqualTo("adjust -150 [3:100 2:50] = 50/0/0 (a mistake)");
  }

  @Test
  void an_adjustment_downwards_never_takes_what_is_held_and_never_goes_into_overage() {
    account.granted(100);
    account.reservedCredits(60);
    account.allow();

    assertThat(account.refused(account.adjust(-41)))
        .isEqualTo(new Refusal.InsufficientCredits(41, 40));
    account.done(account.adjust(-40));

    assertThat(account.sums()).isEqualTo("60/60/0");
    assertThat(account.refused(account.adjust(-1)))
        .isEqualTo(new Refusal.InsufficientCredits(1, 0));
  }

  @Test
  void an_adjustment_downwards_leaves_what_is_held_of_an_expired_block() {
    account.granted(100, START.plusSeconds(60));
    account.reservedCredits(30);
    account.settleAt(START.plusSeconds(60));
    account.granted(5);

    assertThat(account.refused(account.adjust(-6)))
        .isEqualTo(new Refusal.InsufficientCredits(6, 5));
    account.done(account.adjust(-5));

    assertThat(account.sums()).isEqualTo("30/30/0");
  }

  @Test
  void an_adjustment_names_a_customer_who_exists() {
    assertThat(new Account().refused(account.adjust(5))).isEqualTo(new Refusal.CustomerNotFound());
    assertThat(new Account().refused(account.adjust(-5))).isEqualTo(new Refusal.CustomerNotFound());
  }

  // The range.

  @ParameterizedTest
  @CsvSource({"9007199254740991, 0", "9007199254740981, 10", "9007199254740990, 1"})
  void all_that_was_ever_granted_stays_in_range(long boughtMc, long bonusMc) {
    account.done(account.topup("pi_1", boughtMc, bonusMc));
    account.done(account.adjust(-Amounts.MAX_MC));
    assertThat(account.sums()).isEqualTo("0/0/0");

    assertThat(account.refused(account.adjust(1))).isInstanceOf(Refusal.AmountOutOfRange.class);
    assertThat(account.refused(account.topup("pi_2", 1, 0)))
        .isInstanceOf(Refusal.AmountOutOfRange.class);
    assertThat(account.refused(Customers.grant("a", 1)))
        .isInstanceOf(Refusal.AmountOutOfRange.class);
  }

  @Test
  void a_pending_block_that_was_voided_counts_no_more_for_the_range() {
    account.promised(Amounts.MAX_MC, START.plusSeconds(60));
    assertThat(account.refused(account.adjust(1))).isInstanceOf(Refusal.AmountOutOfRange.class);
    account.done(account.voiding(2));

    account.done(account.adjust(Amounts.MAX_MC));

    assertThat(account.state.balanceMc()).isEqualTo(Amounts.MAX_MC);
  }

  @Test
  void an_adjustment_beyond_all_range_is_refused_and_creates_nothing() {
    for (long deltaMc : new long[] {Amounts.MAX_MC + 1, Long.MAX_VALUE}) {
      assertThat(account.refused(account.adjust(deltaMc)))
          .isInstanceOf(Refusal.AmountOutOfRange.class);
    }
    var fresh = new Account();
    assertThat(fresh.refused(fresh.topup("pi_1", Amounts.MAX_MC, 1)))
        .isInstanceOf(Refusal.AmountOutOfRange.class);
    assertThat(fresh.journal).isEmpty();
  }

  private static GrantTopup withPrice(GrantTopup topup, BigDecimal price) {
    return new GrantTopup(
        topup.request(),
        topup.createAs(),
        topup.payment(),
        topup.packageKey(),
        topup.creditsMc(),
        topup.bonusMc(),
        price,
        topup.currency(),
        topup.priority(),
        topup.expiresAt(),
        topup.expiresAfterSeconds(),
        topup.metricKeys(),
        topup.metadata());
  }

  private static GrantTopup withRequest(GrantTopup topup, RequestKey request) {
    return new GrantTopup(
        request,
        topup.createAs(),
        topup.payment(),
        topup.packageKey(),
        topup.creditsMc(),
        topup.bonusMc(),
        topup.pricePaid(),
        topup.currency(),
        topup.priority(),
        topup.expiresAt(),
        topup.expiresAfterSeconds(),
        topup.metricKeys(),
        topup.metadata());
  }

  private static GrantTopup createdAs(GrantTopup topup, @Nullable String createAs) {
    return new GrantTopup(
        topup.request(),
        createAs,
        topup.payment(),
        topup.packageKey(),
        topup.creditsMc(),
        topup.bonusMc(),
        topup.pricePaid(),
        topup.currency(),
        topup.priority(),
        topup.expiresAt(),
        topup.expiresAfterSeconds(),
        topup.metricKeys(),
        topup.metadata());
  }

  private static GrantTopup expiring(
      GrantTopup topup, @Nullable Instant expiresAt, @Nullable Long expiresAfterSeconds) {
    return new GrantTopup(
        topup.request(),
        topup.createAs(),
        topup.payment(),
        topup.packageKey(),
        topup.creditsMc(),
        topup.bonusMc(),
        topup.pricePaid(),
        topup.currency(),
        topup.priority(),
        expiresAt,
        expiresAfterSeconds,
        topup.metricKeys(),
        topup.metadata());
  }
}
