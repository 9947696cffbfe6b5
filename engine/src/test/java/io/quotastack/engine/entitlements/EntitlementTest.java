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

  private static Quote quote(Price price) {
    return new Quote(price, Rounding.UP, BigDecimal.ZERO);
  }
}
