package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.customer.CustomerEvent.OverageBooked;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What usage costs and who pays: blocks, and beyond them overage. */
class UsageRulesTest {
  private final Account account = Account.opened();

  // What the policy says when the blocks do not have enough.

  @Test
  void under_block_usage_beyond_the_blocks_is_refused_and_says_what_there_is() {
    account.granted(40);

    assertThat(account.refused(account.use(41))).isEqualTo(new Refusal.InsufficientCredits(41, 40));
    assertThat(account.sums()).isEqualTo("40/0/0");
  }

  @Test
  void under_allow_the_blocks_give_what_they_have_and_the_rest_is_booked() {
    account.granted(40);
    account.granted(10, START.plusSeconds(60));
    account.allow();
    account.mark();

    UsageRecorded used = account.used(90);

    assertThat(account.ledger())
        .containsExactly("debit -50 [3:10 2:40] = 0/0/0 usage 4", "overage 0 [] = 0/0/40 usage 4");
    assertThat(used.costMc()).isEqualTo(90);
    assertThat(used.overageMc()).isEqualTo(40);
    assertThat(account.state.lifetimeConsumedMc()).isEqualTo(90);
    assertThat(account.state.effectiveBalanceMc()).isZero();
  }

  @Test
  void under_allow_a_customer_without_credits_only_runs_up_overage() {
    account.allow();

    account.used(5);
    account.used(7);

    assertThat(account.ledger())
        .containsExactly(
            "debit 0 [] = 0/0/0 usage 2",
            "overage 0 [] = 0/0/5 usage 2",
            "debit 0 [] = 0/0/5 usage 4",
            "overage 0 [] = 0/0/12 usage 4");
  }

  @Test
  void usage_that_the_blocks_can_pay_books_nothing() {
    account.granted(40);
    account.allow();

    assertThat(account.used(40).overageMc()).isZero();
    assertThat(account.used(0).overageMc()).isZero();
    assertThat(account.journal).noneMatch(OverageBooked.class::isInstance);
  }

  @Test
  void credits_that_are_held_or_for_other_metrics_do_not_pay_before_overage_begins() {
    account.granted(40);
    account.grantedFor("images", 100);
    account.reservedCredits(30);
    account.allow();
    account.mark();

    account.used(15);

    assertThat(account.ledger())
        .containsExactly("debit -10 [2:10] = 130/30/0 usage 5", "overage 0 [] = 130/30/5 usage 5");
  }

  @Test
  void overage_goes_up_to_the_cap_and_no_further() {
    account.granted(40);
    account.allow(60);

    assertThat(account.refused(account.use(101)))
        .isEqualTo(new Refusal.InsufficientCredits(101, 100));
    account.used(70);
    assertThat(account.refused(account.use(31))).isEqualTo(new Refusal.InsufficientCredits(31, 30));
    account.used(30);
    assertThat(account.sums()).isEqualTo("0/0/60");
    assertThat(account.refused(account.use(1))).isEqualTo(new Refusal.InsufficientCredits(1, 0));
    account.used(0);
  }

  @Test
  void a_cap_of_nothing_is_as_good_as_block() {
    account.granted(40);
    account.tell(0L);

    assertThat(account.refused(account.use(41))).isEqualTo(new Refusal.InsufficientCredits(41, 40));
    account.used(40);
  }

  @Test
  void a_cap_below_what_is_owed_already_forbids_more_but_not_what_blocks_can_pay() {
    account.allow();
    account.used(100);
    account.allow(50);
    account.grantedFor("tokens", 10);

    assertThat(account.refused(account.use(11))).isEqualTo(new Refusal.InsufficientCredits(11, 10));
    account.used(10);
    assertThat(account.sums()).isEqualTo("0/0/100");
  }

