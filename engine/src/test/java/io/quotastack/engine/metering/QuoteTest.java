package io.quotastack.engine.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What units cost, and how many are affordable, at a place in a period. */
class QuoteTest {
  private static final List<Tier> FALLING =
      List.of(tier("100", "10", "0"), tier("200", "5", "0"), tier(null, "1", "50"));

  private static Tier tier(@Nullable String upTo, String unitCost, String flatCost) {
    return new Tier(
        upTo == null ? null : new BigDecimal(upTo),
        new BigDecimal(unitCost),
        new BigDecimal(flatCost));
  }

  private static Quote quote(Price price, String unitsBefore) {
    return new Quote(price, Rounding.UP, new BigDecimal(unitsBefore));
  }

  @ParameterizedTest
  @CsvSource({
    // units before, units, graduated, by volume
    "0, 100, 1000, 1000",
    "99, 1, 10, 10",
    "100, 1, 5, 0",
    "100, 100, 500, 0",
    "100, 101, 551, 0",
    "99.5, 1, 7.5, 0",
    "199, 1, 5, 5",
    "200, 1, 51, 0",
    "201, 1, 1, 1",
    "90, 111, 651, 0",
    "90, 0, 0, 0",
    "200, 0, 0, 0",
    "1000000, 7, 7, 7"
  })
  void an_event_costs_the_price_of_the_total_after_it_less_that_of_the_total_before(
      String unitsBefore, BigDecimal units, BigDecimal graduatedMc, long volumeMc) {
    long roundedUp = graduatedMc.setScale(0, Rounding.UP.mode()).longValueExact();

    assertThat(quote(new Price.Graduated(FALLING), unitsBefore).costMc(units)).isEqualTo(roundedUp);
    assertThat(quote(new Price.Tiered(FALLING), unitsBefore).costMc(units)).isEqualTo(volumeMc);
  }

  @Test
  void a_price_by_volume_that_falls_costs_nothing_and_gives_nothing_back() {
    var volume = new Price.Tiered(List.of(tier("100", "10", "0"), tier(null, "5", "0")));

    // 90 units cost 900; 110 units cost 550.
    assertThat(quote(volume, "90").costMc(new BigDecimal("20"))).isZero();
    assertThat(quote(volume, "110").costMc(new BigDecimal("20"))).isEqualTo(100);
    assertThat(quote(volume, "90").affordableUnits(0)).isEqualTo(90);
    assertThat(quote(volume, "90").affordableUnits(9)).isEqualTo(91);
    assertThat(quote(volume, "180").affordableUnits(9)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    // units before, units, cost: packages of 1,000 at 500
    "0, 1, 500",
    "1, 1, 0",
    "1, 999, 0",
    "1, 1000, 500",
    "1000, 1, 500",
    "1000, 0, 0",
    "999.5, 0.5, 0",
    "999.5, 0.6, 500",
    "2500, 2500, 1000",
    "2500, 2501, 1500"
  })
  void what_is_left_of_a_package_that_is_begun_is_paid_already(
      String unitsBefore, BigDecimal units, long costMc) {
    var packages = new Price.PerPackage(new BigDecimal("1000"), new BigDecimal("500"));

    assertThat(quote(packages, unitsBefore).costMc(units)).isEqualTo(costMc);
  }

