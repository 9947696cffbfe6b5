package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import io.quotastack.engine.metering.TierScope;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prices whose tiers run over what a customer has used in a month. */
class PeriodTiersTest {
  private final Account account = Account.opened();

  /** The first ten cost 5 each, the rest 1. */
  private static final List<Tier> TIERS =
      List.of(
          new Tier(BigDecimal.TEN, new BigDecimal("5"), BigDecimal.ZERO),
          new Tier(null, BigDecimal.ONE, BigDecimal.ZERO));

  @BeforeEach
  void fund() {
    account.granted(1_000); // 2
    account.rule = over(TierScope.PERIOD, new Price.Graduated(TIERS));
  }

  private static MeteringRule over(TierScope scope, Price price, Dimension... dimensions) {
    return new MeteringRule(
        "rul_1", "tokens", 1, price, scope, List.of(dimensions), Rounding.UP, START, START);
  }

  private long costOf(long units) {
    return account.used(units).costMc();
  }

  @Test
  void an_event_costs_what_all_units_cost_after_it_less_what_they_cost_before() {
    assertThat(costOf(8)).isEqualTo(40);
    assertThat(costOf(8)).isEqualTo(10 + 6);
    assertThat(costOf(100)).isEqualTo(100);
    assertThat(account.state.balanceMc()).isEqualTo(1_000 - 156);
  }

  @Test
  void over_events_each_begins_at_the_first_tier() {
    account.rule = over(TierScope.EVENT, new Price.Graduated(TIERS));

    assertThat(costOf(8)).isEqualTo(40);
    assertThat(costOf(8)).isEqualTo(40);
  }

  @Test
  void usage_tells_how_many_units_lay_before_it_where_its_price_depends_on_them() {
    assertThat(account.used(8).unitsBefore()).isEqualByComparingTo("0");
    assertThat(account.used(8).unitsBefore()).isEqualByComparingTo("8");
    account.rule = over(TierScope.EVENT, new Price.Graduated(TIERS));
    assertThat(account.used(8).unitsBefore()).isNull();
  }

  @Test
  void the_next_month_begins_at_the_first_tier() {
    costOf(20);
    account.wall = Instant.parse("2026-01-31T23:59:59.999Z");
    assertThat(costOf(2)).isEqualTo(2);
    account.wall = Instant.parse("2026-02-01T00:00:00Z");

    assertThat(costOf(2)).isEqualTo(10);
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/Berlin, 2026-03-31T21:59:59.999Z, 2026-03-31T22:00:00Z",
    "America/New_York, 2026-11-01T03:59:59.999Z, 2026-11-01T04:00:00Z",
  })
  void the_month_is_that_of_the_customer_s_time_zone(String zone, Instant last, Instant first) {
    account.own(null, null, zone);
    account.wall = last.minusSeconds(60);
    costOf(20);
    account.wall = last;
    assertThat(costOf(1)).isEqualTo(1);

    account.wall = first;

    assertThat(costOf(1)).isEqualTo(5);
  }

  @Test
  void other_metrics_have_tiers_of_their_own() {
    costOf(20);
    var images = (UsageRecorded) account.done(account.use("images", BigDecimal.TEN, Map.of()));

    assertThat(images.costMc()).isEqualTo(50);
  }

  @Test
  void a_price_by_volume_that_falls_costs_nothing_until_it_has_risen_again() {
    account.rule = over(TierScope.PERIOD, new Price.Tiered(TIERS));

    assertThat(costOf(10)).isEqualTo(50);
    assertThat(costOf(1)).as("11 cost less than 10 did").isZero();
    assertThat(costOf(4)).isEqualTo(4);
  }

  @Test
  void a_package_that_was_begun_in_the_month_is_used_up_first() {
    account.rule =
        over(TierScope.PERIOD, new Price.PerPackage(new BigDecimal("100"), new BigDecimal("7")));

    assertThat(costOf(1)).isEqualTo(7);
    assertThat(costOf(99)).isZero();
    assertThat(costOf(1)).isEqualTo(7);
  }

  @Test
  void a_flat_price_is_per_event_over_any_scope() {
    account.rule = over(TierScope.PERIOD, new Price.Flat(new BigDecimal("7")));

    assertThat(costOf(1)).isEqualTo(7);
    assertThat(costOf(1)).isEqualTo(7);
  }

  @Test
  void all_kinds_of_usage_of_a_metric_fill_its_tiers_together() {
    account.rule =
        over(
            TierScope.PERIOD,
            new Price.Graduated(TIERS),
            new Dimension(
                Map.of("model", "large"),
                new Price.Graduated(
                    List.of(
                        new Tier(BigDecimal.TEN, new BigDecimal("50"), BigDecimal.ZERO),
                        new Tier(null, new BigDecimal("20"), BigDecimal.ZERO)))));
    costOf(8);

    var large =
        (UsageRecorded)
            account.done(account.use("tokens", new BigDecimal("3"), Map.of("model", "large")));

    assertThat(large.costMc()).isEqualTo(2 * 50 + 20);
    assertThat(costOf(1)).isEqualTo(1);
  }

  @Test
  void a_rule_that_takes_over_in_the_month_counts_what_was_used_before_it() {
    account.rule = over(TierScope.EVENT, new Price.PerUnit(BigDecimal.ONE));
    costOf(9);
    account.rule = over(TierScope.PERIOD, new Price.Graduated(TIERS));

    assertThat(costOf(2)).isEqualTo(5 + 1);
  }

  @Test
  void what_was_given_back_or_refused_leaves_the_tiers_as_they_are() {
    UsageRecorded used = account.used(9);
    account.reversed(used, null);
    assertThat(account.refused(account.use(5_000))).isInstanceOf(Refusal.InsufficientCredits.class);

    assertThat(costOf(2)).isEqualTo(5 + 1);
  }

  @Test
  void a_reservation_pins_its_place_in_the_month() {
    costOf(8);
    long reservation = account.reserved(5);
    assertThat(account.reservation(reservation).heldMc()).isEqualTo(2 * 5 + 3);
    costOf(10);

    assertThat(account.captured(account.part(reservation, "2")).costMc()).isEqualTo(10);
    assertThat(account.captured(account.commit(reservation, 4)).costMc()).isEqualTo(4);
    assertThat(account.state.unitsInPeriod("tokens", account.wall)).isEqualByComparingTo("24");
    assertThat(costOf(1)).isEqualTo(1);
  }

  @Test
  void units_that_are_only_reserved_fill_no_tiers() {
    account.reserved(20);

    assertThat(costOf(10)).isEqualTo(50);
  }

  @Test
  void a_check_knows_how_far_the_tiers_are_filled() {
    costOf(8); // 960 are left
    var checked =
        (CustomerView.Checked)
            CustomerReader.answer(
                account.state,
                new CustomerQuery.CheckEntitlement(
                    "tokens",
                    null,
                    account.pricing(),
                    account.policy,
                    new BigDecimal("5"),
                    Map.of()),
                account.wall);

    assertThat(checked.entitlement().estimatedCostMc()).isEqualTo(2 * 5 + 3);
    assertThat(checked.entitlement().affordableUnits()).isEqualTo(2 + 950);
    account.used(952);
    assertThat(account.sums()).isEqualTo("0/0/0");
  }
}