  @Test
  void the_cap_is_on_all_that_is_owed_however_it_will_be_settled() {
    account.allow(100);
    account.used(40);
    account.invoice("UTC");
    account.used(50);

    assertThat(account.refused(account.use(11))).isEqualTo(new Refusal.InsufficientCredits(11, 10));
    account.used(10);
    assertThat(account.state.overage().nextGrantMc()).isEqualTo(40);
    assertThat(account.state.overage().invoiceMc()).isEqualTo(60);
  }

  @Test
  void overage_without_a_cap_ends_where_the_range_does() {
    account.allow();
    account.used(Amounts.MAX_MC);

    assertThat(account.refused(account.use(1))).isInstanceOf(Refusal.AmountOutOfRange.class);
    assertThat(account.sums()).isEqualTo("0/0/9007199254740991");
  }

  @Test
  void all_that_was_ever_consumed_stays_in_range() {
    account.allow();
    account.invoice("UTC");
    account.used(Amounts.MAX_MC - 5);
    account.settleAt(Instant.parse("2026-02-01T00:00:00Z"));
    assertThat(account.sums()).isEqualTo("0/0/0");

    assertThat(account.refused(account.use(6))).isInstanceOf(Refusal.AmountOutOfRange.class);
    account.used(5);
  }

  // What the customer has of its own goes before what the tenant has set.

  @Test
  void the_customer_s_own_policy_holds_against_the_tenant_s() {
    account.own(OveragePolicy.ALLOW, null, null);
    account.used(5);
    account.own(OveragePolicy.BLOCK, null, null);
    account.allow();

    assertThat(account.refused(account.use(1))).isEqualTo(new Refusal.InsufficientCredits(1, 0));

    account.own(null, null, null);
    account.used(1);
  }

  @Test
  void the_customer_s_own_cap_holds_against_the_tenant_s() {
    account.allow(10);
    account.own(null, 30L, null);
    account.used(30);
    assertThat(account.refused(account.use(1))).isEqualTo(new Refusal.InsufficientCredits(1, 0));

    account.allow();
    assertThat(account.refused(account.use(1))).isEqualTo(new Refusal.InsufficientCredits(1, 0));

    account.own(null, null, null);
    account.used(1);
  }

  @Test
  void the_tenant_s_cap_holds_for_the_customer_s_own_policy() {
    account.own(OveragePolicy.ALLOW, null, null);
    account.blockWithCap(10);

    assertThat(account.refused(account.use(11))).isEqualTo(new Refusal.InsufficientCredits(11, 10));
    account.used(10);
  }

  @Test
  void terms_that_a_customer_is_created_with_hold_from_the_start() {
    var fresh = new Account();
    fresh.done(
        new CustomerCommand.CreateCustomer(
            fresh.key(), "acme", null, null, null, OveragePolicy.NOTIFY, 7L, Map.of()));

    assertThat(fresh.refused(fresh.use(8))).isEqualTo(new Refusal.InsufficientCredits(8, 7));
    fresh.used(7);
  }

  // Whom overage is told.

  @ParameterizedTest
  @CsvSource({
    // max, what was used before, what is used now, whether it is told
    "100, 0, 1, true",
    "100, 1, 1, false",
    "100, 1, 48, false",
    "100, 1, 49, true",
    "100, 49, 1, true",
    "100, 50, 29, false",
    "100, 50, 30, true",
    "100, 80, 19, false",
    "100, 80, 20, true",
    "100, 1, 99, true",
    "100, 0, 100, true",
    "33, 1, 15, false",
    "33, 1, 16, true",
    "33, 17, 9, false",
    "33, 17, 10, true",
    "33, 27, 5, false",
    "33, 27, 6, true",
    "1, 0, 1, true",
    "9007199254740991, 1, 4503599627370494, false",
    "9007199254740991, 1, 4503599627370495, true",
    "9007199254740991, 4503599627370496, 2702159776422296, false",
    "9007199254740991, 4503599627370496, 2702159776422297, true",
    ", 0, 1, true",
    ", 1, 4503599627370496, false",
  })
  void under_notify_the_start_of_overage_and_each_threshold_is_told(
      Long maxMc, long beforeMc, long nowMc, boolean told) {
    account.tell(maxMc);
    if (beforeMc > 0) {
      account.used(beforeMc);
    }
    long webhooks = account.state.webhookSequence();

    account.used(nowMc);

    var booked = (OverageBooked) account.journal.getLast();
    assertThat(booked.webhook()).isEqualTo(told ? webhooks + 2 : 0);
    assertThat(account.state.webhookSequence()).isEqualTo(webhooks + (told ? 2 : 1));
  }

