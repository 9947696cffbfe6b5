package io.quotastack.engine.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What units cost, and how many are affordable. */
class PriceTest {
  private static long costMc(Price price, BigDecimal units, Rounding rounding) {
    return new Quote(price, rounding, BigDecimal.ZERO).costMc(units);
  }

  private static @Nullable Long affordableUnits(Price price, long availableMc, Rounding rounding) {
    return new Quote(price, rounding, BigDecimal.ZERO).affordableUnits(availableMc);
  }

  @ParameterizedTest
  @CsvSource({
    // unit cost, units, up, half up, down
    "0.6, 1, 1, 1, 0",
    "0.6, 5, 3, 3, 3",
    "0.5, 1, 1, 1, 0",
    "0.5, 3, 2, 2, 1",
    "0.4, 1, 1, 0, 0",
    "0.499999999, 1, 1, 0, 0",
    "2, 1.5, 3, 3, 3",
    "3, 0.5, 2, 2, 1",
    "3, 0.833333333, 3, 2, 2",
    "3, 0.833333334, 3, 3, 2",
    "1, 0.000000001, 1, 0, 0",
    "0.000000001, 0.000000001, 1, 0, 0",
    "0, 1000000, 0, 0, 0",
    "5, 0, 0, 0, 0",
    "0.6, 0, 0, 0, 0",
    "9.007199254740991, 1000000000000000, 9007199254740991, 9007199254740991, 9007199254740991",
    "1, 9007199254740990.1, 9007199254740991, 9007199254740990, 9007199254740990"
  })
  void a_price_per_unit_is_computed_exactly_and_rounded_once(
      BigDecimal unitCost, BigDecimal units, long up, long halfUp, long down) {
    var price = new Price.PerUnit(unitCost);

    assertThat(costMc(price, units, Rounding.UP)).isEqualTo(up);
    assertThat(costMc(price, units, Rounding.HALF_UP)).isEqualTo(halfUp);
    assertThat(costMc(price, units, Rounding.DOWN)).isEqualTo(down);
  }

