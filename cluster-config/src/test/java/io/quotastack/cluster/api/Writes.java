package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;

import java.util.Collections;
import java.util.List;

/** One write of each kind that there is, for what holds for all of them. */
final class Writes {
  private Writes() {}

  /**
   * One write.
   *
   * @param name what it does
   * @param method POST or PATCH
   * @param body a body that is carried out
   * @param other another body that would be carried out
   */
  record Write(String name, String method, String path, String body, String other) {
    Answer send(ApiClient client, String idempotencyKey) {
      return client.request(method, path).json(body).idempotencyKey(idempotencyKey).send();
    }

    Answer sendOther(ApiClient client, String idempotencyKey) {
      return client.request(method, path).json(other).idempotencyKey(idempotencyKey).send();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Makes what the writes are about. */
  static void prepare(ApiClient client) {
    client.metric("writes_metric", "3");
    client.grant("writes", 1_000_000);
    client
        .post(
            "/v1/topup/packages",
            "{\"key\": \"writes_package\", \"name\": \"A\", \"credits\": 1000}")
        .created();
    client.grant("writes asked", 10);
    client
        .put(byExternalId("writes asked") + "/auto-topup", "{\"threshold\": 20, \"credits\": 100}")
        .ok();
  }

  /** All of them; each can be sent once to a tenant that is prepared. */
  static List<Write> all(TestTenant tenant) {
    ApiClient client = tenant.live();
    String customerId = client.get(byExternalId("writes")).ok().text("/customer_id");
    return List.of(
        new Write(
            "create a customer",
            "POST",
            "/v1/customers",
            "{\"external_id\": \"writes new\", \"display_name\": \"A\"}",
            "{\"external_id\": \"writes new\", \"display_name\": \"B\"}"),
        new Write(
            "create a customer without an external id",
            "POST",
            "/v1/customers",
            "{\"display_name\": \"A\"}",
            "{\"display_name\": \"B\"}"),
        new Write(
            "change a customer",
            "PATCH",
            byExternalId("writes"),
            "{\"display_name\": \"Changed\"}",
            "{\"display_name\": null}"),
        new Write(
            "grant by external id",
            "POST",
            byExternalId("writes") + "/credits/grant",
            "{\"credits\": 1000, \"expires_at\": \"2100-01-01T00:00:00Z\", \"metadata\": {\"a\": \"é\"}}",
            "{\"credits\": 1001}"),
        new Write(
            "grant by id",
            "POST",
            "/v1/customers/" + customerId + "/credits/grant",
            "{\"credits\": 1000, \"effective_at\": \"2100-01-01T00:00:00Z\"}",
            "{\"credits\": 1000}"),
        new Write(
            "grant to a new customer",
            "POST",
            byExternalId("writes granted") + "/credits/grant",
            "{\"credits\": 50}",
            "{\"credits\": 51}"),
        new Write(
            "record usage",
            "POST",
            "/v1/usage",
            """
            {"external_customer_id": "writes", "billable_metric_key": "writes_metric", "units": 1.50}
            """,
            """
            {"external_customer_id": "writes", "billable_metric_key": "writes_metric", "units": 1.5}
            """),
        new Write(
            "reserve",
            "POST",
            "/v1/reserve",
            """
            {"external_customer_id": "writes", "billable_metric_key": "writes_metric",
             "estimated_units": 4, "properties": {"b": "1", "a": "2"}, "metadata": {"z": "é"}}
            """,
            "{\"external_customer_id\": \"writes\", \"credits\": 4}"),
        new Write(
            "commit",
            "POST",
            reservation(client) + "/commit",
            "{\"actual_units\": 1.50, \"metadata\": {\"z\": \"é\"}}",
            "{\"actual_units\": 1.5}"),
        new Write(
            "capture a part",
            "POST",
            reservation(client) + "/commit",
            "{\"actual_units\": 1, \"final\": false}",
            "{\"credits\": 1, \"final\": false}"),
        new Write("release", "POST", reservation(client) + "/release", "{\"reason\": \"é\"}", "{}"),
        new Write(
            "extend",
            "POST",
            reservation(client) + "/extend",
            "{\"ttl_seconds\": 1000}",
            "{\"ttl_seconds\": 1001}"),
        new Write(
            "top up",
            "POST",
            "/v1/topup/grant",
            """
            {"external_customer_id": "writes", "credits": 70, "price_paid": "1.50",
             "currency": "EUR", "external_payment_id": "é 1"}
            """,
            "{\"external_customer_id\": \"writes\", \"credits\": 71}"),
        new Write(
            "top up by package",
            "POST",
            "/v1/topup/grant",
            "{\"external_customer_id\": \"writes\", \"package_id\": \"writes_package\"}",
            "{\"external_customer_id\": \"writes\", \"credits\": 1000}"),
        new Write(
            "refuse a topup",
            "POST",
            byExternalId("writes asked") + "/auto-topup/refuse",
            "{}",
            "{ }"),
        new Write(
            "create a metric",
            "POST",
            "/v1/billable-metrics",
            "{\"key\": \"writes_new\", \"name\": \"A\"}",
            "{\"key\": \"writes_other\", \"name\": \"A\"}"),
        new Write(
            "change a metric",
            "PATCH",
            "/v1/billable-metrics/writes_metric",
            "{\"description\": \"Changed\"}",
            "{\"description\": null}"),
        new Write(
            "create a rule",
            "POST",
            "/v1/metering-rules",
            """
            {"billable_metric_key": "writes_metric", "cost_type": "flat", "flat_cost": 7,
             "effective_at": "2100-01-01T00:00:00Z"}
            """,
            "{\"billable_metric_key\": \"writes_metric\", \"cost_type\": \"flat\", \"flat_cost\": 8}"),
        new Write(
            "create a package",
            "POST",
            "/v1/topup/packages",
            """
            {"key": "writes_new", "name": "é", "credits": 1000, "bonus_credits": 1, "price": "1.50",
             "currency": "EUR", "expires_after_seconds": 60, "priority": 1}
            """,
            "{\"key\": \"writes_other\", \"name\": \"A\", \"credits\": 1000}"),
        new Write(
            "change a package",
            "PATCH",
            "/v1/topup/packages/writes_package",
            "{\"name\": \"Changed\", \"archived\": true}",
            "{\"name\": \"A\"}"),
        new Write(
            "change the settings",
            "PATCH",
            tenant.configPath(),
            "{\"max_overage\": 5000, \"time_zone\": \"Europe/Berlin\"}",
            "{}"));
  }

  /** The path of a new reservation. */
  private static String reservation(ApiClient client) {
    String reserve =
        """
        {"external_customer_id": "writes", "billable_metric_key": "writes_metric",
         "estimated_units": 2}
        """;
    return "/v1/reserve/" + client.post("/v1/reserve", reserve).created().text("/reservation_id");
  }

  /** The body of a batch of events that are all alike, of one unit each. */
  static String batch(String externalId, String metric, int size) {
    String event =
        "{\"external_customer_id\":\"%s\",\"billable_metric_key\":\"%s\"}"
            .formatted(externalId, metric);
    return "{\"events\":[%s]}".formatted(String.join(",", Collections.nCopies(size, event)));
  }
}