  @Test
  void under_allow_nobody_is_told() {
    account.allow(100);

    account.used(100);

    assertThat(((OverageBooked) account.journal.getLast()).webhook()).isZero();
  }

  @Test
  void overage_that_starts_again_is_told_again() {
    account.tell(null);
    account.used(10);
    account.granted(10);

    account.used(1);

    assertThat(((OverageBooked) account.journal.getLast()).webhook()).isPositive();
  }

  // Overage that goes on an invoice.

  @Test
  void invoiced_overage_is_cleared_at_the_end_of_the_month_whoever_looked() {
    account.allow().invoice("UTC");
    account.granted(3);
    account.used(10);
    account.pass(Duration.ofDays(5));
    account.used(20);
    account.mark();

    account.settleAt(Instant.parse("2026-04-15T00:00:00Z"));

    assertThat(account.ledger()).containsExactly("settle 0 [] = 0/0/0 (invoice)");
    assertThat(account.journal.getLast().at()).isEqualTo("2026-02-01T00:00:00Z");
    assertThat(account.state.lifetimeConsumedMc()).isEqualTo(30);
  }

  @Test
  void what_is_used_at_the_turn_of_the_month_goes_on_the_next_invoice() {
    account.allow().invoice("UTC");
    account.wall = Instant.parse("2026-01-31T23:59:59.999Z");
    account.used(10);
    account.mark();
    account.wall = Instant.parse("2026-02-01T00:00:00Z");

    account.used(5);

    assertThat(account.ledger())
        .containsExactly(
            "settle 0 [] = 0/0/0 (invoice)",
            "debit 0 [] = 0/0/0 usage 5",
            "overage 0 [] = 0/0/5 usage 5");
    assertThat(account.state.overage().clearsAt()).isEqualTo("2026-03-01T00:00:00Z");
  }

  @ParameterizedTest
  @CsvSource({
    // Summer time begins on March 29 and ends on October 25.
    "Europe/Berlin, 2026-03-15T12:00:00Z, 2026-03-31T22:00:00Z",
    "Europe/Berlin, 2026-02-15T12:00:00Z, 2026-02-28T23:00:00Z",
    "Europe/Berlin, 2026-10-15T12:00:00Z, 2026-10-31T23:00:00Z",
    "Europe/Berlin, 2026-02-28T23:30:00Z, 2026-03-31T22:00:00Z",
    "Europe/Berlin, 2026-12-31T23:00:00Z, 2027-01-31T23:00:00Z",
    "America/New_York, 2026-11-01T03:30:00Z, 2026-11-01T04:00:00Z",
    "America/New_York, 2026-11-01T04:00:00Z, 2026-12-01T05:00:00Z",
    "Pacific/Kiritimati, 2026-01-31T10:00:00Z, 2026-02-28T10:00:00Z",
    "Pacific/Pago_Pago, 2026-02-01T10:59:59.999Z, 2026-02-01T11:00:00Z",
    "Asia/Kathmandu, 2026-05-10T00:00:00Z, 2026-05-31T18:15:00Z",
  })
  void the_month_is_that_of_the_tenant_s_time_zone(String zone, Instant used, Instant cleared) {
    account.allow().invoice(zone);
    account.wall = used;
    account.used(10);
    assertThat(account.state.overage().clearsAt()).isEqualTo(cleared);

    account.wall = cleared.minusMillis(1);
    account.used(1);
    assertThat(account.state.overageMc()).isEqualTo(11);
    account.settleAt(cleared);

    assertThat(account.state.overageMc()).isZero();
    assertThat(account.journal.getLast().at()).isEqualTo(cleared);
  }