  @Test
  void packages_are_affordable_from_where_the_last_one_ends() {
    var packages = new Price.PerPackage(new BigDecimal("1000"), new BigDecimal("500"));

    assertThat(quote(packages, "0").affordableUnits(499)).isZero();
    assertThat(quote(packages, "1").affordableUnits(499)).isEqualTo(999);
    assertThat(quote(packages, "1.5").affordableUnits(499)).isEqualTo(998);
    assertThat(quote(packages, "1000").affordableUnits(499)).isZero();
    assertThat(quote(packages, "1000.5").affordableUnits(1_000)).isEqualTo(2_999);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "99.5", "1000000"})
  void a_flat_price_and_one_per_unit_know_no_place(String unitsBefore) {
    var flat = quote(new Price.Flat(new BigDecimal("7")), unitsBefore);
    var perUnit = quote(new Price.PerUnit(new BigDecimal("2")), unitsBefore);

    assertThat(flat.costMc(BigDecimal.ZERO)).isEqualTo(7);
    assertThat(flat.costMc(BigDecimal.TEN)).isEqualTo(7);
    assertThat(flat.affordableUnits(22)).isEqualTo(3);
    assertThat(perUnit.costMc(BigDecimal.TEN)).isEqualTo(20);
    assertThat(perUnit.affordableUnits(21)).isEqualTo(10);
  }

  @Test
  void only_tiers_and_packages_depend_on_the_units_before() {
    assertThat(new Price.Flat(BigDecimal.ONE).dependsOnUnitsBefore()).isFalse();
    assertThat(new Price.PerUnit(BigDecimal.ONE).dependsOnUnitsBefore()).isFalse();
    assertThat(new Price.PerPackage(BigDecimal.ONE, BigDecimal.ONE).dependsOnUnitsBefore())
        .isTrue();
    assertThat(new Price.Tiered(FALLING).dependsOnUnitsBefore()).isTrue();
    assertThat(new Price.Graduated(FALLING).dependsOnUnitsBefore()).isTrue();
  }

  @Test
  void the_difference_is_rounded_and_not_what_it_is_the_difference_of() {
    var price = new Price.Graduated(List.of(tier("1", "0.4", "0"), tier(null, "0.2", "0")));
    var before = new BigDecimal("1");

    // 0.6 less 0.4: of rounded prices it would be 0, of prices rounded half up 1.
    assertThat(new Quote(price, Rounding.UP, before).costMc(BigDecimal.ONE)).isEqualTo(1);
    assertThat(new Quote(price, Rounding.HALF_UP, before).costMc(BigDecimal.ONE)).isZero();
    assertThat(new Quote(price, Rounding.DOWN, before).costMc(BigDecimal.ONE)).isZero();
  }

  @Test
  void only_the_difference_must_be_in_the_range_of_amounts() {
    var price =
        new Price.Graduated(List.of(tier("10", "9007199254740991", "0"), tier(null, "3", "0")));

    assertThat(quote(price, "9").costMc(BigDecimal.ONE)).isEqualTo(Amounts.MAX_MC);
    assertThat(quote(price, "10").costMc(BigDecimal.ONE)).isEqualTo(3);
    assertThat(quote(price, "1000000000").costMc(BigDecimal.TEN)).isEqualTo(30);
    assertThatThrownBy(() -> quote(price, "9").costMc(new BigDecimal("1.1")))
        .isInstanceOf(AmountOutOfRangeException.class);
    assertThat(quote(price, "9").affordableUnits(Amounts.MAX_MC)).isEqualTo(1);
  }

  @Test
  void a_last_tier_that_is_free_has_no_end_from_where_it_can_be_paid() {
    var price = new Price.Graduated(List.of(tier("10", "2", "0"), tier(null, "0", "5")));

    assertThat(quote(price, "8").affordableUnits(8)).isEqualTo(2);
    assertThat(quote(price, "8").affordableUnits(9)).isNull();
    assertThat(quote(price, "10").affordableUnits(4)).isZero();
    assertThat(quote(price, "10.000000001").affordableUnits(0)).isNull();
  }

  @ParameterizedTest
  @EnumSource(Rounding.class)
  void affordable_units_are_exact_however_large_the_numbers(Rounding rounding) {
    var random = new Random(23);
    for (int i = 0; i < 2_000; i++) {
      Price price = anyPrice(random, 1L << random.nextInt(50), 9);
      BigDecimal before = BigDecimal.valueOf(random.nextLong(1L << random.nextInt(1, 62)), 9);
      var quote = new Quote(price, rounding, before);
      long availableMc = random.nextLong(1L << random.nextInt(1, 53));
      Long units = quote.affordableUnits(availableMc);
      if (units == null) {
        units = Amounts.MAX_MC;
      }
      assertThat(units).isBetween(0L, Amounts.MAX_MC);
      assertThat(quote.costMc(BigDecimal.valueOf(units)))
          .as("%s units of %s", units, quote)
          .isLessThanOrEqualTo(availableMc);
      if (units < Amounts.MAX_MC) {
        assertThat(quote.roundedCostMc(BigDecimal.valueOf(units + 1)))
            .as("one more than %s units of %s", units, quote)
            .isGreaterThan(BigDecimal.valueOf(availableMc));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Rounding.class)
  void affordable_units_are_the_most_that_can_be_paid(Rounding rounding) {
    var random = new Random(17);
    for (int i = 0; i < 600; i++) {
      Price price = anyPrice(random, 40, 1);
      BigDecimal before =
          random.nextInt(4) == 0 ? BigDecimal.ZERO : BigDecimal.valueOf(random.nextInt(500), 1);
      var quote = new Quote(price, rounding, before);
      long availableMc = random.nextInt(60);
      assertThat(quote.affordableUnits(availableMc))
          .as("%s with %s", quote, availableMc)
          .isEqualTo(mostByTrying(quote, availableMc));
    }
  }

  /** Beyond 3,000 units these prices cost more than there is, or no more however many there are. */
  private static @Nullable Long mostByTrying(Quote quote, long availableMc) {
    if (quote.costMc(new BigDecimal("1000000000")) <= availableMc) {
      return null;
    }
    long most = 0;
    for (int units = 1; units <= 3_000; units++) {
      if (quote.costMc(BigDecimal.valueOf(units)) <= availableMc) {
        most = units;
      }
    }
    return most;
  }

  @Test
  void the_events_of_a_period_cost_what_all_their_units_would_in_one() {
    var random = new Random(29);
    for (int i = 0; i < 500; i++) {
      var tiers = new ArrayList<Tier>();
      BigDecimal upTo = BigDecimal.ZERO;
      for (int more = random.nextInt(4); more > 0; more--) {
        upTo = upTo.add(BigDecimal.valueOf(random.nextInt(1, 60)));
        tiers.add(
            new Tier(
                upTo,
                BigDecimal.valueOf(random.nextInt(20)),
                BigDecimal.valueOf(random.nextInt(9))));
      }
      tiers.add(new Tier(null, BigDecimal.valueOf(random.nextInt(20)), BigDecimal.ONE));
      Price price =
          random.nextInt(4) == 0
              ? new Price.PerPackage(
                  BigDecimal.valueOf(random.nextInt(1, 90)), BigDecimal.valueOf(7))
              : new Price.Graduated(tiers);
      BigDecimal total = BigDecimal.ZERO;
      long costMc = 0;
      for (int event = 0; event < 20; event++) {
        BigDecimal units = BigDecimal.valueOf(random.nextInt(20));
        costMc += new Quote(price, Rounding.UP, total).costMc(units);
        total = total.add(units);
      }
      assertThat(costMc)
          .as("%s units of %s", total, price)
          .isEqualTo(new Quote(price, Rounding.UP, BigDecimal.ZERO).costMc(total));
    }
  }

  /**
   * Not flat; numbers of up to that bound, with so many fraction digits; a last tier may be free.
   */
  private static Price anyPrice(Random random, long bound, int scale) {
    int kind = random.nextInt(8);
    if (kind == 0) {
      return new Price.PerUnit(positive(random, bound, scale));
    }
    if (kind == 1) {
      return new Price.PerPackage(positive(random, bound, scale), positive(random, bound, scale));
    }
    var tiers = new ArrayList<Tier>();
    BigDecimal upTo = BigDecimal.ZERO;
    for (int more = random.nextInt(4); more > 0; more--) {
      upTo = upTo.add(positive(random, bound * 2, scale));
      tiers.add(new Tier(upTo, any(random, bound, scale), any(random, bound, scale)));
    }
    tiers.add(
        new Tier(
            null,
            random.nextInt(4) == 0 ? BigDecimal.ZERO : positive(random, bound, scale),
            any(random, bound, scale)));
    return kind % 2 == 0 ? new Price.Tiered(tiers) : new Price.Graduated(tiers);
  }

  private static BigDecimal any(Random random, long bound, int scale) {
    return random.nextInt(4) == 0 ? BigDecimal.ZERO : positive(random, bound, scale);
  }

  private static BigDecimal positive(Random random, long bound, int scale) {
    return BigDecimal.valueOf(random.nextLong(bound) + 1, scale);
  }
}
