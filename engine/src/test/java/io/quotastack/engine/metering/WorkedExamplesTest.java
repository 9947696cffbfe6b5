package io.quotastack.engine.metering;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What other billing products say that their prices cost, computed by ours: whoever comes from one
 * of them finds the same sums. Each table names its page; the rows after "ours" are not on it, but
 * follow from the tiers that are (on an edge, one beyond it, a fraction). 1 USD is 1,000 mc.
 */
class WorkedExamplesTest {
  private static final BigDecimal MC_PER_USD = new BigDecimal("1000");

  private static BigDecimal mc(String usd) {
    return new BigDecimal(usd).multiply(MC_PER_USD);
  }

  /**
   * Tiers, each as its last unit ({@code -} for none), USD a unit, and USD once if there is one.
   */
  private static List<Tier> tiers(String... written) {
    var tiers = new ArrayList<Tier>();
    for (String tier : written) {
      String[] part = tier.split(" ");
      tiers.add(
          new Tier(
              part[0].equals("-") ? null : new BigDecimal(part[0]),
              mc(part[1]),
              part.length == 3 ? mc(part[2]) : BigDecimal.ZERO));
    }
    return tiers;
  }

  private static void assertCosts(Price price, BigDecimal units, String usd) {
    assertThat(new Quote(price, Rounding.UP, BigDecimal.ZERO).costMc(units))
        .as("%s units of %s", units, price)
        .isEqualTo(mc(usd).longValueExact());
  }

  /**
   * Prices events one after the other, as in one period.
   *
   * @param usd what each costs
   */
  private static void assertCostInAPeriod(Price price, List<String> units, List<String> usd) {
    BigDecimal before = BigDecimal.ZERO;
    for (int i = 0; i < units.size(); i++) {
      BigDecimal more = new BigDecimal(units.get(i));
      assertThat(new Quote(price, Rounding.UP, before).costMc(more))
          .as("event %s of %s", i, price)
          .isEqualTo(mc(usd.get(i)).longValueExact());
      before = before.add(more);
    }
  }

  /**
   * Stripe, "Set up tiered pricing": docs.stripe.com/subscriptions/pricing-models/tiered-pricing
   */
  @ParameterizedTest
  @CsvSource({
    // units, volume, graduated
    "1, 7, 7",
    "5, 35, 35",
    "6, 39, 41.5",
    "20, 120, 127.5",
    "25, 150, 157.5",
    // ours
    "0, 0, 0",
    "5.5, 35.75, 38.25",
    "10, 65, 67.5",
    "10.001, 60.006, 67.506",
    "11, 66, 73.5"
  })
  void stripe_tiers(BigDecimal units, String volume, String graduated) {
    List<Tier> tiers = tiers("5 7", "10 6.5", "- 6");

    assertCosts(new Price.Tiered(tiers), units, volume);
    assertCosts(new Price.Graduated(tiers), units, graduated);
  }

  /**
   * Stripe, "Tiered pricing": stripe.com/docs/billing/subscriptions/tiers; the graduated sums of 20
   * and 25 are ours.
   */
  @ParameterizedTest
  @CsvSource({
    // units, per unit, volume, graduated
    "1, 5, 5, 5",
    "5, 25, 25, 25",
    "6, 30, 24, 29",
    "20, 100, 40, 70",
    "25, 125, 25, 75",
    // ours
    "10, 50, 40, 45",
    "11, 55, 33, 48",
    "15, 75, 45, 60",
    "16, 80, 32, 62",
    "21, 105, 21, 71"
  })
  void stripe_tiers_of_which_the_volume_price_falls(
      BigDecimal units, String perUnit, String volume, String graduated) {
    List<Tier> tiers = tiers("5 5", "10 4", "15 3", "20 2", "- 1");

    assertCosts(new Price.PerUnit(mc("5")), units, perUnit);
    assertCosts(new Price.Tiered(tiers), units, volume);
    assertCosts(new Price.Graduated(tiers), units, graduated);
  }