  @Test
  void the_customer_s_own_time_zone_makes_its_month() {
    account.allow().invoice("America/New_York");
    account.own(null, null, "Europe/Berlin");

    account.used(10);

    assertThat(account.state.overage().clearsAt()).isEqualTo("2026-01-31T23:00:00Z");
  }

  @Test
  void another_time_zone_in_the_middle_of_the_month_does_not_move_what_waits_already() {
    account.allow().invoice("Europe/Berlin");
    account.used(10);
    account.invoice("America/New_York");
    account.used(10);

    assertThat(account.state.overage().clearsAt()).isEqualTo("2026-01-31T23:00:00Z");
    account.settleAt(Instant.parse("2026-01-31T23:00:00Z"));
    account.used(1);

    assertThat(account.sums()).isEqualTo("0/0/1");
    assertThat(account.state.overage().clearsAt()).isEqualTo("2026-02-01T05:00:00Z");
  }

  @Test
  void the_end_of_the_month_clears_what_goes_on_the_invoice_and_nothing_else() {
    account.allow();
    account.used(7);
    account.invoice("UTC");
    account.used(10);
    account.mark();

    account.settleAt(Instant.parse("2026-02-01T00:00:00Z"));
    account.granted(100);

    assertThat(account.ledger())
        .containsExactly(
            "settle 0 [] = 0/0/7 (invoice)",
            "grant 100 [7:100] = 100/0/7 block 7",
            "settle -7 [7:7] = 93/0/0 block 7 (next_grant)");
  }

  @Test
  void at_one_instant_holds_end_then_the_invoice_is_cleared_then_blocks_end_then_blocks_begin() {
    Instant turn = Instant.parse("2026-02-01T00:00:00Z");
    account.promised(50, turn); // 2
    account.granted(40, turn); // 3
    account.done(
        account.reserve(
            BigDecimal.valueOf(30), Map.of(), Duration.between(START, turn).toSeconds())); // 4
    account.allow();
    account.used(15); // 5, 6: 10 from the block, 5 to the next grant
    account.invoice("UTC");
    account.used(2); // 7, 8
    account.mark();

    account.settleAt(turn);

    assertThat(account.ledger())
        .containsExactly(
            "release 0 [3:30] = 30/0/7 reservation 4 (expired)",
            "settle 0 [] = 30/0/5 (invoice)",
            "expire -30 [3:30] = 0/0/5 block 3 (expired)",
            "grant 50 [2:50] = 50/0/5 block 2 (effective)",
            "settle -5 [2:5] = 45/0/0 block 2 (next_grant)");
    assertThat(account.events()).allMatch(event -> event.at().equals(turn));
  }

  // What it costs.

  private static MeteringRule rule(int version, Price price, Instant effectiveAt) {
    return new MeteringRule(
        "rul_" + version,
        "tokens",
        version,
        price,
        TierScope.EVENT,
        List.of(),
        Rounding.UP,
        effectiveAt,
        START);
  }

  private static Price perUnit(String unitCost) {
    return new Price.PerUnit(new BigDecimal(unitCost));
  }

  private RecordUsage use(Pricing pricing, long units) {
    return new RecordUsage(
        account.key(),
        "tokens",
        BigDecimal.valueOf(units),
        pricing,
        account.policy,
        null,
        Map.of(),
        Map.of());
  }

