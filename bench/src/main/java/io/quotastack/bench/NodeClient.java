package io.quotastack.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.bench.load.Exchanges;
import io.quotastack.bench.load.LoadJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** The few calls to the node that are made once, outside of the measured windows. */
final class NodeClient implements AutoCloseable {
  /** What the node says of a customer's ledger. */
  record LedgerVerdict(boolean valid, long entries) {}

  /** A hot customer's ledger of a million entries is read whole. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String server;
  private final String apiKey;

  NodeClient(int port, String apiKey) {
    this.server = "http://127.0.0.1:" + port;
    this.apiKey = apiKey;
  }

  /** Makes the benchmark's metric and a rule by which a unit of it costs this much. */
  void priceTheMetric(long costMc) throws IOException, InterruptedException {
    ObjectNode metric = LoadJson.MAPPER.createObjectNode();
    metric.put("key", Exchanges.METRIC).put("name", "Benchmark calls");
    post("/v1/billable-metrics", metric);
    ObjectNode rule = LoadJson.MAPPER.createObjectNode();
    rule.put("billable_metric_key", Exchanges.METRIC)
        .put("cost_type", "per_unit")
        .put("unit_cost", costMc);
    post("/v1/metering-rules", rule);
  }

  LedgerVerdict verifyLedger(int customer) throws IOException, InterruptedException {
    JsonNode verdict =
        answer(
            request(
                    "/v1/customer-by-external-id/"
                        + Exchanges.externalId(customer)
                        + "/ledger/verify")
                .GET(),
            200);
    return new LedgerVerdict(verdict.path("valid").asBoolean(), verdict.path("entries").asLong());
  }

  private void post(String path, ObjectNode body) throws IOException, InterruptedException {
    answer(
        request(path)
            .header("Idempotency-Key", "bench" + path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())),
        201);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server + path))
        .timeout(LIMIT)
        .header("X-API-Key", apiKey);
  }

  private JsonNode answer(HttpRequest.Builder request, int expectedStatus)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != expectedStatus) {
      throw new IOException(
          response.request().uri() + " answered " + response.statusCode() + ": " + response.body());
    }
    return LoadJson.MAPPER.readTree(response.body());
  }

  @Override
  public void close() {
    http.close();
  }
}