  @ParameterizedTest
  @CsvSource({
    "7, 1, 7, 7, 7",
    "7, 0, 7, 7, 7",
    "7, 1000, 7, 7, 7",
    "0.5, 3, 1, 1, 0",
    "0.499999999, 3, 1, 0, 0",
    "0, 3, 0, 0, 0"
  })
  void a_flat_price_is_the_same_for_any_units(
      BigDecimal flatCost, BigDecimal units, long up, long halfUp, long down) {
    var price = new Price.Flat(flatCost);

    assertThat(costMc(price, units, Rounding.UP)).isEqualTo(up);
    assertThat(costMc(price, units, Rounding.HALF_UP)).isEqualTo(halfUp);
    assertThat(costMc(price, units, Rounding.DOWN)).isEqualTo(down);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 9007199254740991.1",
    "999999999999999.999999999, 999999999999999.999999999",
    "9007199254740992, 1"
  })
  void a_cost_beyond_the_range_is_refused(BigDecimal unitCost, BigDecimal units) {
    assertThatThrownBy(() -> costMc(new Price.PerUnit(unitCost), units, Rounding.UP))
        .isInstanceOf(AmountOutOfRangeException.class);
  }

  @Test
  void a_cost_that_rounds_into_the_range_is_in_it() {
    var price = new Price.PerUnit(BigDecimal.ONE);

    assertThat(costMc(price, new BigDecimal("9007199254740991.9"), Rounding.DOWN))
        .isEqualTo(Amounts.MAX_MC);
    assertThat(costMc(price, new BigDecimal("9007199254740991.4"), Rounding.HALF_UP))
        .isEqualTo(Amounts.MAX_MC);
  }

  @ParameterizedTest
  @CsvSource({
    // unit cost, available, up, half up, down
    "1, 10, 10, 10, 10",
    "0.6, 10, 16, 17, 18",
    "0.5, 1, 2, 2, 3",
    "0.5, 0, 0, 0, 1",
    "3, 10, 3, 3, 3",
    "3, 0, 0, 0, 0",
    "0.4, 0, 0, 1, 2",
    "100, 99, 0, 0, 0"
  })
  void affordable_units_by_hand(
      BigDecimal unitCost, long availableMc, long up, long halfUp, long down) {
    var price = new Price.PerUnit(unitCost);

    assertThat(affordableUnits(price, availableMc, Rounding.UP)).isEqualTo(up);
    assertThat(affordableUnits(price, availableMc, Rounding.HALF_UP)).isEqualTo(halfUp);
    assertThat(affordableUnits(price, availableMc, Rounding.DOWN)).isEqualTo(down);
  }

  @ParameterizedTest
  @EnumSource(Rounding.class)
  void affordable_units_are_payable_and_one_more_is_not(Rounding rounding) {
    var random = new Random(5);
    for (int i = 0; i < 20_000; i++) {
      long availableMc = random.nextLong(1L << random.nextInt(1, 53));
      BigDecimal cost =
          new BigDecimal(
              BigInteger.valueOf(random.nextLong(1, 1L << random.nextInt(1, 50))),
              random.nextInt(10));
      assertExactlyAffordable(new Price.PerUnit(cost), availableMc, rounding);
    }
  }

  @ParameterizedTest
  @EnumSource(Rounding.class)
  void affordable_units_are_exact_on_the_edge_of_rounding(Rounding rounding) {
    for (int available = 0; available <= 40; available++) {
      for (int numerator = 1; numerator <= 120; numerator++) {
        for (int scale = 0; scale <= 2; scale++) {
          assertExactlyAffordable(
              new Price.PerUnit(BigDecimal.valueOf(numerator, scale)), available, rounding);
        }
      }
    }
  }

  private static void assertExactlyAffordable(Price price, long availableMc, Rounding rounding) {
    Long units = affordableUnits(price, availableMc, rounding);
    assertThat(units).isNotNull().isBetween(0L, Amounts.MAX_MC);
    assertThat(costMc(price, BigDecimal.valueOf(units), rounding))
        .as("%s units of %s, %s", units, price, rounding)
        .isLessThanOrEqualTo(availableMc);
    if (units < Amounts.MAX_MC && availableMc < Amounts.MAX_MC) {
      assertThat(price.exactCostMc(BigDecimal.valueOf(units + 1)).setScale(0, rounding.mode()))
          .as("one more than %s units of %s, %s", units, price, rounding)
          .isGreaterThan(BigDecimal.valueOf(availableMc));
    }
  }

  @Test
  void a_flat_price_affords_whole_events() {
    assertThat(affordableUnits(new Price.Flat(new BigDecimal("3")), 10, Rounding.UP)).isEqualTo(3);
    assertThat(affordableUnits(new Price.Flat(new BigDecimal("3")), 2, Rounding.UP)).isZero();
    assertThat(affordableUnits(new Price.Flat(new BigDecimal("2.5")), 9, Rounding.UP)).isEqualTo(3);
    assertThat(affordableUnits(new Price.Flat(new BigDecimal("2.5")), 9, Rounding.DOWN))
        .isEqualTo(4);
    assertThat(affordableUnits(new Price.Flat(new BigDecimal("1e20")), 9, Rounding.UP)).isZero();
  }

  @Test
  void what_is_free_is_affordable_without_end() {
    assertThat(affordableUnits(new Price.PerUnit(BigDecimal.ZERO), 0, Rounding.UP)).isNull();
    assertThat(affordableUnits(new Price.PerUnit(new BigDecimal("0.00")), 5, Rounding.DOWN))
        .isNull();
    assertThat(affordableUnits(new Price.Flat(BigDecimal.ZERO), 0, Rounding.UP)).isNull();
    assertThat(affordableUnits(new Price.Flat(new BigDecimal("0.4")), 0, Rounding.HALF_UP))
        .isNull();
  }

  @Test
  void tiny_prices_do_not_overflow() {
    var price = new Price.PerUnit(new BigDecimal("0.000000001"));

    assertThat(affordableUnits(price, Amounts.MAX_MC, Rounding.UP)).isEqualTo(Amounts.MAX_MC);

    var packages =
        new Price.PerPackage(new BigDecimal("0.000000001"), new BigDecimal("0.000000001"));
    assertThat(affordableUnits(packages, Amounts.MAX_MC, Rounding.UP)).isEqualTo(Amounts.MAX_MC);
  }

  private static Tier tier(@Nullable String upTo, String unitCost, String flatCost) {
    return new Tier(
        upTo == null ? null : new BigDecimal(upTo),
        new BigDecimal(unitCost),
        new BigDecimal(flatCost));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.000000001, 500",
    "1, 500",
    "999, 500",
    "1000, 500",
    "1000.1, 1000",
    "1001, 1000",
    "2000, 1000",
    "2001, 1500"
  })
  void a_package_that_is_begun_is_paid_whole(BigDecimal units, long costMc) {
    var price = new Price.PerPackage(new BigDecimal("1000"), new BigDecimal("500"));

    assertThat(costMc(price, units, Rounding.UP)).isEqualTo(costMc);
  }

  @ParameterizedTest
  @CsvSource({
    // units, by volume, graduated: a flat cost counts once for each tier that any unit is in
    "0, 0, 0",
    "0.5, 11, 11",
    "100, 210, 210",
    "100.5, 121, 231",
    "101, 121, 231",
    "1000, 1020, 1130"
  })
  void flat_costs_of_tiers(BigDecimal units, long volumeMc, long graduatedMc) {
    var tiers = List.of(tier("100", "2", "10"), tier(null, "1", "20"));

    assertThat(costMc(new Price.Tiered(tiers), units, Rounding.UP)).isEqualTo(volumeMc);
    assertThat(costMc(new Price.Graduated(tiers), units, Rounding.UP)).isEqualTo(graduatedMc);
  }

  @Test
  void rounding_is_done_once_over_all_tiers() {
    var price =
        new Price.Graduated(
            List.of(tier("1", "0.4", "0"), tier("2", "0.4", "0"), tier(null, "0.4", "0")));

    assertThat(costMc(price, new BigDecimal("3"), Rounding.UP)).isEqualTo(2);
    assertThat(costMc(price, new BigDecimal("3"), Rounding.HALF_UP)).isEqualTo(1);
    assertThat(costMc(price, new BigDecimal("3"), Rounding.DOWN)).isEqualTo(1);
  }

  @Test
  void what_are_no_tiers_is_refused() {
    assertThatThrownBy(() -> new Price.Tiered(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Price.Tiered(List.of(tier("5", "1", "0"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() ->
            new Price.Graduated(
                List.of(tier("5", "1", "0"), tier("5", "1", "0"), tier(null, "1", "0"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new Price.Graduated(List.of(tier(null, "1", "0"), tier(null, "1", "0"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Price.PerPackage(BigDecimal.ZERO, BigDecimal.ONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource(Rounding.class)
  void affordable_units_of_any_price_are_the_most_that_can_be_paid(Rounding rounding) {
    var random = new Random(11);
    for (int i = 0; i < 2_000; i++) {
      Price price = anyPrice(random);
      long availableMc = random.nextInt(60);
      long most = 0;
      // Beyond this many units any of these prices costs more than what there is.
      for (int units = 1; units <= 400; units++) {
        if (costMc(price, BigDecimal.valueOf(units), rounding) <= availableMc) {
          most = units;
        }
      }
      assertThat(affordableUnits(price, availableMc, rounding))
          .as("%s with %s, %s", price, availableMc, rounding)
          .isEqualTo(most);
    }
  }

  private static Price anyPrice(Random random) {
    if (random.nextInt(4) == 0) {
      return new Price.PerPackage(
          BigDecimal.valueOf(random.nextInt(1, 30), 1),
          BigDecimal.valueOf(random.nextInt(10, 60), 1));
    }
    var tiers = new ArrayList<Tier>();
    BigDecimal upTo = BigDecimal.ZERO;
    for (int more = random.nextInt(4); more > 0; more--) {
      upTo = upTo.add(BigDecimal.valueOf(random.nextInt(1, 90), 1));
      tiers.add(
          new Tier(
              upTo,
              BigDecimal.valueOf(random.nextInt(40), 1),
              BigDecimal.valueOf(random.nextInt(4))));
    }
    tiers.add(
        new Tier(
            null,
            BigDecimal.valueOf(random.nextInt(3, 40), 1),
            BigDecimal.valueOf(random.nextInt(4))));
    return random.nextBoolean() ? new Price.Tiered(tiers) : new Price.Graduated(tiers);
  }

  @Test
  void a_last_tier_without_a_price_for_units_has_no_end() {
    var tiers = List.of(tier("10", "1", "0"), tier(null, "0", "20"));

    assertThat(affordableUnits(new Price.Tiered(tiers), 20, Rounding.UP)).isNull();
    assertThat(affordableUnits(new Price.Tiered(tiers), 19, Rounding.UP)).isEqualTo(10);
    assertThat(affordableUnits(new Price.Graduated(tiers), 30, Rounding.UP)).isNull();
    assertThat(affordableUnits(new Price.Graduated(tiers), 29, Rounding.UP)).isEqualTo(10);
  }
}