  @Test
  void the_customer_s_clock_says_which_rule_prices() {
    account.granted(1_000);
    var pricing =
        new Pricing(
            List.of(
                rule(1, perUnit("1"), START),
                rule(2, perUnit("3"), START.plusSeconds(60)),
                rule(3, perUnit("5"), START.plusSeconds(61))));

    account.wall = START.plusSeconds(60).minusMillis(1);
    assertThat(((UsageRecorded) account.done(use(pricing, 1))).ruleVersion()).isEqualTo(1);
    account.wall = START.plusSeconds(60);
    var second = (UsageRecorded) account.done(use(pricing, 1));
    assertThat(second.ruleVersion()).isEqualTo(2);
    assertThat(second.ruleId()).isEqualTo("rul_2");
    assertThat(second.costMc()).isEqualTo(3);
    account.wall = START.plusSeconds(61);
    assertThat(((UsageRecorded) account.done(use(pricing, 1))).costMc()).isEqualTo(5);
    account.wall = START;
    assertThat(((UsageRecorded) account.done(use(pricing, 1))).costMc())
        .as("its clock does not go back")
        .isEqualTo(5);
  }

  @Test
  void usage_is_priced_when_it_is_debited_not_when_it_happened() {
    account.granted(1_000);
    account.wall = START.plusSeconds(100);
    var pricing =
        new Pricing(
            List.of(rule(1, perUnit("1"), START), rule(2, perUnit("3"), START.plusSeconds(60))));
    var used =
        (UsageRecorded)
            account.done(
                new RecordUsage(
                    account.key(),
                    "tokens",
                    BigDecimal.ONE,
                    pricing,
                    account.policy,
                    START.plusSeconds(1),
                    Map.of(),
                    Map.of()));

    assertThat(used.costMc()).isEqualTo(3);
    assertThat(used.timestamp()).isEqualTo(START.plusSeconds(1));
  }

  @Test
  void a_metric_without_a_rule_has_no_cost() {
    account.granted(1_000);
    account.rule = null;

    assertThat(account.refused(account.use(1))).isEqualTo(new Refusal.NoMeteringRule("tokens"));
  }

  private static MeteringRule byModel(@Nullable Price otherwise) {
    return new MeteringRule(
        "rul_1",
        "tokens",
        1,
        otherwise,
        TierScope.EVENT,
        List.of(
            new Dimension(Map.of("model", "large", "direction", "output"), perUnit("15")),
            new Dimension(Map.of("model", "large"), perUnit("3"))),
        Rounding.UP,
        START,
        START);
  }

  @Test
  void the_first_dimension_that_matches_prices_usage() {
    account.granted(1_000);
    account.rule = byModel(perUnit("1"));

    assertThat(costOf(Map.of("model", "large", "direction", "output"))).isEqualTo(15);
    assertThat(costOf(Map.of("model", "large", "direction", "input"))).isEqualTo(3);
    assertThat(costOf(Map.of("model", "large"))).isEqualTo(3);
    assertThat(costOf(Map.of("model", "small"))).isEqualTo(1);
    assertThat(costOf(Map.of("direction", "output"))).isEqualTo(1);
    assertThat(costOf(Map.of())).isEqualTo(1);
    assertThat(account.state.balanceMc()).isEqualTo(1_000 - 15 - 3 - 3 - 1 - 1 - 1);
  }

  private long costOf(Map<String, String> properties) {
    return ((UsageRecorded) account.done(account.use("tokens", BigDecimal.ONE, properties)))
        .costMc();
  }

  @Test
  void usage_that_no_dimension_matches_has_no_price_where_the_rule_has_none_of_its_own() {
    account.granted(1_000);
    account.rule = byModel(null);

    assertThat(account.refused(account.use("tokens", BigDecimal.ONE, Map.of("model", "small"))))
        .isEqualTo(new Refusal.NoPrice("tokens"));
    assertThat(costOf(Map.of("model", "large"))).isEqualTo(3);
  }

  // How many units were used in a month.

  private String unitsNow(String metricKey) {
    return account.state.unitsInPeriod(metricKey, account.wall).toPlainString();
  }

