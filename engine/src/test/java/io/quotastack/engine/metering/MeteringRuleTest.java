package io.quotastack.engine.metering;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which of a rule's prices holds for which usage, and where in a period. */
class MeteringRuleTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Price OWN = new Price.Flat(BigDecimal.ONE);
  private static final Price LARGE = new Price.Flat(BigDecimal.TWO);
  private static final Price LARGE_OUTPUT = new Price.PerUnit(BigDecimal.TEN);
  private static final List<Dimension> DIMENSIONS =
      List.of(
          new Dimension(Map.of("model", "large", "direction", "output"), LARGE_OUTPUT),
          new Dimension(Map.of("model", "large"), LARGE));

  private static MeteringRule rule(
      @Nullable Price price, TierScope scope, List<Dimension> dimensions) {
    return new MeteringRule(
        "rul_a", "tokens", 1, price, scope, dimensions, Rounding.HALF_UP, NOW, NOW);
  }

  private static @Nullable Price priceOf(MeteringRule rule, Map<String, String> properties) {
    Quote quote = rule.quote(properties, BigDecimal.ZERO);
    return quote == null ? null : quote.price();
  }

  @Test
  void the_first_dimension_of_which_every_pair_is_among_the_properties_prices() {
    MeteringRule rule = rule(OWN, TierScope.EVENT, DIMENSIONS);

    assertThat(priceOf(rule, Map.of("model", "large", "direction", "output", "region", "eu")))
        .isEqualTo(LARGE_OUTPUT);
    assertThat(priceOf(rule, Map.of("model", "large", "direction", "input"))).isEqualTo(LARGE);
    assertThat(priceOf(rule, Map.of("model", "large"))).isEqualTo(LARGE);
    assertThat(priceOf(rule, Map.of("direction", "output"))).isEqualTo(OWN);
    assertThat(priceOf(rule, Map.of("model", "Large"))).isEqualTo(OWN);
    assertThat(priceOf(rule, Map.of("MODEL", "large"))).isEqualTo(OWN);
    assertThat(priceOf(rule, Map.of())).isEqualTo(OWN);

    MeteringRule other = rule(OWN, TierScope.EVENT, DIMENSIONS.reversed());
    assertThat(priceOf(other, Map.of("model", "large", "direction", "output"))).isEqualTo(LARGE);
  }

  @Test
  void usage_that_matches_nothing_has_no_price_if_the_rule_has_none_of_its_own() {
    MeteringRule rule = rule(null, TierScope.EVENT, DIMENSIONS);

    assertThat(priceOf(rule, Map.of("model", "small"))).isNull();
    assertThat(priceOf(rule, Map.of())).isNull();
    assertThat(priceOf(rule, Map.of("model", "large"))).isEqualTo(LARGE);
  }

  @Test
  void the_units_before_count_under_the_scope_of_the_period_only() {
    var before = new BigDecimal("12.5");

    assertThat(rule(OWN, TierScope.EVENT, List.of()).quote(Map.of(), before))
        .isEqualTo(new Quote(OWN, Rounding.HALF_UP, BigDecimal.ZERO));
    assertThat(rule(OWN, TierScope.PERIOD, List.of()).quote(Map.of(), before))
        .isEqualTo(new Quote(OWN, Rounding.HALF_UP, before));
  }

  @Test
  void a_narrowed_pricing_quotes_the_same() {
    var random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      var rules = new ArrayList<MeteringRule>();
      for (int version = 1; version <= 3; version++) {
        var dimensions = new ArrayList<Dimension>();
        for (int more = random.nextInt(4); more > 0; more--) {
          dimensions.add(
              new Dimension(
                  properties(random, 1), new Price.Flat(BigDecimal.valueOf(dimensions.size()))));
        }
        rules.add(
            new MeteringRule(
                "rul_" + version,
                "tokens",
                version,
                random.nextBoolean() ? OWN : null,
                random.nextBoolean() ? TierScope.EVENT : TierScope.PERIOD,
                dimensions,
                Rounding.UP,
                NOW.plusSeconds(version),
                NOW));
      }
      var pricing = new Pricing(rules);
      Map<String, String> properties = properties(random, 0);
      Pricing narrowed = pricing.narrowedTo(properties);

      assertThat(narrowed.rules()).allMatch(rule -> rule.dimensions().isEmpty());
      for (int second = 0; second <= 4; second++) {
        assertThat(quoteAt(narrowed, NOW.plusSeconds(second), properties))
            .as("%s of %s", properties, pricing)
            .isEqualTo(quoteAt(pricing, NOW.plusSeconds(second), properties));
      }
    }
  }

  private static List<@Nullable Object> quoteAt(
      Pricing pricing, Instant at, Map<String, String> properties) {
    MeteringRule rule = pricing.at(at);
    var seen = new ArrayList<@Nullable Object>();
    if (rule != null) {
      seen.add(rule.id());
      seen.add(rule.version());
      seen.add(rule.quote(properties, BigDecimal.TEN));
    }
    return seen;
  }

  private static Map<String, String> properties(Random random, int least) {
    var properties = new HashMap<String, String>();
    do {
      properties.put("key" + random.nextInt(2), "value" + random.nextInt(2));
    } while (properties.size() < least || random.nextBoolean());
    return properties;
  }
}
