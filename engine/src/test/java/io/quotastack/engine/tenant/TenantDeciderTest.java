package io.quotastack.engine.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.tenant.TenantCommand.ChangeConfig;
import io.quotastack.engine.tenant.TenantCommand.CreateMetric;
import io.quotastack.engine.tenant.TenantCommand.CreatePackage;
import io.quotastack.engine.tenant.TenantCommand.CreateRule;
import io.quotastack.engine.tenant.TenantCommand.CreateTenant;
import io.quotastack.engine.tenant.TenantCommand.NameCustomer;
import io.quotastack.engine.tenant.TenantCommand.UpdateMetric;
import io.quotastack.engine.tenant.TenantCommand.UpdatePackage;
import io.quotastack.engine.tenant.TenantDecider.Decision;
import io.quotastack.engine.tenant.TenantReply.Reason;
import io.quotastack.engine.topups.TopupPackage;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a tenant may change, and what comes of it. */
class TenantDeciderTest {
  private static final Price PRICE = new Price.PerUnit(new BigDecimal("0.6"));

  private Instant wall = Instant.parse("2026-01-01T00:00:00.123456Z");
  private TenantState state = TenantState.NONE;
  private int requests;

  @Test
  void a_tenant_comes_to_be_with_its_first_key() {
    assertThat(stored(new CreateTenant("Acme", "ab12")))
        .isEqualTo(
            new TenantEvent.TenantCreated(
                Instant.parse("2026-01-01T00:00:00.123Z"),
                "Acme",
                new ApiKeyHash("first key", "ab12", Instant.parse("2026-01-01T00:00:00.123Z"))));
    assertThat(state.catalog().exists()).isTrue();
    assertThat(state.catalog().apiKeys()).extracting(ApiKeyHash::sha256).containsExactly("ab12");
    assertThat(state.catalog().version()).isEqualTo(1);
  }

  @Test
  void to_make_a_tenant_twice_with_one_key_does_nothing_and_with_another_is_refused() {
    stored(new CreateTenant("Acme", "ab12"));

    assertThat(answer(new CreateTenant("Acme", "ab12"))).isEqualTo(new TenantReply.Replayed(1));
    assertRefused(Reason.ALREADY_EXISTS, "", answer(new CreateTenant("Acme", "ff")));
  }

  @Test
  void nothing_can_be_changed_of_a_tenant_that_does_not_exist() {
    assertRefused(Reason.NOT_FOUND, "", answer(settings(null, null)));
    assertRefused(Reason.NOT_FOUND, "", answer(metric("tokens")));
    assertRefused(Reason.NOT_FOUND, "", answer(topupPackage("starter")));
    assertRefused(Reason.NOT_FOUND, "", answer(archivePackage("starter", true)));
    assertRefused(Reason.NOT_FOUND, "", answer(new NameCustomer(fresh(), new UUID(0, 7))));
  }

  @Test
  void a_metric_is_made_once() {
    tenant();
    Instant now = Instant.parse("2026-01-01T00:00:00.123Z");
    assertThat(stored(new CreateMetric(fresh(), "tokens", "Tokens", "of text", "text")))
        .isInstanceOfSatisfying(
            TenantEvent.MetricCreated.class,
            created ->
                assertThat(created.metric())
                    .isEqualTo(new Metric("tokens", "Tokens", "of text", "text", false, now, now)));

    assertRefused(Reason.ALREADY_EXISTS, "/key", answer(metric("tokens")));
    assertThat(state.catalog().metrics()).containsOnlyKeys("tokens");
  }

  @Test
  void an_update_changes_what_it_names_and_nothing_else() {
    tenant();
    stored(new CreateMetric(fresh(), "tokens", "Tokens", "of text", "text"));
    Instant created = state.lastAt();
    wall = wall.plusSeconds(5);

    stored(new UpdateMetric(fresh(), "tokens", null, new NewValue<>(null), null, null));

    assertThat(state.catalog().metric("tokens"))
        .isEqualTo(
            new Metric("tokens", "Tokens", null, "text", false, created, created.plusSeconds(5)));

    stored(new UpdateMetric(fresh(), "tokens", "T", null, new NewValue<>("other"), true));

    assertThat(state.catalog().metric("tokens"))
        .isEqualTo(new Metric("tokens", "T", null, "other", true, created, created.plusSeconds(5)));
    assertRefused(
        Reason.NOT_FOUND, "", answer(new UpdateMetric(fresh(), "images", "I", null, null, null)));
  }

