package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The walls between tenants and between live and test, and the keys to them. */
class EnvironmentsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final TestTenant OTHER = TestTenant.in(TestNode.shared());

  private final ApiClient live = TENANT.live();
  private final ApiClient test = TENANT.test();

  @BeforeAll
  static void makeCatalog() {
    TENANT.live().metric("tokens", "1");
  }

  @Test
  void live_and_test_have_nothing_in_common() {
    Answer granted =
        live.post(byExternalId("apart") + "/credits/grant", "{\"credits\": 100}", "one key")
            .created();
    test.get(byExternalId("apart")).isProblem(404, "customer_not_found");

    // The same key is another key there, and the same customer another customer.
    Answer other =
        test.post(byExternalId("apart") + "/credits/grant", "{\"credits\": 7}", "one key")
            .created();
    assertThat(other.isReplay()).isFalse();
    assertThat(other.text("/customer_id")).isNotEqualTo(granted.text("/customer_id"));
    assertThat(live.balance("apart")).isEqualTo(100);
    assertThat(test.balance("apart")).isEqualTo(7);

    test.get("/v1/billable-metrics/tokens").isProblem(404, "not_found");
    test.use("apart", "tokens", "1").isProblem(422, "no_metering_rule");
    test.metric("tokens", "3");
    assertThat(test.use("apart", "tokens", "1").created().number("/cost")).isEqualTo(3);
    assertThat(live.use("apart", "tokens", "1").created().number("/cost")).isEqualTo(1);
    assertThat(live.get(TENANT.configPath()).ok().text("/environment")).isEqualTo("live");
    assertThat(test.get(TENANT.configPath()).ok().text("/environment")).isEqualTo("test");
  }

  @Test
  void an_id_from_elsewhere_is_a_plain_404() {
    Answer granted = live.grant("here", 100);
    String customer = "/v1/customers/" + granted.text("/customer_id");
    String entry = "/v1/ledger/" + granted.text("/ledger_entry/id");
    String rule =
        "/v1/metering-rules/"
            + live.get("/v1/metering-rules?billable_metric_key=tokens")
                .ok()
                .at("/data/0/id")
                .textValue();
    live.get(customer).ok();
    live.get(entry).ok();
    live.get(rule).ok();
    for (ApiClient elsewhere : List.of(OTHER.live(), OTHER.test())) {
      elsewhere.get(customer).isProblem(404, "customer_not_found");
      elsewhere.get(customer + "/credits").isProblem(404, "customer_not_found");
      elsewhere.get(customer + "/ledger").isProblem(404, "customer_not_found");
      elsewhere.get(byExternalId("here")).isProblem(404, "customer_not_found");
      elsewhere.get(entry).isProblem(404, "not_found");
      elsewhere.get(rule).isProblem(404, "not_found");
      elsewhere.get("/v1/billable-metrics/tokens").isProblem(404, "not_found");
      elsewhere
          .post(customer + "/credits/grant", "{\"credits\": 1}")
          .isProblem(404, "customer_not_found");
      elsewhere
          .post(
              "/v1/usage",
              "{\"customer_id\": \"%s\", \"billable_metric_key\": \"tokens\"}"
                  .formatted(granted.text("/customer_id")))
          .isProblem(404, "customer_not_found");
    }
    TENANT.test().get(customer).isProblem(404, "customer_not_found");
    TENANT.test().get(entry).isProblem(404, "not_found");
    assertThat(live.get(customer + "/credits").ok().number("/balance")).isEqualTo(100);
  }

  @Test
  void the_settings_of_another_tenant_are_not_found() {
    for (String path :
        List.of(OTHER.configPath(), "/v1/tenants/ten_x/config", "/v1/tenants/%20/config")) {
      live.get(path).isProblem(404, "not_found");
      live.patch(path, "{\"burn_order\": \"priority_first\"}").isProblem(404, "not_found");
    }
    assertThat(OTHER.live().get(OTHER.configPath()).ok().text("/burn_order"))
        .isEqualTo("expiry_first");
  }

  // ------------------------------------------------------------------------------------------
  // keys

  static List<String> wrongKeys() {
    String key = TENANT.liveKey();
    char last = key.charAt(key.length() - 1);
    String secret = key.substring("qs_live_".length() + 27);
    return List.of(
        "",
        "x",
        "qs_live_",
        key.substring(0, key.length() - 1),
        key + "a",
        key.substring(0, key.length() - 1) + (last == 'a' ? 'b' : 'a'),
        key.toUpperCase(Locale.ROOT),
        key.replace("qs_live_", "qs_test_"),
        key.replace("qs_live_", "qs_prod_"),
        TENANT.testKey().replace("qs_test_", "qs_live_"),
        OTHER.liveKey().substring(0, "qs_live_".length() + 27) + secret,
        "qs_live_" + "a".repeat(26) + "_" + secret,
        "qs_live_" + "a".repeat(26) + "_" + "a".repeat(52),
        "Bearer " + key,
        TENANT.id());
  }

  @ParameterizedTest
  @MethodSource("wrongKeys")
  void a_key_that_is_not_exactly_right_is_refused(String key) {
    Answer refused =
        new ApiClient(TENANT.node(), key)
            .get(byExternalId("anybody"))
            .isProblem(401, "unauthenticated");
    assertThat(refused.headers().get("WWW-Authenticate")).isEqualTo("ApiKey");
    // It does not tell how wrong the key is.
    Answer missing =
        live.request("GET", byExternalId("anybody"))
            .without("X-API-Key")
            .send()
            .isProblem(401, "unauthenticated");
    assertThat(refused.text("/detail")).isEqualTo(missing.text("/detail"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/customers/x",
        "GET /v1/customer-by-external-id/x/credits",
        "GET /v1/customer-by-external-id/x/credits/blocks",
        "GET /v1/customer-by-external-id/x/ledger?nonsense",
        "GET /v1/customer-by-external-id/x/ledger/verify",
        "GET /v1/customer-by-external-id/x/entitlements/y",
        "GET /v1/ledger/x",
        "GET /v1/billable-metrics",
        "GET /v1/billable-metrics/x",
        "GET /v1/metering-rules",
        "GET /v1/metering-rules/x",
        "GET /v1/topup/packages",
        "GET /v1/topup/packages/x",
        "GET /v1/tenants/x/config",
        "POST /v1/customers",
        "POST /v1/customers/x/credits/grant",
        "POST /v1/billable-metrics",
        "POST /v1/metering-rules",
        "POST /v1/topup/packages",
        "POST /v1/usage",
        "POST /v1/usage/batch",
        "PATCH /v1/customers/x",
        "PATCH /v1/customer-by-external-id/x",
        "PATCH /v1/billable-metrics/x",
        "PATCH /v1/topup/packages/x",
        "PATCH /v1/tenants/x/config",
      })
  void nothing_is_said_without_a_key(String methodAndPath) {
    String[] parts = methodAndPath.split(" ");
    live.request(parts[0], parts[1])
        .without("X-API-Key")
        .without("Idempotency-Key")
        .send()
        .isProblem(401, "unauthenticated");
  }

  @Test
  void the_key_of_another_tenant_opens_only_its_own() {
    live.grant("mine", 100);
    OTHER.live().get(byExternalId("mine")).isProblem(404, "customer_not_found");
    OTHER.live().post("/v1/customers", "{\"external_id\": \"mine\"}").created();
    assertThat(OTHER.live().balance("mine")).isZero();
    assertThat(live.balance("mine")).isEqualTo(100);
  }
}