  /**
   * Stripe, "Quantity transformation":
   * stripe.com/docs/billing/subscriptions/quantity-transformation
   */
  @ParameterizedTest
  @CsvSource({
    "1, 10",
    "3, 10",
    "5, 10",
    "6, 20",
    "7, 20",
    // ours
    "0, 0",
    "5.1, 20",
    "10, 20",
    "11, 30"
  })
  void stripe_packages_of_users(BigDecimal users, String usd) {
    assertCosts(new Price.PerPackage(new BigDecimal("5"), mc("10")), users, usd);
  }

  /**
   * Stripe, "Transform quantities":
   * docs.stripe.com/billing/subscriptions/usage-based/transform-quantities
   */
  @ParameterizedTest
  @CsvSource({
    "150, 30",
    // ours
    "120, 20",
    "121, 30",
    "60, 10",
    "0.5, 10"
  })
  void stripe_hours_of_which_one_begun_is_paid_whole(BigDecimal minutes, String usd) {
    assertCosts(new Price.PerPackage(new BigDecimal("60"), mc("10")), minutes, usd);
  }

  /** Lago, "Volume": getlago.com/docs/guide/plans/charges/charge-models/volume */
  @ParameterizedTest
  @CsvSource({
    "65000, 49",
    // ours
    "0, 0",
    "1, 10.001",
    "10000, 20",
    "10001, 18.0008",
    "50000, 50",
    "50001, 40.0006",
    "100000, 70",
    "100001, 50.0004"
  })
  void lago_volume_with_a_fee_for_each_tier(BigDecimal units, BigDecimal usd) {
    var price =
        new Price.Tiered(
            tiers("10000 0.0010 10", "50000 0.0008 10", "100000 0.0006 10", "- 0.0004 10"));

    assertThat(price.exactCostMc(units)).isEqualByComparingTo(usd.multiply(MC_PER_USD));
  }

  /** Lago, "Graduated": getlago.com/docs/guide/plans/charges/charge-models/graduated; sums ours. */
  @ParameterizedTest
  @CsvSource({"100, 100", "101, 100.5", "200, 150", "201, 150.1", "200.5, 150.05", "1000, 230"})
  void lago_graduated(BigDecimal units, String usd) {
    assertCosts(new Price.Graduated(tiers("100 1", "200 0.5", "- 0.1")), units, usd);
  }

  /**
   * Lago, "Package": getlago.com/docs/guide/plans/charges/charge-models/package. Its 100 free units
   * are taken off first: a package of ours has none.
   */
  @ParameterizedTest
  @CsvSource({
    "201, 10",
    // ours
    "100, 0",
    "101, 5",
    "200, 5",
    "300, 10",
    "301, 15"
  })
  void lago_packages_after_free_units(BigDecimal units, String usd) {
    BigDecimal paid = units.subtract(new BigDecimal("100"));

    assertCosts(new Price.PerPackage(new BigDecimal("100"), mc("5")), paid, usd);
  }

  /**
   * Lago, "Graduated percentage":
   * getlago.com/docs/guide/plans/charges/charge-models/graduated-percentage. Three transactions of
   * one period, in dollars; a tier's fee is paid by the one that reaches it.
   */
  @Test
  void lago_graduated_over_the_events_of_a_period() {
    var price = new Price.Graduated(tiers("1000 0.01 200", "10000 0.02 300", "- 0.03 400"));

    assertCostInAPeriod(price, List.of("500", "550", "4000"), List.of("205", "306", "80"));
  }

  /** Lago, "Charges", standard model: doc.getlago.com/docs/guide/plans/charges */
  @Test
  void lago_standard() {
    assertCosts(new Price.PerUnit(mc("0.05")), new BigDecimal("1000"), "50");
  }

  /**
   * Orb, "Price configuration": docs.withorb.com/product-catalog/price-configuration; the tiered
   * sums are ours.
   */
  @ParameterizedTest
  @CsvSource({
    // units, bulk, tiered
    "10, 5.00, 5.00",
    "101, 40.40, 14.10",
    // ours
    "11, 4.40, 5.10",
    "10.5, 4.20, 5.05",
    "1000, 400, 104"
  })
  void orb_bulk_and_tiered(BigDecimal units, String bulk, String tiered) {
    assertCosts(new Price.Tiered(tiers("10 0.50", "- 0.40")), units, bulk);
    assertCosts(new Price.Graduated(tiers("10 0.50", "- 0.10")), units, tiered);
  }