  @Test
  void the_answer_to_an_update_shows_the_rule_that_prices_then() {
    tenant();
    stored(metric("tokens"));
    stored(rule("tokens"));

    assertThat(activeRuleOf(stored(archive(false)))).isEqualTo(1);
    assertThat(activeRuleOf(stored(archive(true)))).isNull();
    assertThat(activeRuleOf(stored(archive(false)))).isEqualTo(1);
  }

  private static @Nullable Integer activeRuleOf(TenantEvent event) {
    MeteringRule rule = ((TenantEvent.MetricUpdated) event).activeRule();
    return rule == null ? null : rule.version();
  }

  private UpdateMetric archive(boolean archived) {
    return new UpdateMetric(fresh(), "tokens", null, null, null, archived);
  }

  @Test
  void rules_are_versioned_within_their_metric_and_have_ids_of_their_own() {
    tenant();
    stored(metric("tokens"));
    stored(metric("images"));
    var ids = new HashSet<String>();
    for (int version = 1; version <= 3; version++) {
      for (String metric : new String[] {"tokens", "images"}) {
        TenantEvent event =
            stored(
                new CreateRule(
                    fresh(), metric, PRICE, TierScope.EVENT, List.of(), Rounding.HALF_UP, null));
        MeteringRule rule = ((TenantEvent.RuleCreated) event).rule();
        assertThat(rule.version()).isEqualTo(version);
        assertThat(rule.metricKey()).isEqualTo(metric);
        assertThat(rule.price()).isEqualTo(PRICE);
        assertThat(rule.rounding()).isEqualTo(Rounding.HALF_UP);
        assertThat(rule.effectiveAt()).isEqualTo(state.lastAt());
        assertThat(rule.id()).matches("rul_[a-z2-7]+");
        ids.add(rule.id());
      }
    }
    assertThat(ids).hasSize(6);
  }

  @Test
  void a_rule_may_begin_later_but_not_earlier() {
    tenant();
    stored(metric("tokens"));
    Instant now = state.now(wall.minusNanos(456_000));
    Instant later = now.plus(Duration.ofDays(3));

    stored(new CreateRule(fresh(), "tokens", PRICE, TierScope.EVENT, List.of(), Rounding.UP, now));
    stored(
        new CreateRule(fresh(), "tokens", PRICE, TierScope.EVENT, List.of(), Rounding.UP, later));

    MeteringRule before = state.catalog().activeRule("tokens", later.minusMillis(1));
    MeteringRule after = state.catalog().activeRule("tokens", later);
    assertThat(before).isNotNull();
    assertThat(before.version()).isEqualTo(1);
    assertThat(after).isNotNull();
    assertThat(after.version()).isEqualTo(2);
    assertRefused(
        Reason.INVALID,
        "/effective_at",
        answer(
            new CreateRule(
                fresh(),
                "tokens",
                PRICE,
                TierScope.EVENT,
                List.of(),
                Rounding.UP,
                now.minusMillis(1))));
  }

  @Test
  void a_rule_needs_its_metric() {
    tenant();

    assertRefused(Reason.INVALID, "/billable_metric_key", answer(rule("tokens")));
  }

  @Test
  void a_rule_is_stored_with_its_scope_and_its_dimensions() {
    tenant();
    stored(metric("tokens"));
    var dimensions = List.of(new Dimension(Map.of("model", "large"), PRICE));

    TenantEvent event =
        stored(
            new CreateRule(
                fresh(), "tokens", null, TierScope.PERIOD, dimensions, Rounding.DOWN, null));

    MeteringRule rule = ((TenantEvent.RuleCreated) event).rule();
    assertThat(rule.price()).isNull();
    assertThat(rule.tierScope()).isEqualTo(TierScope.PERIOD);
    assertThat(rule.dimensions()).isEqualTo(dimensions);
    assertThat(state.catalog().activeRule("tokens", wall)).isEqualTo(rule);
  }

  @Test
  void an_archived_metric_gets_no_new_rule() {
    tenant();
    stored(metric("tokens"));
    stored(rule("tokens"));
    stored(archive(true));

    assertRefused(Reason.INVALID, "/billable_metric_key", answer(rule("tokens")));

    stored(archive(false));
    assertThat(activeRuleOf(stored(archive(false)))).isEqualTo(1);
    stored(rule("tokens"));
  }

