package io.quotastack.engine.entitlements;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.entitlements.Entitlement.Reason;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.metering.Rounding;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

/** May the customer do it, and if not, why. */
class EntitlementTest {
  private static final Quote THREE_PER_UNIT = quote(new Price.PerUnit(new BigDecimal("3")));

  @Test
  void who_can_pay_exactly_may() {
    assertThat(Entitlement.of(true, THREE_PER_UNIT, new BigDecimal("4"), 12, false, 0L))
        .isEqualTo(new Entitlement(true, null, 12L, 4L));
  }

  @Test
  void who_lacks_one_millicredit_may_not() {
    assertThat(Entitlement.of(true, THREE_PER_UNIT, new BigDecimal("4"), 11, false, 0L))
        .isEqualTo(new Entitlement(false, Reason.INSUFFICIENT_CREDITS, 12L, 3L));
  }

  @Test
  void a_metric_without_a_rule_has_no_price() {
    assertThat(Entitlement.of(true, null, BigDecimal.ONE, 1_000, false, 0L))
        .isEqualTo(new Entitlement(false, Reason.NO_METERING_RULE, null, null));
  }

  @Test
  void the_feature_comes_first() {
    assertThat(Entitlement.of(false, null, BigDecimal.ONE, 1_000, false, 0L).reason())
        .isEqualTo(Reason.FEATURE_MISSING);
    assertThat(Entitlement.of(false, THREE_PER_UNIT, BigDecimal.ONE, 0, false, 0L))
        .isEqualTo(new Entitlement(false, Reason.FEATURE_MISSING, 3L, 0L));
    assertThat(Entitlement.of(false, THREE_PER_UNIT, BigDecimal.ONE, 30, false, 0L))
        .isEqualTo(new Entitlement(false, Reason.FEATURE_MISSING, 3L, 10L));
  }

  @Test
  void what_is_free_is_allowed_without_credits_and_without_end() {
    assertThat(
            Entitlement.of(
                true, quote(new Price.Flat(BigDecimal.ZERO)), BigDecimal.TEN, 0, false, 0L))
        .isEqualTo(new Entitlement(true, null, 0L, null));
  }

  @Test
  void what_costs_more_than_any_amount_is_refused_without_a_cost() {
    Entitlement entitlement =
        Entitlement.of(
            true,
            quote(new Price.PerUnit(new BigDecimal("999999999999999"))),
            new BigDecimal("999999999999999"),
            9_007_199_254_740_991L,
            false,
            0L);

    assertThat(entitlement)
        .isEqualTo(new Entitlement(false, Reason.INSUFFICIENT_CREDITS, null, 9L));
  }

  // With overage.

  @Test
  void who_may_go_into_overage_may_use_more_than_the_blocks_have() {
    assertThat(Entitlement.of(true, THREE_PER_UNIT, new BigDecimal("4"), 5, true, 7L))
        .isEqualTo(new Entitlement(true, null, 12L, 4L));
    assertThat(Entitlement.of(true, THREE_PER_UNIT, new BigDecimal("4"), 0, true, 12L))
        .isEqualTo(new Entitlement(true, null, 12L, 4L));
  }

  @Test
  void beyond_the_cap_of_overage_nobody_may() {
    assertThat(Entitlement.of(true, THREE_PER_UNIT, new BigDecimal("4"), 5, true, 6L))
        .isEqualTo(new Entitlement(false, Reason.OVERAGE_CAP, 12L, 3L));
    assertThat(Entitlement.of(true, THREE_PER_UNIT, BigDecimal.ONE, 2, true, 0L))
        .isEqualTo(new Entitlement(false, Reason.OVERAGE_CAP, 3L, 0L));
  }

  @Test
  void without_a_cap_there_is_no_end() {
    assertThat(Entitlement.of(true, THREE_PER_UNIT, new BigDecimal("1000000"), 0, true, null))
        .isEqualTo(new Entitlement(true, null, 3_000_000L, null));
  }

  @Test
  void without_a_cap_what_costs_more_than_any_amount_is_not_allowed_all_the_same() {
    assertThat(
            Entitlement.of(true, THREE_PER_UNIT, new BigDecimal("9007199254740991"), 0, true, null))
        .isEqualTo(new Entitlement(false, Reason.OVERAGE_CAP, null, null));
  }

  @Test
  void the_feature_and_the_price_come_before_the_credits() {
    assertThat(Entitlement.of(false, THREE_PER_UNIT, BigDecimal.ONE, 0, true, null))
        .isEqualTo(new Entitlement(false, Reason.FEATURE_MISSING, 3L, null));
    assertThat(Entitlement.of(true, null, BigDecimal.ONE, 0, true, null).reason())
        .isEqualTo(Reason.NO_METERING_RULE);
  }

  @Test
  void blocks_and_cap_together_are_no_more_than_any_amount() {
    long most = 9_007_199_254_740_991L;

    assertThat(
            Entitlement.of(
                true, quote(new Price.PerUnit(BigDecimal.ONE)), BigDecimal.ONE, most, true, most))
        .isEqualTo(new Entitlement(true, null, 1L, most));
  }

  private static Quote quote(Price price) {
    return new Quote(price, Rounding.UP, BigDecimal.ZERO);
  }
}