  /** Orb, "Price configuration": 4 units are billed as 10 and 11 as 20. */
  @ParameterizedTest
  @CsvSource({
    "4, 0.80",
    "11, 1.60",
    // ours
    "10, 0.80",
    "20, 1.60",
    "21, 2.40"
  })
  void orb_packages(BigDecimal units, String usd) {
    assertCosts(new Price.PerPackage(new BigDecimal("10"), mc("0.80")), units, usd);
  }

  /** OpenMeter, "Pricing models": openmeter.io/docs/billing/product-catalog/pricing-models */
  @Test
  void openmeter_per_unit() {
    assertCosts(new Price.PerUnit(mc("0.01")), new BigDecimal("10000"), "100");
  }

  /** Zuplo, "Pricing models": zuplo.com/docs/articles/monetization/pricing-models */
  @ParameterizedTest
  @CsvSource({
    // units, graduated, volume
    "15000, 600, 150",
    // ours
    "1000, 100, 100",
    "1001, 100.05, 50.05",
    "10000, 550, 500",
    "10001, 550.01, 100.01"
  })
  void zuplo_tiers(BigDecimal units, String graduated, String volume) {
    List<Tier> tiers = tiers("1000 0.10", "10000 0.05", "- 0.01");

    assertCosts(new Price.Graduated(tiers), units, graduated);
    assertCosts(new Price.Tiered(tiers), units, volume);
  }

  /**
   * Autumn, "Graduated pricing":
   * docs.useautumn.com/documentation/modelling-pricing/graduated-pricing
   */
  @ParameterizedTest
  @CsvSource({
    "15000, 107",
    // ours
    "1000, 10",
    "1001, 10.008",
    "10000, 82",
    "10001, 82.005"
  })
  void autumn_graduated(BigDecimal units, String usd) {
    assertCosts(new Price.Graduated(tiers("1000 0.01", "10000 0.008", "- 0.005")), units, usd);
  }

  /** Flexprice, "Tiered": docs.flexprice.io/docs/product-catalogue/plans/billing-models/tiered */
  @Test
  void flexprice_packages() {
    assertCosts(
        new Price.PerPackage(new BigDecimal("1000"), mc("1.00")), new BigDecimal("4500"), "5");
  }

  /**
   * Chargebee, "Package pricing": chargebee.com/docs/billing/2.0/product-catalog/package-pricing.
   * Ours bills no package for no units.
   */
  @ParameterizedTest
  @CsvSource({
    "10, 1.25", "1000000, 1.25", "1500000, 2.50",
    // ours
    "0, 0", "1000000.5, 2.50", "1000001, 2.50"
  })
  void chargebee_packages(BigDecimal tokens, String usd) {
    assertCosts(new Price.PerPackage(new BigDecimal("1000000"), mc("1.25")), tokens, usd);
  }

  /**
   * Zuora, "Example: Tiered pricing mode": docs.zuora.com/en/zuora-billing/bill-your-customer/
   * billing-document-templates-configuration
   */
  @ParameterizedTest
  @CsvSource({
    "130, 60",
    // ours
    "100, 0",
    "101, 2",
    "100.5, 1",
    "200, 200"
  })
  void zuora_overage_after_included_units(BigDecimal units, String usd) {
    assertCosts(new Price.Graduated(tiers("100 0", "- 2.00")), units, usd);
  }

  /** Metrifox, "Pricing models": docs.metrifox.com/pricing-models */
  @ParameterizedTest
  @CsvSource({
    "2500, 220",
    // ours
    "1000, 100",
    "1001, 100.08",
    "1000.5, 100.04"
  })
  void metrifox_graduated(BigDecimal units, String usd) {
    assertCosts(new Price.Graduated(tiers("1000 0.10", "- 0.08")), units, usd);
  }