  private CreateRule rule(String metricKey) {
    return new CreateRule(fresh(), metricKey, PRICE, TierScope.EVENT, List.of(), Rounding.UP, null);
  }

  @Test
  void metrics_and_rules_are_bounded() {
    tenant();
    for (int i = 0; i < TenantDecider.MAX_METRICS; i++) {
      stored(metric("m" + i));
    }
    assertRefused(Reason.INVALID, "/key", answer(metric("one_more")));

    for (int i = 0; i < TenantDecider.MAX_RULE_VERSIONS; i++) {
      stored(rule("m0"));
    }
    assertRefused(Reason.INVALID, "/billable_metric_key", answer(rule("m0")));
    stored(rule("m1"));
  }

  @Test
  void settings_that_are_not_named_stay() {
    tenant();
    assertThat(state.catalog().config())
        .isEqualTo(
            new TenantConfig(
                BurnOrder.EXPIRY_FIRST,
                OveragePolicy.BLOCK,
                OverageSettlement.NEXT_GRANT,
                null,
                300,
                ZoneId.of("UTC")));
    assertThat(state.catalog().config()).isEqualTo(TenantConfig.DEFAULT);
    var all =
        new ChangeConfig(
            fresh(),
            BurnOrder.PRIORITY_FIRST,
            OveragePolicy.NOTIFY,
            OverageSettlement.INVOICE,
            new NewValue<>(5_000L),
            3_600,
            ZoneId.of("Europe/Berlin"));
    var changed =
        new TenantConfig(
            BurnOrder.PRIORITY_FIRST,
            OveragePolicy.NOTIFY,
            OverageSettlement.INVOICE,
            5_000L,
            3_600,
            ZoneId.of("Europe/Berlin"));

    assertThat(stored(all))
        .isEqualTo(new TenantEvent.ConfigChanged(state.lastAt(), all.request(), changed));
    assertThat(state.catalog().config()).isEqualTo(changed);

    stored(settings(null, null));

    assertThat(state.catalog().config()).isEqualTo(changed);
  }

  @Test
  void each_setting_is_changed_by_itself_and_the_cap_of_overage_can_be_cleared() {
    tenant();
    stored(settings(null, new NewValue<>(0L)));
    assertThat(state.catalog().config().maxOverageMc()).isZero();
    stored(settings(OveragePolicy.ALLOW, null));
    assertThat(state.catalog().config().maxOverageMc()).isZero();
    assertThat(state.catalog().config().overagePolicy()).isEqualTo(OveragePolicy.ALLOW);

    stored(settings(null, new NewValue<>(null)));

    assertThat(state.catalog().config().maxOverageMc()).isNull();
    assertThat(state.catalog().config().overagePolicy()).isEqualTo(OveragePolicy.ALLOW);
    assertThat(state.catalog().config().policy())
        .isEqualTo(
            new AccountPolicy(
                BurnOrder.EXPIRY_FIRST,
                OveragePolicy.ALLOW,
                null,
                OverageSettlement.NEXT_GRANT,
                ZoneId.of("UTC")));
  }

  @Test
  void the_version_of_the_settings_is_that_of_their_last_change() {
    tenant();
    assertThat(state.catalog().configVersion()).isEqualTo(1);
    stored(metric("tokens"));
    stored(topupPackage("starter"));
    assertThat(state.catalog().configVersion()).isEqualTo(1);

    stored(settings(OveragePolicy.ALLOW, null));
    stored(metric("images"));

    assertThat(state.catalog().configVersion()).isEqualTo(4);
    assertThat(state.catalog().version()).isEqualTo(5);
  }

  @Test
  void a_package_is_made_once() {
    tenant();
    Instant now = state.lastAt();
    var all =
        new CreatePackage(
            fresh(), "starter", "Starter", 10_000, 500, new BigDecimal("9.9"), "EUR", 60L, 7);

    assertThat(stored(all))
        .isEqualTo(
            new TenantEvent.PackageCreated(
                now,
                all.request(),
                new TopupPackage(
                    "starter",
                    "Starter",
                    10_000,
                    500,
                    new BigDecimal("9.9"),
                    "EUR",
                    60L,
                    7,
                    false,
                    now,
                    now)));
    assertRefused(Reason.ALREADY_EXISTS, "/key", answer(topupPackage("starter")));
    stored(archivePackage("starter", true));
    assertRefused(Reason.ALREADY_EXISTS, "/key", answer(topupPackage("starter")));
    assertThat(state.catalog().packages()).containsOnlyKeys("starter");
  }

