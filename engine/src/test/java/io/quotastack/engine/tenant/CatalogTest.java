package io.quotastack.engine.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.topups.TopupPackage;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which rule prices a metric, and what a copy of the catalog keeps. */
class CatalogTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Metric TOKENS = new Metric("tokens", "Tokens", null, null, false, NOW, NOW);

  @Test
  void an_unknown_metric_and_one_without_a_rule_have_no_price() {
    Catalog catalog = Catalog.NONE.with(TOKENS);

    assertThat(catalog.activeRule("tokens", NOW)).isNull();
    assertThat(catalog.activeRule("images", NOW)).isNull();
    assertThat(Catalog.NONE.metric("tokens")).isNull();
  }

  @Test
  void a_new_rule_takes_the_place_of_the_old_one_from_that_moment() {
    Catalog catalog =
        Catalog.NONE.with(TOKENS).with(rule(1, NOW)).with(rule(2, NOW.plusSeconds(10)));

    assertThat(version(catalog, NOW)).isEqualTo(1);
    assertThat(version(catalog, NOW.plusSeconds(10).minusMillis(1))).isEqualTo(1);
    assertThat(version(catalog, NOW.plusSeconds(10))).isEqualTo(2);
    assertThat(version(catalog, NOW.plus(Duration.ofDays(10_000)))).isEqualTo(2);
  }

  @Test
  void a_rule_that_took_effect_when_it_was_made_prices_where_the_clock_is_behind_too() {
    Catalog catalog =
        Catalog.NONE.with(TOKENS).with(rule(1, NOW)).with(rule(2, NOW.plusSeconds(10)));

    assertThat(version(catalog, NOW.minusSeconds(3))).isEqualTo(1);
  }

  @Test
  void a_rule_for_later_does_not_price_before() {
    Catalog catalog = Catalog.NONE.with(TOKENS).with(rule(1, NOW.plusMillis(1)));

    assertThat(catalog.activeRule("tokens", NOW)).isNull();
  }

  @Test
  void of_rules_for_later_the_one_that_took_effect_last_prices() {
    Instant day2 = NOW.plus(Duration.ofDays(1));
    Instant day3 = NOW.plus(Duration.ofDays(2));
    Catalog catalog =
        Catalog.NONE.with(TOKENS).with(rule(1, NOW)).with(rule(2, day3)).with(rule(3, day2));

    assertThat(version(catalog, NOW)).isEqualTo(1);
    assertThat(version(catalog, day2)).isEqualTo(3);
    assertThat(version(catalog, day3)).isEqualTo(2);
  }

  @Test
  void of_two_rules_of_one_moment_the_newer_prices() {
    Catalog catalog = Catalog.NONE.with(TOKENS).with(rule(1, NOW)).with(rule(2, NOW));

    assertThat(version(catalog, NOW)).isEqualTo(2);
  }

  @Test
  void an_archived_metric_has_no_price_until_it_is_back() {
    Catalog catalog = Catalog.NONE.with(TOKENS).with(rule(1, NOW));
    Catalog archived = catalog.with(new Metric("tokens", "Tokens", null, null, true, NOW, NOW));

    assertThat(archived.activeRule("tokens", NOW)).isNull();
    assertThat(version(archived.with(TOKENS), NOW)).isEqualTo(1);
  }

  @Test
  void the_pricing_of_a_metric_without_a_rule_unknown_or_archived_is_none() {
    Catalog catalog = Catalog.NONE.with(TOKENS);

    assertThat(catalog.pricing("tokens", NOW)).isEqualTo(Pricing.NONE);
    assertThat(catalog.pricing("images", NOW)).isEqualTo(Pricing.NONE);
    assertThat(
            catalog
                .with(rule(1, NOW))
                .with(new Metric("tokens", "Tokens", null, null, true, NOW, NOW))
                .pricing("tokens", NOW))
        .isEqualTo(Pricing.NONE);
    assertThat(Pricing.NONE.at(NOW)).isNull();
  }

  @Test
  void pricing_holds_the_active_rule_and_those_that_take_effect_within_a_minute() {
    Instant later = NOW.plus(Duration.ofDays(1));
    Catalog catalog =
        Catalog.NONE
            .with(TOKENS)
            .with(rule(1, NOW))
            .with(rule(2, NOW))
            .with(rule(3, later.plusSeconds(60)))
            .with(rule(4, later.plusMillis(60_001)))
            .with(rule(5, later.plusSeconds(10)));

    assertThat(versions(catalog.pricing("tokens", NOW.plusSeconds(61)))).containsExactly(2);
    assertThat(versions(catalog.pricing("tokens", later))).containsExactly(2, 5, 3);
    assertThat(versions(catalog.pricing("tokens", later.plusMillis(1))))
        .containsExactly(2, 5, 3, 4);
    assertThat(versions(catalog.pricing("tokens", later.plusSeconds(70)))).containsExactly(5, 3, 4);
    assertThat(versions(catalog.pricing("tokens", later.plusSeconds(121)))).containsExactly(4);
  }

  @Test
  void a_rule_that_is_planned_prices_nothing_before_it_takes_effect() {
    Catalog catalog = Catalog.NONE.with(TOKENS).with(rule(1, NOW.plusSeconds(30)));

    Pricing pricing = catalog.pricing("tokens", NOW);

    assertThat(versions(pricing)).containsExactly(1);
    assertThat(pricing.at(NOW.plusSeconds(30).minusMillis(1))).isNull();
    assertThat(pricing.at(NOW.plusSeconds(30))).isNotNull();
  }

  @Test
  void pricing_agrees_with_the_active_rule_on_every_clock_within_a_minute() {
    for (int seed = 0; seed < 3_000; seed++) {
      var random = new Random(seed);
      Catalog catalog = Catalog.NONE.with(TOKENS);
      int rules = random.nextInt(7);
      for (int version = 1; version <= rules; version++) {
        Instant createdAt = NOW.plusSeconds(random.nextInt(-150, 150));
        boolean madeNow = random.nextBoolean();
        Instant effectiveAt = madeNow ? createdAt : createdAt.plusSeconds(random.nextInt(200));
        catalog = catalog.with(rule(version, effectiveAt, createdAt));
      }
      Pricing pricing = catalog.pricing("tokens", NOW);
      for (int second = -60; second <= 60; second++) {
        Instant clock = NOW.plusSeconds(second);
        assertThat(pricing.at(clock))
            .as("seed %s, second %s", seed, second)
            .isEqualTo(catalog.activeRule("tokens", clock));
      }
    }
  }

  @Test
  void a_change_leaves_the_copy_before_as_it_was() {
    Catalog before = Catalog.NONE.with(TOKENS).with(rule(1, NOW));

    before.with(rule(2, NOW));
    before.with(new Metric("images", "Images", null, null, false, NOW, NOW));
    before.with(settings(), 7);
    before.with(aPackage("starter"));
    before.with(new ApiKeyHash("key", "ab", NOW));
    before.at(9);

    assertThat(version(before, NOW)).isEqualTo(1);
    assertThat(before.metrics()).containsOnlyKeys("tokens");
    assertThat(before.config()).isEqualTo(TenantConfig.DEFAULT);
    assertThat(before.configVersion()).isZero();
    assertThat(before.packages()).isEmpty();
    assertThat(before.apiKeys()).isEmpty();
    assertThat(before.exists()).isFalse();
    assertThat(before.version()).isZero();
  }

  @Test
  void every_change_leaves_the_rest_as_it_was() {
    Catalog full =
        Catalog.NONE
            .with(new ApiKeyHash("key", "ab", NOW))
            .with(settings(), 2)
            .with(TOKENS)
            .with(rule(1, NOW))
            .with(aPackage("starter"))
            .at(5);

    assertThat(full)
        .isEqualTo(
            new Catalog(
                true,
                5,
                settings(),
                2,
                List.of(new ApiKeyHash("key", "ab", NOW)),
                Map.of("tokens", TOKENS),
                Map.of("tokens", List.of(rule(1, NOW))),
                Map.of("starter", aPackage("starter"))));
    assertThat(full.with(aPackage("starter"))).isEqualTo(full);
    assertThat(full.with(settings(), 2)).isEqualTo(full);
    assertThat(full.with(TOKENS)).isEqualTo(full);
    assertThat(full.at(5)).isEqualTo(full);
  }

  @Test
  void packages_are_found_by_their_key_and_kept_in_its_order() {
    Catalog catalog = Catalog.NONE.with(aPackage("b")).with(aPackage("a")).with(aPackage("c"));

    assertThat(catalog.topupPackage("a")).isEqualTo(aPackage("a"));
    assertThat(catalog.topupPackage("d")).isNull();
    assertThat(catalog.packages().keySet()).containsExactly("a", "b", "c");
  }

  private static TenantConfig settings() {
    return new TenantConfig(
        BurnOrder.PRIORITY_FIRST,
        OveragePolicy.NOTIFY,
        OverageSettlement.INVOICE,
        5L,
        60,
        ZoneId.of("Europe/Berlin"));
  }

  private static TopupPackage aPackage(String key) {
    return new TopupPackage(key, "Package", 10, 0, null, null, null, 0, false, NOW, NOW);
  }

  private static List<Integer> versions(Pricing pricing) {
    return pricing.rules().stream().map(MeteringRule::version).toList();
  }

  private static MeteringRule rule(int version, Instant effectiveAt) {
    return rule(version, effectiveAt, NOW);
  }

  private static MeteringRule rule(int version, Instant effectiveAt, Instant createdAt) {
    return new MeteringRule(
        "rul_" + version,
        "tokens",
        version,
        new Price.Flat(BigDecimal.ONE),
        TierScope.EVENT,
        List.of(),
        Rounding.UP,
        effectiveAt,
        createdAt);
  }

  private static int version(Catalog catalog, Instant at) {
    MeteringRule rule = catalog.activeRule("tokens", at);
    assertThat(rule).isNotNull();
    return rule.version();
  }
}