  /**
   * Metronome, "Create plans": docs.metronome.com/pricing-and-packaging/create-plans; the rate
   * depends on what was used so far in the billing period. The events are ours.
   */
  @Test
  void metronome_tiers_over_the_events_of_a_period() {
    var price = new Price.Graduated(tiers("1000 0.10", "- 0.09"));

    assertCostInAPeriod(
        price,
        List.of("400", "600", "1", "0.5", "1000"),
        List.of("40", "60", "0.09", "0.045", "90"));
    assertCostInAPeriod(price, List.of("999.5", "1"), List.of("99.95", "0.095"));
  }

  /**
   * Oracle Banking Liquidity Management, "Examples for Tier Based Amount": docs.oracle.com/en/
   * industries/financial-services/banking-liquidity-management/14.8.2.0.0/oblug
   */
  @Test
  void oracle_slabs_with_and_without_a_price_for_each_unit() {
    List<Tier> amounts = tiers("250 0 10", "500 0 20", "- 0 30");
    List<Tier> units = tiers("250 1", "500 2", "- 3");
    var count = new BigDecimal("1000");

    assertCosts(new Price.Graduated(amounts), count, "60");
    assertCosts(new Price.Tiered(amounts), count, "30");
    assertCosts(new Price.Graduated(units), count, "2250");
    assertCosts(new Price.Tiered(units), count, "3000");
    // Ours: on the edges.
    assertCosts(new Price.Graduated(amounts), new BigDecimal("250"), "10");
    assertCosts(new Price.Graduated(amounts), new BigDecimal("251"), "30");
    assertCosts(new Price.Tiered(amounts), new BigDecimal("500"), "20");
    assertCosts(new Price.Tiered(amounts), new BigDecimal("501"), "30");
  }

  /**
   * Oracle Financial Services Lending and Leasing, "Tiered and Non Tiered Usage Calculation":
   * docs.oracle.com/en/industries/financial-services/financial-lending-leasing/15.0.0.0.0/leoug
   */
  @ParameterizedTest
  @CsvSource({
    // first tier, its price, second tier, its price, price of the rest, units, tiered, not tiered
    "29, 1, 74, 2, 3, 76, 125, 228",
    "49, 4, 1000, 5, 5, 51, 206, 255",
    "49, 6, 1000, 7, 7, 65, 406, 455"
  })
  void oracle_usage_in_tiers_and_by_the_tier_reached(
      String first,
      String firstUsd,
      String second,
      String secondUsd,
      String restUsd,
      BigDecimal units,
      String tiered,
      String notTiered) {
    List<Tier> tiers = tiers(first + " " + firstUsd, second + " " + secondUsd, "- " + restUsd);

    assertCosts(new Price.Graduated(tiers), units, tiered);
    assertCosts(new Price.Tiered(tiers), units, notTiered);
  }

  /**
   * Lava, "Meters": lava.so/docs/monetize/meters. A fee of 2 USD for a million tokens, of which 700
   * cost 0.0014 USD: 1.4 mc, which only rounding makes an amount.
   */
  @ParameterizedTest
  @CsvSource({
    // tokens, up, half up, down
    "700, 2, 1, 1",
    // ours
    "250, 1, 1, 0", // half a mc
    "249, 1, 0, 0",
    "750, 2, 2, 1", // one and a half
    "500, 1, 1, 1",
    "0.000001, 1, 0, 0"
  })
  void lava_fees_below_a_millicredit(BigDecimal tokens, long up, long halfUp, long down) {
    var price = new Price.PerUnit(mc("0.000002"));

    assertThat(new Quote(price, Rounding.UP, BigDecimal.ZERO).costMc(tokens)).isEqualTo(up);
    assertThat(new Quote(price, Rounding.HALF_UP, BigDecimal.ZERO).costMc(tokens))
        .isEqualTo(halfUp);
    assertThat(new Quote(price, Rounding.DOWN, BigDecimal.ZERO).costMc(tokens)).isEqualTo(down);
  }

  /** Lava, "Meters": 5, 3 and 1 USD for a million tokens, by what was used before. */
  @Test
  void lava_tiers_of_tokens() {
    var price = new Price.Graduated(tiers("1000000 0.000005", "10000000 0.000003", "- 0.000001"));

    assertCosts(price, new BigDecimal("5000000"), "17");
    assertCostInAPeriod(price, List.of("1000000", "4000000"), List.of("5", "12"));
  }
}
