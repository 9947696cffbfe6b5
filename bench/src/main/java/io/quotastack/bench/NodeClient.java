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
import java.util.List;
import java.util.function.IntToLongFunction;

/** The few calls to the node that are made once, outside of the measured windows. */
final class NodeClient implements AutoCloseable {
  /** A hot customer's ledger of a million entries is read whole. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** The node's answer when it does not know in time. */
  private static final int TIMEOUT = 504;

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

  /**
   * Has the node verify ledgers, and adds a fault for each that fails or has another length.
   *
   * @param expectedEntries by customer number
   * @return how many entries they have in all
   */
  long verifyLedgers(
      String customerPrefix,
      List<Integer> customers,
      IntToLongFunction expectedEntries,
      Findings findings)
      throws IOException, InterruptedException {
    long entries = 0;
    for (int customer : customers) {
      String externalId = Exchanges.externalId(customerPrefix, customer);
      JsonNode verdict =
          body(
              send(
                  request("/v1/customer-by-external-id/" + externalId + "/ledger/verify")
                      .GET()
                      .build()),
              200);
      long expected = expectedEntries.applyAsLong(customer);
      if (!verdict.path("valid").asBoolean() || verdict.path("entries").asLong() != expected) {
        findings.addFault(
            "ledger of %s: %s, where %d entries were expected"
                .formatted(externalId, verdict, expected));
      }
      entries += verdict.path("entries").asLong();
    }
    return entries;
  }

  /**
   * Asks whether a customer may use the metric, again and again until there is an answer: reading a
   * long journal back takes longer than the node lets a request wait.
   *
   * @return how long that took, in nanoseconds
   */
  long awaitEntitlement(String externalId, Duration limit)
      throws IOException, InterruptedException {
    long startNanos = System.nanoTime();
    HttpResponse<String> response =
        sendUntilKnown(
            request(
                    "/v1/customer-by-external-id/"
                        + externalId
                        + "/entitlements/"
                        + Exchanges.METRIC)
                .GET()
                .build(),
            limit);
    long nanos = System.nanoTime() - startNanos;
    body(response, 200);
    return nanos;
  }

  /** Records one unit of usage. */
  void use(String externalId, String key, Duration limit) throws IOException, InterruptedException {
    body(sendUntilKnown(post("/v1/usage", key, Exchanges.usageBody(externalId)), limit), 201);
  }

  /** Whether this request, sent again, is answered without being executed again. */
  boolean isReplayed(String path, String key, String body)
      throws IOException, InterruptedException {
    return send(post(path, key, body))
        .headers()
        .firstValue("X-Idempotent-Replayed")
        .filter("true"::equals)
        .isPresent();
  }

  private void post(String path, ObjectNode body) throws IOException, InterruptedException {
    body(send(post(path, "bench" + path, body.toString())), 201);
  }

  private HttpRequest post(String path, String key, String body) {
    return request(path)
        .header("Idempotency-Key", key)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server + path))
        .timeout(LIMIT)
        .header("X-API-Key", apiKey);
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Sends it again while the node says that it does not know the outcome yet. */
  private HttpResponse<String> sendUntilKnown(HttpRequest request, Duration limit)
      throws IOException, InterruptedException {
    long startNanos = System.nanoTime();
    HttpResponse<String> response = send(request);
    while (response.statusCode() == TIMEOUT && System.nanoTime() - startNanos < limit.toNanos()) {
      response = send(request);
    }
    return response;
  }

  private static JsonNode body(HttpResponse<String> response, int expectedStatus)
      throws IOException {
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
