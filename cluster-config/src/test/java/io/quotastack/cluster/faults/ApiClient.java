package io.quotastack.cluster.faults;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A client of the API, with one API key, that any threads may use. */
final class ApiClient implements AutoCloseable {
  /** Above every limit that a node sets itself: what takes longer hangs, and fails. */
  private static final Duration HANGS = Duration.ofSeconds(60);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String apiKey;

  ApiClient(String apiKey) {
    this.apiKey = apiKey;
  }

  /** Sends it to that node; fails if there is no answer. */
  Answer send(URI node, Operation operation) throws IOException {
    return post(node, operation.path(), operation.key(), operation.body());
  }

  Answer post(URI node, String path, String key, String body) throws IOException {
    return write(node, "POST", path, key, body);
  }

  Answer patch(URI node, String path, String key, String body) throws IOException {
    return write(node, "PATCH", path, key, body);
  }

  private Answer write(URI node, String method, String path, String key, String body)
      throws IOException {
    return exchange(
        request(node, path)
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Answer get(URI node, String path) throws IOException {
    return exchange(request(node, path).build());
  }

  private HttpRequest.Builder request(URI node, String path) {
    return HttpRequest.newBuilder(node.resolve(path)).timeout(HANGS).header("X-API-Key", apiKey);
  }

  private Answer exchange(HttpRequest request) throws IOException {
    long start = System.nanoTime();
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return new Answer(
          response.statusCode(),
          response.body(),
          response.headers().firstValue("X-Idempotent-Replayed").filter("true"::equals).isPresent(),
          response.headers().firstValue("Retry-After").orElse(null),
          Duration.ofNanos(System.nanoTime() - start));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Drops its connections, also those on which an answer is awaited. */
  @Override
  public void close() {
    http.shutdownNow();
  }
}