  @Test
  void units_are_counted_for_each_metric_since_the_start_of_the_month() {
    account.allow();
    account.done(account.use("tokens", new BigDecimal("1.5"), Map.of()));
    account.done(account.use("images", new BigDecimal("7"), Map.of()));
    account.pass(Duration.ofDays(30));
    account.done(account.use("tokens", new BigDecimal("0.25"), Map.of()));

    assertThat(unitsNow("tokens")).isEqualTo("1.75");
    assertThat(unitsNow("images")).isEqualTo("7");
    assertThat(unitsNow("calls")).isEqualTo("0");

    account.wall = Instant.parse("2026-02-01T00:00:00Z");
    assertThat(unitsNow("tokens")).isEqualTo("0");
    account.used(4);
    assertThat(unitsNow("tokens")).isEqualTo("4");
    assertThat(unitsNow("images")).isEqualTo("0");
  }

  @Test
  void only_the_first_usage_of_a_month_begins_a_period() {
    account.allow();
    var january =
        new Period(Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2026-02-01T00:00:00Z"));

    assertThat(account.used(1).period()).isEqualTo(january);
    assertThat(account.used(1).period()).isNull();
    account.wall = january.end();
    assertThat(account.used(1).period())
        .isEqualTo(new Period(january.end(), Instant.parse("2026-03-01T00:00:00Z")));
    account.wall = Instant.parse("2026-06-30T00:00:00Z");
    assertThat(account.used(1).period())
        .as("months without usage have none")
        .isEqualTo(
            new Period(
                Instant.parse("2026-06-01T00:00:00Z"), Instant.parse("2026-07-01T00:00:00Z")));
  }

  @Test
  void usage_counts_in_the_month_in_which_it_is_debited_not_in_which_it_happened() {
    account.allow();
    account.wall = Instant.parse("2026-02-10T00:00:00Z");
    account.done(
        new RecordUsage(
            account.key(),
            "tokens",
            BigDecimal.TEN,
            account.pricing(),
            account.policy,
            Instant.parse("2026-01-20T00:00:00Z"),
            Map.of(),
            Map.of()));

    assertThat(unitsNow("tokens")).isEqualTo("10");
  }

  @Test
  void refused_usage_counts_no_units() {
    assertThat(account.refused(account.use(5))).isInstanceOf(Refusal.InsufficientCredits.class);

    assertThat(unitsNow("tokens")).isEqualTo("0");
  }

  @Test
  void free_usage_counts_its_units() {
    account.rule = rule(1, perUnit("0"), START);

    account.used(5);

    assertThat(unitsNow("tokens")).isEqualTo("5");
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/Berlin, 2026-03-31T21:59:59.999Z, 2026-03-31T22:00:00Z",
    "Europe/Berlin, 2026-10-31T22:59:59.999Z, 2026-10-31T23:00:00Z",
    "America/New_York, 2026-11-01T03:59:59.999Z, 2026-11-01T04:00:00Z",
    "Australia/Lord_Howe, 2026-04-30T13:29:59.999Z, 2026-04-30T13:30:00Z",
  })
  void the_count_begins_anew_at_midnight_of_the_first_in_the_time_zone(
      String zone, Instant last, Instant first) {
    account.allow();
    account.own(null, null, zone);
    account.wall = last;
    account.used(5);
    assertThat(unitsNow("tokens")).isEqualTo("5");

    account.wall = first;
    account.used(2);

    assertThat(unitsNow("tokens")).isEqualTo("2");
  }

  @Test
  void another_time_zone_in_the_middle_of_the_month_does_not_begin_it_anew() {
    account.allow();
    account.used(5);
    account.own(null, null, "Asia/Tokyo");
    account.used(5);
    assertThat(unitsNow("tokens")).isEqualTo("10");

    account.wall = Instant.parse("2026-01-31T15:00:00Z"); // February in Tokyo
    account.used(5);
    assertThat(unitsNow("tokens")).as("the month under way ends as it began").isEqualTo("15");
    account.wall = Instant.parse("2026-02-01T00:00:00Z");
    assertThat(account.used(5).period())
        .isEqualTo(
            new Period(
                Instant.parse("2026-01-31T15:00:00Z"), Instant.parse("2026-02-28T15:00:00Z")));
  }
}
