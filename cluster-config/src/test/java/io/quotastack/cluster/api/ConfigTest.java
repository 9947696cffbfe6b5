package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings of a tenant's environment: reading and changing them. */
class ConfigTest {
  private static final String DEFAULTS =
      """
      {"tenant_id": "%s", "environment": "live", "burn_order": "expiry_first",
       "overage_policy": "block", "overage_settlement": "next_grant", "max_overage": null,
       "reservation_default_ttl_seconds": 300, "time_zone": "UTC", "version": 1}
      """;
  private final TestTenant tenant = TestTenant.in(TestNode.shared());
  private final ApiClient api = tenant.live();
  private final String path = tenant.configPath();

  @Test
  void a_new_tenant_has_the_defaults() {
    assertThat(api.get(path).ok().json()).isEqualTo(Answer.json(DEFAULTS.formatted(tenant.id())));
  }

  @Test
  void all_settings_are_changed_at_once_in_this_environment_only() {
    Answer changed =
        api.patch(
                path,
                """
                {"burn_order": "priority_first", "overage_policy": "notify",
                 "overage_settlement": "invoice", "max_overage": 9007199254740991,
                 "reservation_default_ttl_seconds": 604800,
                 "time_zone": "America/Argentina/Buenos_Aires"}
                """)
            .ok();

    assertThat(changed.json())
        .isEqualTo(
            Answer.json(
                """
                {"tenant_id": "%s", "environment": "live", "burn_order": "priority_first",
                 "overage_policy": "notify", "overage_settlement": "invoice",
                 "max_overage": 9007199254740991, "reservation_default_ttl_seconds": 604800,
                 "time_zone": "America/Argentina/Buenos_Aires", "version": 2}
                """
                    .formatted(tenant.id())));
    assertThat(api.get(path).ok().body()).isEqualTo(changed.body());
    assertThat(tenant.test().get(path).ok().text("/overage_policy")).isEqualTo("block");
  }

  @Test
  void a_setting_that_is_left_out_stays_and_the_cap_is_cleared_by_null() {
    api.patch(path, "{\"overage_policy\": \"allow\", \"max_overage\": 0}").ok();
    Answer settled = api.patch(path, "{\"overage_settlement\": \"invoice\"}").ok();
    assertThat(settled.text("/overage_policy")).isEqualTo("allow");
    assertThat(settled.number("/max_overage")).isZero();

    Answer cleared = api.patch(path, "{\"max_overage\": null}").ok();

    assertThat(cleared.at("/max_overage").isNull()).isTrue();
    assertThat(cleared.text("/overage_policy")).isEqualTo("allow");
    assertThat(cleared.text("/overage_settlement")).isEqualTo("invoice");
    assertThat(api.get(path).ok().body()).isEqualTo(cleared.body());
  }

  @Test
  void a_change_of_nothing_is_answered_with_the_settings() {
    api.patch(path, "{\"time_zone\": \"Europe/Berlin\"}").ok();
    Answer same = api.patch(path, "{}").ok();
    assertThat(same.text("/time_zone")).isEqualTo("Europe/Berlin");
    assertThat(api.patch(path, "{\"time_zone\": \"Europe/Berlin\"}").ok().text("/burn_order"))
        .isEqualTo("expiry_first");
  }

  @Test
  void the_version_moves_with_the_settings_and_with_nothing_else() {
    long before = api.get(path).ok().number("/version");
    api.metric("tokens", "1");
    api.post("/v1/customers", "{\"display_name\": \"Nameless\"}").created();
    assertThat(api.get(path).ok().number("/version")).isEqualTo(before);

    Answer changed = api.patch(path, "{\"max_overage\": 5}").ok();

    assertThat(changed.number("/version")).isGreaterThan(before);
    api.metric("images", "1");
    assertThat(api.get(path).ok().body()).isEqualTo(changed.body());
  }

  @Test
  void a_retry_is_answered_with_the_settings_of_then() {
    Answer first = api.patch(path, "{\"max_overage\": 5}", "five").ok();
    api.patch(path, "{\"max_overage\": 6, \"time_zone\": \"Asia/Tokyo\"}").ok();

    Answer again = api.patch(path, "{\"max_overage\": 5}", "five").ok();

    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(api.get(path).ok().number("/max_overage")).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "burn_order": "random"                                   | /burn_order
          "burn_order": null                                       | /burn_order
          "overage_policy": "Allow"                                | /overage_policy
          "overage_policy": null                                   | /overage_policy
          "overage_settlement": "never"                            | /overage_settlement
          "overage_settlement": null                               | /overage_settlement
          "max_overage": -1                                        | /max_overage
          "max_overage": 0.5                                       | /max_overage
          "max_overage": "5"                                       | /max_overage
          "reservation_default_ttl_seconds": 0                     | /reservation_default_ttl_seconds
          "reservation_default_ttl_seconds": 604801                | /reservation_default_ttl_seconds
          "reservation_default_ttl_seconds": null                  | /reservation_default_ttl_seconds
          "time_zone": "Europe/Atlantis"                           | /time_zone
          "time_zone": "+01:00"                                    | /time_zone
          "time_zone": ""                                          | /time_zone
          "time_zone": null                                        | /time_zone
          "time_zone": 1, "max_overage": "x"                       | /time_zone, /max_overage
          "webhook_url": "https://a.example", "burn_order": "a"    | /webhook_url, /burn_order
          "low_balance_thresholds": [], "expiring_soon_days": 3    | /low_balance_thresholds, /expiring_soon_days
          "version": 1, "tenant_id": "a"                           | /version, /tenant_id
          """)
  void a_setting_that_makes_no_sense_or_is_unknown_is_refused_and_changes_nothing(
      String members, String pointers) {
    api.patch(path, "{%s}".formatted(members)).isInvalid(pointers.split(", "));
    assertThat(api.get(path).ok().json()).isEqualTo(Answer.json(DEFAULTS.formatted(tenant.id())));
  }

  @Test
  void a_cap_beyond_the_range_of_amounts_is_refused() {
    Answer refused =
        api.patch(path, "{\"max_overage\": 9007199254740992}")
            .isProblem(422, "amount_out_of_range");
    assertThat(refused.pointers()).containsExactly("/max_overage");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTC", "GMT", "GMT0", "Etc/GMT+12", "Europe/Kyiv", "America/Nuuk"})
  void any_name_of_a_time_zone_is_answered_as_it_was_given(String zone) {
    assertThat(ZoneId.getAvailableZoneIds()).contains(zone);
    api.patch(path, "{\"time_zone\": \"%s\"}".formatted(zone)).ok();
    assertThat(api.get(path).ok().text("/time_zone")).isEqualTo(zone);
  }
}
