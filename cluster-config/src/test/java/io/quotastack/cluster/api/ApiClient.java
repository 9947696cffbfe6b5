package io.quotastack.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.quotastack.cluster.contract.OpenApiContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A caller of the API with one key, whose every exchange is held against openapi.yaml. A write gets
 * an idempotency key of its own unless one is given. Safe for use by many threads.
 */
final class ApiClient {
  private static final OpenApiContract CONTRACT = OpenApiContract.load();
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final URI node;
  private final String apiKey;

  /** A caller of that node with that key. */
  ApiClient(URI node, String apiKey) {
    this.node = node;
    this.apiKey = apiKey;
  }

  Answer get(String path) {
    return request("GET", path).send();
  }

  Answer post(String path, String json) {
    return request("POST", path).json(json).send();
  }

  Answer post(String path, String json, String idempotencyKey) {
    return request("POST", path).json(json).idempotencyKey(idempotencyKey).send();
  }

  Answer patch(String path, String json) {
    return request("PATCH", path).json(json).send();
  }

  Answer patch(String path, String json, String idempotencyKey) {
    return request("PATCH", path).json(json).idempotencyKey(idempotencyKey).send();
  }

  Answer put(String path, String json) {
    return request("PUT", path).json(json).send();
  }

  Answer delete(String path) {
    return request("DELETE", path).send();
  }

  /** A request that is not sent yet, with the headers that such a request needs. */
  Request request(String method, String path) {
    return new Request(method, path);
  }

  /** Sends all of them at once and waits for all answers, which keep the order of the requests. */
  static List<Answer> together(List<Request> requests) {
    List<CompletableFuture<Answer>> started = requests.stream().map(Request::start).toList();
    return started.stream().map(CompletableFuture::join).toList();
  }

  // ------------------------------------------------------------------------------------------
  // what most tests begin with

  /** The path of a customer, by its external id. */
  static String byExternalId(String externalId) {
    return "/v1/customer-by-external-id/" + encoded(externalId);
  }

  /** A text as a segment of a path or a value of a query. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A text as JSON. */
  static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  /** A metric that costs so many mc a unit. */
  void metric(String key, String unitCost) {
    post("/v1/billable-metrics", "{\"key\": \"%s\", \"name\": \"%s\"}".formatted(key, key))
        .created();
    price(key, unitCost);
  }

  /** A new price of a metric, a unit. */
  Answer price(String key, String unitCost) {
    return post(
            "/v1/metering-rules",
            """
            {"billable_metric_key": "%s", "cost_type": "per_unit", "unit_cost": %s}
            """
                .formatted(key, unitCost))
        .created();
  }

  /** Grants credits that never expire, and creates the customer with it. */
  Answer grant(String externalId, long creditsMc) {
    return grant(externalId, "{\"credits\": %d}".formatted(creditsMc));
  }

  /** Grants these credits, and creates the customer with it. */
  Answer grant(String externalId, String json) {
    return post(byExternalId(externalId) + "/credits/grant", json).created();
  }

  /** A request to record usage. */
  Request usage(String externalId, String metric, String units) {
    return request("POST", "/v1/usage")
        .json(
            """
            {"external_customer_id": %s, "billable_metric_key": "%s", "units": %s}
            """
                .formatted(quoted(externalId), metric, units));
  }

  /** Records usage, whatever comes of it. */
  Answer use(String externalId, String metric, String units) {
    return usage(externalId, metric, units).send();
  }

  /** The balance. */
  long balance(String externalId) {
    return get(byExternalId(externalId) + "/credits").ok().number("/balance");
  }

  /** The whole ledger, oldest first. */
  List<JsonNode> ledger(String externalId) {
    return list(byExternalId(externalId) + "/ledger?order=asc");
  }

  /** All elements of a list, page by page. */
  List<JsonNode> list(String pathAndQuery) {
    var all = new ArrayList<JsonNode>();
    String separator = pathAndQuery.contains("?") ? "&" : "?";
    String cursor = "";
    do {
      Answer page = get(pathAndQuery + separator + "limit=100" + cursor).ok();
      page.at("/data").forEach(all::add);
      String next = page.textOrNull("/pagination/next_cursor");
      cursor = next == null ? "" : "&cursor=" + next;
    } while (!cursor.isEmpty());
    return all;
  }

  // ------------------------------------------------------------------------------------------

  /** One request. Not safe for use by many threads before it is sent. */
  final class Request {
    private final String method;
    private final String path;
    private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private byte @Nullable [] body;

    private Request(String method, String path) {
      this.method = method;
      this.path = path;
      headers.put("X-API-Key", apiKey);
      if (method.equals("POST") || method.equals("PATCH") || method.equals("DELETE")) {
        headers.put("Idempotency-Key", UUID.randomUUID().toString());
      }
      if (method.equals("POST") || method.equals("PATCH") || method.equals("PUT")) {
        headers.put("Content-Type", "application/json");
      }
    }

    Request json(String json) {
      return bytes(json.getBytes(StandardCharsets.UTF_8));
    }

    Request bytes(byte[] bytes) {
      body = bytes;
      return this;
    }

    Request idempotencyKey(String key) {
      return header("Idempotency-Key", key);
    }

    Request header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    Request without(String name) {
      headers.remove(name);
      return this;
    }

    Answer send() {
      try {
        return answer(HTTP.send(http(), BodyHandlers.ofString()));
      } catch (IOException e) {
        throw new UncheckedIOException(method + " " + path, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }

    /** Sends it and does not wait. */
    CompletableFuture<Answer> start() {
      return HTTP.sendAsync(http(), BodyHandlers.ofString()).thenApply(this::answer);
    }

    private HttpRequest http() {
      BodyPublisher publisher =
          body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body);
      HttpRequest.Builder http =
          HttpRequest.newBuilder(URI.create(node + path))
              .timeout(ANSWER_LIMIT)
              .method(method, publisher);
      headers.forEach(http::header);
      return http.build();
    }

    private Answer answer(HttpResponse<String> response) {
      Map<String, String> received = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      response
          .headers()
          .map()
          .forEach((name, values) -> received.put(name, String.join(", ", values)));
      CONTRACT.check(
          method,
          path,
          headers,
          body == null ? null : new String(body, StandardCharsets.UTF_8),
          response.statusCode(),
          received,
          received.getOrDefault("Content-Type", ""),
          response.body());
      return new Answer(response.statusCode(), received, response.body());
    }
  }
}
