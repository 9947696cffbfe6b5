package io.quotastack.engine.credits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is owed beyond the blocks, apart by how it is to be settled. */
class OverageTest {
  private static final Instant FEBRUARY = Instant.parse("2026-02-01T00:00:00Z");
  private static final Instant MARCH = Instant.parse("2026-03-01T00:00:00Z");

  @Test
  void each_kind_is_booked_by_itself() {
    Overage overage =
        Overage.NONE
            .booked(5, OverageSettlement.NEXT_GRANT, null)
            .booked(7, OverageSettlement.INVOICE, FEBRUARY)
            .booked(1, OverageSettlement.NEXT_GRANT, null);

    assertThat(overage).isEqualTo(new Overage(6, 7, FEBRUARY));
    assertThat(overage.totalMc()).isEqualTo(13);
  }

  @Test
  void what_waits_for_an_end_of_a_month_keeps_it() {
    Overage overage =
        Overage.NONE
            .booked(5, OverageSettlement.INVOICE, FEBRUARY)
            .booked(7, OverageSettlement.INVOICE, MARCH);

    assertThat(overage).isEqualTo(new Overage(0, 12, FEBRUARY));
  }

  @Test
  void after_it_was_cleared_the_next_waits_for_its_own_end() {
    Overage overage =
        Overage.NONE
            .booked(5, OverageSettlement.INVOICE, FEBRUARY)
            .settled(5, OverageSettlement.INVOICE)
            .booked(7, OverageSettlement.INVOICE, MARCH);

    assertThat(overage).isEqualTo(new Overage(0, 7, MARCH));
  }

  @Test
  void settling_one_kind_leaves_the_other() {
    var both = new Overage(6, 7, FEBRUARY);

    assertThat(both.settled(4, OverageSettlement.NEXT_GRANT))
        .isEqualTo(new Overage(2, 7, FEBRUARY));
    assertThat(both.settled(6, OverageSettlement.NEXT_GRANT))
        .isEqualTo(new Overage(0, 7, FEBRUARY));
    assertThat(both.settled(7, OverageSettlement.INVOICE)).isEqualTo(new Overage(6, 0, null));
    assertThat(both.settled(2, OverageSettlement.INVOICE)).isEqualTo(new Overage(6, 5, FEBRUARY));
  }

  @Test
  void what_the_next_grant_would_pay_is_reduced_first() {
    var both = new Overage(6, 7, FEBRUARY);

    assertThat(both.reduced(0)).isEqualTo(both);
    assertThat(both.reduced(5)).isEqualTo(new Overage(1, 7, FEBRUARY));
    assertThat(both.reduced(9)).isEqualTo(new Overage(0, 4, FEBRUARY));
    assertThat(both.reduced(13)).isEqualTo(Overage.NONE);
  }

  @Test
  void reducing_nothing_where_nothing_is_owed_is_nothing() {
    assertThat(Overage.NONE.reduced(0)).isEqualTo(Overage.NONE);
  }

  @Test
  void the_sum_of_both_kinds_stays_in_range() {
    Overage almost = Overage.NONE.booked(Amounts.MAX_MC - 1, OverageSettlement.NEXT_GRANT, null);

    assertThat(almost.booked(1, OverageSettlement.INVOICE, FEBRUARY).totalMc())
        .isEqualTo(9_007_199_254_740_991L);
    assertThatThrownBy(() -> almost.booked(2, OverageSettlement.INVOICE, FEBRUARY))
        .isInstanceOf(AmountOutOfRangeException.class);
  }
}