  @Test
  void an_update_of_a_package_changes_what_it_names_and_nothing_else() {
    tenant();
    Instant made = state.lastAt();
    stored(
        new CreatePackage(
            fresh(), "starter", "Starter", 10_000, 500, new BigDecimal("9.9"), "EUR", 60L, 7));
    wall = wall.plusSeconds(5);
    Instant now = made.plusSeconds(5);

    stored(new UpdatePackage(fresh(), "starter", null, null, null, null, null, null, null, null));

    assertThat(state.catalog().topupPackage("starter"))
        .isEqualTo(
            new TopupPackage(
                "starter",
                "Starter",
                10_000,
                500,
                new BigDecimal("9.9"),
                "EUR",
                60L,
                7,
                false,
                made,
                now));

    stored(
        new UpdatePackage(
            fresh(),
            "starter",
            "Small",
            20_000L,
            0L,
            new NewValue<>(null),
            new NewValue<>(null),
            new NewValue<>(null),
            8,
            true));

    assertThat(state.catalog().topupPackage("starter"))
        .isEqualTo(
            new TopupPackage("starter", "Small", 20_000, 0, null, null, null, 8, true, made, now));
    assertRefused(Reason.NOT_FOUND, "", answer(archivePackage("large", true)));
  }

  @Test
  void the_price_and_the_currency_of_a_package_come_together() {
    tenant();
    assertRefused(Reason.INVALID, "/currency", answer(priced("starter", "1", null)));
    assertRefused(Reason.INVALID, "/price", answer(priced("starter", null, "EUR")));
    stored(priced("starter", "1", "EUR"));

    var noPrice = new NewValue<BigDecimal>(null);
    var noCurrency = new NewValue<String>(null);
    assertRefused(Reason.INVALID, "/price", answer(repriced(noPrice, null)));
    assertRefused(Reason.INVALID, "/currency", answer(repriced(null, noCurrency)));
    stored(repriced(new NewValue<>(BigDecimal.TWO), null));
    stored(repriced(null, new NewValue<>("USD")));
    assertThat(state.catalog().topupPackage("starter"))
        .extracting(TopupPackage::price, TopupPackage::currency)
        .containsExactly(BigDecimal.TWO, "USD");
    stored(repriced(noPrice, noCurrency));
    assertRefused(
        Reason.INVALID, "/currency", answer(repriced(new NewValue<>(BigDecimal.ONE), null)));
  }

  @Test
  void what_a_package_grants_is_in_range_with_its_bonus() {
    tenant();
    assertRefused(Reason.OUT_OF_RANGE, "/credits", answer(granting("a", Amounts.MAX_MC, 1)));
    assertRefused(Reason.OUT_OF_RANGE, "/credits", answer(granting("a", 1, Amounts.MAX_MC)));
    stored(granting("a", Amounts.MAX_MC - 1, 1));

    assertRefused(
        Reason.OUT_OF_RANGE,
        "/credits",
        answer(new UpdatePackage(fresh(), "a", null, null, 2L, null, null, null, null, null)));
    stored(new UpdatePackage(fresh(), "a", null, Amounts.MAX_MC, 0L, null, null, null, null, null));
  }

  @Test
  void packages_are_bounded() {
    tenant();
    for (int i = 0; i < TenantDecider.MAX_PACKAGES; i++) {
      stored(topupPackage("p" + i));
    }
    stored(archivePackage("p0", true));

    assertRefused(Reason.INVALID, "/key", answer(topupPackage("one_more")));
    stored(archivePackage("p0", false));
  }

  private ChangeConfig settings(
      @Nullable OveragePolicy overagePolicy, @Nullable NewValue<Long> maxOverageMc) {
    return new ChangeConfig(fresh(), null, overagePolicy, null, maxOverageMc, null, null);
  }

  private CreatePackage topupPackage(String key) {
    return granting(key, 1_000, 0);
  }

  private CreatePackage granting(String key, long creditsMc, long bonusCreditsMc) {
    return new CreatePackage(
        fresh(), key, "A package", creditsMc, bonusCreditsMc, null, null, null, 0);
  }

  private CreatePackage priced(String key, @Nullable String price, @Nullable String currency) {
    return new CreatePackage(
        fresh(),
        key,
        "A package",
        1_000,
        0,
        price == null ? null : new BigDecimal(price),
        currency,
        null,
        0);
  }

