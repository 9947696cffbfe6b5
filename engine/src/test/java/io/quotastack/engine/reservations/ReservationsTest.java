package io.quotastack.engine.reservations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.metering.Rounding;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One reservation, and all that are active. */
class ReservationsTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final List<Allocation> THREE =
      List.of(new Allocation(5, 10), new Allocation(2, 1), new Allocation(9, 4));

  private static Reservation reservation(long number, Instant expiresAt) {
    return new Reservation(
        new ReservationTerms(
            number, "tokens", "rul_1", 1, BigDecimal.TEN, 15, Map.of(), Map.of(), AT),
        new Quote(new Price.PerUnit(new BigDecimal("0.5")), Rounding.UP, BigDecimal.ZERO),
        THREE,
        0,
        BigDecimal.ZERO,
        0,
        expiresAt,
        ReservationStatus.ACTIVE);
  }

  private static List<Long> numbers(Reservations reservations, @Nullable Long before) {
    return reservations.newestFirst(before).map(each -> each.terms().number()).toList();
  }

  // All of them.

  @Test
  void none_is_never_due() {
    assertThat(Reservations.none().size()).isZero();
    assertThat(Reservations.none().nextDue()).isNull();
    assertThat(Reservations.none().get(1)).isNull();
    assertThat(numbers(Reservations.none(), null)).isEmpty();
  }

  @Test
  void the_next_that_ends_is_due_first_and_of_two_the_older() {
    Reservations some =
        Reservations.of(
            List.of(
                reservation(4, AT.plusSeconds(9)),
                reservation(7, AT.plusSeconds(5)),
                reservation(6, AT.plusSeconds(5))));

    assertThat(some.nextDue()).isEqualTo(new Due(AT.plusSeconds(5), Due.Kind.HOLD_EXPIRY, 6));
    assertThat(some.allDue()).extracting(Due::number).containsExactly(6L, 7L, 4L);
  }

  @Test
  void another_end_takes_the_place_of_the_old_one() {
    Reservations some = Reservations.of(List.of(reservation(4, AT.plusSeconds(9))));

    Reservations later = some.with(reservation(4, AT.plusSeconds(20)));

    assertThat(later.size()).isOne();
    assertThat(later.allDue())
        .containsExactly(new Due(AT.plusSeconds(20), Due.Kind.HOLD_EXPIRY, 4));
    assertThat(some.allDue()).as("what was before is untouched").hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ACTIVE")
  void one_that_has_ended_leaves(ReservationStatus status) {
    Reservations some =
        Reservations.of(
            List.of(reservation(4, AT.plusSeconds(9)), reservation(5, AT.plusSeconds(9))));

    Reservations left = some.with(reservation(4, AT.plusSeconds(9)).ended(status));

    assertThat(left.get(4)).isNull();
    assertThat(left.all()).containsExactly(reservation(5, AT.plusSeconds(9)));
    assertThat(left.allDue()).extracting(Due::number).containsExactly(5L);
  }

  @Test
  void they_are_listed_newest_first_from_a_number_on() {
    Reservations some = Reservations.none();
    for (long number : new long[] {10, 2, 33, 4}) {
      some = some.with(reservation(number, AT.plusSeconds(number)));
    }

    assertThat(numbers(some, null)).containsExactly(33L, 10L, 4L, 2L);
    assertThat(numbers(some, 33L)).containsExactly(10L, 4L, 2L);
    assertThat(numbers(some, 9L)).containsExactly(4L, 2L);
    assertThat(numbers(some, 2L)).isEmpty();
    assertThat(some.all())
        .extracting(each -> each.terms().number())
        .containsExactly(2L, 4L, 10L, 33L);
  }

  // One.

  @Test
  void what_is_taken_first_and_what_is_left_are_all_that_is_held() {
    Reservation reservation = reservation(1, AT);
    assertThat(reservation.heldMc()).isEqualTo(15);
    assertThat(reservation.first(0)).isEmpty();
    assertThat(reservation.beyond(0)).isEqualTo(THREE);
    assertThat(reservation.first(10)).containsExactly(new Allocation(5, 10));
    assertThat(reservation.beyond(10)).containsExactly(new Allocation(2, 1), new Allocation(9, 4));
    assertThat(reservation.first(15)).isEqualTo(THREE);
    assertThat(reservation.beyond(15)).isEmpty();
    for (long amountMc = 0; amountMc <= 15; amountMc++) {
      assertThat(sum(reservation.first(amountMc))).isEqualTo(amountMc);
      assertThat(sum(reservation.beyond(amountMc))).isEqualTo(15 - amountMc);
    }
  }

  private static long sum(List<Allocation> allocations) {
    return allocations.stream().mapToLong(Allocation::amountMc).sum();
  }

  @Test
  void units_cost_what_they_cost_on_top_of_those_before() {
    Reservation fresh = reservation(1, AT);
    assertThat(fresh.costMc(BigDecimal.ONE)).isEqualTo(1);
    Reservation captured = fresh.captured(1, BigDecimal.ONE, THREE, ReservationStatus.ACTIVE);

    assertThat(captured.costMc(BigDecimal.ONE)).as("the half that was rounded up").isZero();
    assertThat(captured.costMc(new BigDecimal("1.000000001"))).isEqualTo(1);
    assertThat(captured.capturedMc()).isEqualTo(1);
    assertThat(captured.unitsLeft()).isEqualByComparingTo("9");
  }

  @Test
  void captured_credits_are_no_units() {
    Reservation captured = reservation(1, AT).captured(3, null, THREE, ReservationStatus.ACTIVE);

    assertThat(captured.capturedMc()).isEqualTo(3);
    assertThat(captured.chargedForUnitsMc()).isZero();
    assertThat(captured.unitsLeft()).isEqualByComparingTo("10");
    assertThat(captured.costMc(BigDecimal.TEN)).isEqualTo(5);
  }

  @Test
  void never_less_than_nothing_is_left_of_an_estimate() {
    Reservation captured =
        reservation(1, AT).captured(6, new BigDecimal("11.5"), List.of(), ReservationStatus.ACTIVE);

    assertThat(captured.unitsLeft()).isEqualByComparingTo("0");
  }

  @Test
  void without_a_price_units_cost_nothing_that_could_be_told() {
    Reservation unpriced = reservation(1, AT).withQuote(null);

    assertThatThrownBy(() -> unpriced.costMc(BigDecimal.ONE))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_cost_beyond_the_range_is_told() {
    assertThatThrownBy(() -> reservation(1, AT).costMc(new BigDecimal("99999999999999999")))
        .isInstanceOf(AmountOutOfRangeException.class);
  }

  @Test
  void what_has_ended_holds_nothing() {
    Reservation ended = reservation(1, AT).ended(ReservationStatus.RELEASED);

    assertThat(ended.held()).isEmpty();
    assertThat(ended.heldMc()).isZero();
    assertThat(ended.status()).isEqualTo(ReservationStatus.RELEASED);
  }
}
