package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import io.quotastack.cluster.api.Writes.Write;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A key stands for one request: it is carried out once and answered the same each time. */
class IdempotencyTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final int TWINS = 20;

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void prepare() {
    Writes.prepare(TENANT.live());
    TENANT.live().metric("tokens", "1");
  }

  static List<Write> writes() {
    return Writes.all(TENANT);
  }

  @ParameterizedTest
  @MethodSource("writes")
  void a_retry_gets_the_same_bytes_and_executes_nothing(Write write) {
    String key = "key of " + write;
    Answer first = write.send(api, key);
    assertThat(first.status()).as(first.body()).isIn(200, 201);
    assertThat(first.isReplay()).isFalse();
    List<String> before = everything();

    for (int i = 0; i < 3; i++) {
      Answer retry = write.send(api, key).is(first.status());
      assertThat(retry.isReplay()).isTrue();
      assertThat(retry.body()).isEqualTo(first.body());
      assertThat(retry.headers().get("Content-Type"))
          .isEqualTo(first.headers().get("Content-Type"));
      assertThat(retry.headers().get("X-Request-Id"))
          .isNotEqualTo(first.headers().get("X-Request-Id"));
    }
    write.sendOther(api, key).isProblem(422, "idempotency_key_reused");
    assertThat(everything()).isEqualTo(before);
  }

  /** All that the writes could have changed. */
  private List<String> everything() {
    return List.of(
        api.get(byExternalId("writes")).ok().body(),
        api.get(byExternalId("writes") + "/credits?include_blocks=true").ok().body(),
        api.get(byExternalId("writes") + "/ledger").ok().body(),
        api.get(byExternalId("writes") + "/reservations?limit=100").ok().body(),
        api.get(byExternalId("writes asked") + "/auto-topup").ok().body(),
        api.get(byExternalId("writes new")).body().replaceFirst("\"instance\":\"[^\"]*\"", ""),
        api.get(byExternalId("writes granted")).body().replaceFirst("\"instance\":\"[^\"]*\"", ""),
        api.get("/v1/billable-metrics?limit=100").ok().body(),
        api.get("/v1/metering-rules?limit=100").ok().body(),
        api.get("/v1/topup/packages?limit=100").ok().body(),
        api.get(TENANT.configPath()).ok().body());
  }

  @Test
  void the_answer_stays_the_first_one_whatever_happens_later() {
    String path = byExternalId("later");
    Answer granted = api.post(path + "/credits/grant", "{\"credits\": 10}", "grant");
    Answer created = api.patch(path, "{\"display_name\": \"One\"}", "patch").ok();
    api.patch(path, "{\"display_name\": \"Two\", \"metadata\": {\"a\": \"b\"}}").ok();
    api.use("later", "tokens", "10").created();
    assertThat(api.post(path + "/credits/grant", "{\"credits\": 10}", "grant").created().body())
        .isEqualTo(granted.body());
    assertThat(api.patch(path, "{\"display_name\": \"One\"}", "patch").ok().body())
        .isEqualTo(created.body());
    assertThat(api.get(path).ok().text("/display_name")).isEqualTo("Two");

    Answer rule =
        api.request("POST", "/v1/metering-rules")
            .json(
                "{\"billable_metric_key\": \"tokens\", \"cost_type\": \"flat\", \"flat_cost\": 1}")
            .idempotencyKey("rule")
            .send()
            .created();
    api.price("tokens", "1");
    Answer again =
        api.request("POST", "/v1/metering-rules")
            .json(
                "{\"billable_metric_key\": \"tokens\", \"cost_type\": \"flat\", \"flat_cost\": 1}")
            .idempotencyKey("rule")
            .send()
            .created();
    assertThat(again.body()).isEqualTo(rule.body());
    assertThat(again.isReplay()).isTrue();
  }

  @Test
  void method_path_and_bytes_of_the_body_all_make_the_request() {
    Answer granted = api.post(byExternalId("exact") + "/credits/grant", "{\"credits\": 10}", "k");
    String byId = "/v1/customers/" + granted.text("/customer_id");
    api.post(byExternalId("exact") + "/credits/grant", "{\"credits\": 10 }", "k")
        .isProblem(422, "idempotency_key_reused");
    api.post(byId + "/credits/grant", "{\"credits\": 10}", "k")
        .isProblem(422, "idempotency_key_reused");
    api.patch(byExternalId("exact"), "{\"display_name\": null}", "k")
        .isProblem(422, "idempotency_key_reused");
    assertThat(api.balance("exact")).isEqualTo(10);
    assertThat(api.ledger("exact")).hasSize(1);
  }

  @Test
  void a_key_belongs_to_its_customer_or_else_to_the_tenant() {
    String grant = "{\"credits\": 10}";
    for (String customer : List.of("owner 1", "owner 2")) {
      Answer granted = api.post(byExternalId(customer) + "/credits/grant", grant, "shared");
      assertThat(granted.created().isReplay()).isFalse();
    }
    Answer created =
        api.post("/v1/billable-metrics", "{\"key\": \"shared\", \"name\": \"S\"}", "shared");
    assertThat(created.created().isReplay()).isFalse();
    api.patch("/v1/billable-metrics/shared", "{\"name\": \"T\"}", "shared")
        .isProblem(422, "idempotency_key_reused");
  }

  // ------------------------------------------------------------------------------------------
  // refusals

  @Test
  void a_refusal_is_not_kept() {
    api.grant("refused", 5);
    String usage =
        "{\"external_customer_id\": \"refused\", \"billable_metric_key\": \"tokens\", \"units\": 6}";
    api.post("/v1/usage", usage, "k").isProblem(402, "insufficient_credits");
    api.post("/v1/usage", usage, "k").isProblem(402, "insufficient_credits");
    api.grant("refused", 5);
    Answer judgedAnew = api.post("/v1/usage", usage, "k").created();
    assertThat(judgedAnew.isReplay()).isFalse();
    assertThat(judgedAnew.number("/balance")).isEqualTo(4);
    assertThat(api.post("/v1/usage", usage, "k").created().isReplay()).isTrue();
  }

  @Test
  void the_key_of_a_refused_request_is_free_for_another() {
    String path = byExternalId("free key");
    api.patch(path, "{\"display_name\": \"A\"}", "k").isProblem(404, "customer_not_found");
    api.post(path + "/credits/grant", "{\"credits\": 0}", "k").isInvalid("/credits");
    api.post(path + "/credits/grant", "{\"credits\": 1e17}", "k")
        .isProblem(422, "amount_out_of_range");
    api.post(path + "/credits/grant", "{", "k").isProblem(400, "malformed_json");
    api.post(path + "/credits/grant", "{\"credits\": 1}", "k").created();

    api.post("/v1/metering-rules", "{}", "rule key").isProblem(400, "invalid_request");
    api.patch("/v1/billable-metrics/none", "{}", "rule key").isProblem(404, "not_found");
    api.post("/v1/billable-metrics", "{\"key\": \"tokens\", \"name\": \"T\"}", "rule key")
        .isProblem(409, "already_exists");
    api.post("/v1/billable-metrics", "{\"key\": \"free_key\", \"name\": \"T\"}", "rule key")
        .created();
  }

  @Test
  void a_customer_that_exists_is_refused_again_and_again() {
    api.post("/v1/customers", "{\"external_id\": \"there\"}", "first").created();
    for (int i = 0; i < 2; i++) {
      Answer refused = api.post("/v1/customers", "{\"external_id\": \"there\"}", "second");
      assertThat(refused.isProblem(409, "customer_exists").isReplay()).isFalse();
    }
    assertThat(
            api.post("/v1/customers", "{\"external_id\": \"there\"}", "first").created().isReplay())
        .isTrue();
  }

  // ------------------------------------------------------------------------------------------
  // keys

  @ParameterizedTest
  @ValueSource(strings = {"1", "!", "a b", "~ ~", "{\"json\": 1}", "550e8400-e29b-41d4-a716"})
  void a_key_is_any_printable_ascii(String key) {
    api.grant("keys", 1);
    String path = byExternalId("keys") + "/credits/grant";
    api.post(path, "{\"credits\": 1}", key).created();
    assertThat(api.post(path, "{\"credits\": 1}", key).created().isReplay()).isTrue();
  }

  @Test
  void a_key_has_up_to_255_characters() {
    String path = byExternalId("long keys") + "/credits/grant";
    api.post(path, "{\"credits\": 1}", "k".repeat(255)).created();
    api.post(path, "{\"credits\": 1}", "k".repeat(256)).isProblem(400, "idempotency_key");
    api.post(path, "{\"credits\": 1}", "").isProblem(400, "idempotency_key");
    assertThat(api.balance("long keys")).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("writes")
  void a_write_without_a_key_is_refused(Write write) {
    api.request(write.method(), write.path())
        .json(write.body())
        .without("Idempotency-Key")
        .send()
        .isProblem(400, "idempotency_key");
  }

  @Test
  void a_batch_without_a_key_is_refused_also_if_its_events_have_keys() {
    api.request("POST", "/v1/usage/batch")
        .json(
            """
            {"events": [{"external_customer_id": "a", "billable_metric_key": "tokens",
                         "idempotency_key": "own"}]}
            """)
        .without("Idempotency-Key")
        .send()
        .isProblem(400, "idempotency_key");
  }

  // ------------------------------------------------------------------------------------------
  // twins

  @Test
  void of_twins_that_debit_one_executes_and_all_get_its_answer() {
    api.grant("twins", 1000);
    List<Answer> answers = twins(api.usage("twins", "tokens", "7"));
    assertOneExecuted(answers);
    assertThat(api.balance("twins")).isEqualTo(993);
    assertThat(api.ledger("twins")).hasSize(2);
  }

  @Test
  void of_twins_that_create_a_customer_one_executes_and_all_get_its_answer() {
    List<Answer> named =
        twins(api.request("POST", "/v1/customers").json("{\"external_id\": \"twin customer\"}"));
    assertOneExecuted(named);
    List<Answer> nameless = twins(api.request("POST", "/v1/customers").json("{}"));
    assertOneExecuted(nameless);
    List<Answer> granted =
        twins(
            api.request("POST", byExternalId("twin granted") + "/credits/grant")
                .json("{\"credits\": 5}"));
    assertOneExecuted(granted);
    assertThat(api.balance("twin granted")).isEqualTo(5);
  }

  @Test
  void of_twins_that_change_the_catalog_one_executes_and_all_get_its_answer() {
    assertOneExecuted(
        twins(
            api.request("POST", "/v1/billable-metrics")
                .json("{\"key\": \"twin_metric\", \"name\": \"Twin\"}")));
    assertOneExecuted(
        twins(
            api.request("POST", "/v1/metering-rules")
                .json(
                    """
                    {"billable_metric_key": "twin_metric", "cost_type": "flat", "flat_cost": 1}
                    """)));
    assertThat(api.get("/v1/metering-rules?billable_metric_key=twin_metric").ok().each("version"))
        .containsExactly("1");
  }

  @Test
  void of_strangers_with_one_key_one_executes_and_the_others_are_told() {
    api.grant("strangers", 1000);
    List<ApiClient.Request> requests =
        IntStream.rangeClosed(1, TWINS)
            .mapToObj(units ->
                api.usage("strangers", "tokens", Integer.toString(units)).idempotencyKey("k"))
            .toList();
    List<Answer> answers = ApiClient.together(requests);
    assertThat(answers).filteredOn(answer -> answer.status() == 201).hasSize(1);
    assertThat(answers)
        .filteredOn(answer -> answer.status() != 201)
        .allSatisfy(answer -> answer.isProblem(422, "idempotency_key_reused"));
    assertThat(api.ledger("strangers")).hasSize(2);
  }

  /** The answers to one request that is sent many times at once. */
  private static List<Answer> twins(ApiClient.Request request) {
    var requests = new ArrayList<ApiClient.Request>();
    for (int i = 0; i < TWINS; i++) {
      requests.add(request);
    }
    return ApiClient.together(requests);
  }

  private static void assertOneExecuted(List<Answer> answers) {
    assertThat(answers).extracting(Answer::status).containsOnly(201);
    assertThat(answers).filteredOn(answer -> !answer.isReplay()).hasSize(1);
    assertThat(new HashSet<>(answers.stream().map(Answer::body).toList())).hasSize(1);
  }
}