  private UpdatePackage repriced(
      @Nullable NewValue<BigDecimal> price, @Nullable NewValue<String> currency) {
    return new UpdatePackage(
        fresh(), "starter", null, null, null, price, currency, null, null, null);
  }

  private UpdatePackage archivePackage(String key, boolean archived) {
    return new UpdatePackage(fresh(), key, null, null, null, null, null, null, null, archived);
  }

  @Test
  void a_retry_is_not_done_again() {
    tenant();
    var request = new RequestKey("key", 5);
    stored(new CreateMetric(request, "tokens", "Tokens", null, null));

    assertThat(answer(new CreateMetric(request, "tokens", "Tokens", null, null)))
        .isEqualTo(new TenantReply.Replayed(2));
    wall = wall.plus(Duration.ofHours(24));
    assertThat(answer(new CreateMetric(request, "tokens", "Tokens", null, null)))
        .isEqualTo(new TenantReply.Replayed(2));
    wall = wall.plus(Duration.ofMillis(1));
    assertRefused(
        Reason.ALREADY_EXISTS,
        "/key",
        answer(new CreateMetric(request, "tokens", "Tokens", null, null)));
  }

  @Test
  void a_key_stands_for_one_request_only() {
    tenant();
    stored(new CreateMetric(new RequestKey("key", 5), "tokens", "Tokens", null, null));

    assertRefused(
        Reason.KEY_REUSED,
        "",
        answer(new CreateMetric(new RequestKey("key", 6), "images", "Images", null, null)));
  }

  @Test
  void a_refused_request_is_judged_anew_under_its_key() {
    tenant();
    var request = new RequestKey("key", 5);
    assertRefused(
        Reason.INVALID,
        "/billable_metric_key",
        answer(
            new CreateRule(
                request, "tokens", PRICE, TierScope.EVENT, List.of(), Rounding.UP, null)));
    stored(metric("tokens"));

    stored(new CreateRule(request, "tokens", PRICE, TierScope.EVENT, List.of(), Rounding.UP, null));

    assertThat(state.catalog().activeRule("tokens", wall)).isNotNull();
  }

  @Test
  void a_customer_without_name_gets_the_same_uuid_on_a_retry() {
    tenant();
    Catalog before = state.catalog();
    var request = new RequestKey("key", 5);
    assertThat(stored(new NameCustomer(request, new UUID(1, 1))))
        .isInstanceOfSatisfying(
            TenantEvent.CustomerNamed.class,
            named -> assertThat(named.customerId()).isEqualTo(new UUID(1, 1)));

    assertThat(answer(new NameCustomer(request, new UUID(2, 2))))
        .isEqualTo(new TenantReply.Replayed(2));
    assertThat(state.catalog()).isEqualTo(before.at(2));
  }

  @Test
  void time_never_runs_backwards_inside_a_tenant() {
    tenant();
    wall = wall.plusSeconds(60);
    stored(metric("tokens"));
    Instant latest = state.lastAt();
    wall = wall.minusSeconds(120);

    assertThat(stored(metric("images")).at()).isEqualTo(latest);
  }

  private void tenant() {
    stored(new CreateTenant("Acme", "ab12"));
  }

  private CreateMetric metric(String key) {
    return new CreateMetric(fresh(), key, "A metric", null, null);
  }

  private RequestKey fresh() {
    requests++;
    return new RequestKey("request-" + requests, requests);
  }

  private TenantEvent stored(TenantCommand command) {
    Decision decision = TenantDecider.decide(state, command, wall);
    assertThat(decision).isInstanceOf(Decision.Store.class);
    TenantEvent event = ((Decision.Store) decision).event();
    long version = state.catalog().version();
    state = state.apply(event);
    assertThat(state.catalog().version()).isEqualTo(version + 1);
    return event;
  }

  private TenantReply answer(TenantCommand command) {
    Decision decision = TenantDecider.decide(state, command, wall);
    assertThat(decision).isInstanceOf(Decision.Answer.class);
    return ((Decision.Answer) decision).reply();
  }

  private static void assertRefused(Reason reason, String pointer, TenantReply reply) {
    assertThat(reply)
        .isInstanceOfSatisfying(
            TenantReply.Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(reason);
              assertThat(refused.pointer()).isEqualTo(pointer);
              assertThat(refused.detail()).isNotBlank();
            });
  }
}
