package io.quotastack.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A small server that answers reserve and commit as the API says, and remembers what it was asked.
 */
public final class FakeReservations implements AutoCloseable {
  private static final String RESERVE = "/v1/reserve";
  private static final String COMMIT = "/commit";

  private final long grantedMc;
  private final long costMc;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final Map<String, Long> balancesMc = new HashMap<>();
  private final Map<String, String> customersOfActive = new HashMap<>();
  private final Set<String> keys = new HashSet<>();
  private final List<String> surprises = new ArrayList<>();
  private int reserves;
  private int commits;
  private boolean forgetful;

  /** Each customer has this much, and a unit costs that much. */
  public FakeReservations(long grantedMc, long costMc) throws IOException {
    this.grantedMc = grantedMc;
    this.costMc = costMc;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** From now on commits are answered as if they were not debited. */
  synchronized void forgetCommits() {
    forgetful = true;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  synchronized int reserves() {
    return reserves;
  }

  public synchronized int commits() {
    return commits;
  }

  /** Reservations that nobody has committed. */
  public synchronized int active() {
    return customersOfActive.size();
  }

  /** Requests that no client should send, in words. */
  public synchronized List<String> surprises() {
    return List.copyOf(surprises);
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode body = LoadJson.MAPPER.readTree(exchange.getRequestBody());
    ObjectNode answer = LoadJson.MAPPER.createObjectNode();
    String path = exchange.getRequestURI().getPath();
    int status;
    synchronized (this) {
      if (!keys.add(exchange.getRequestHeaders().getFirst("Idempotency-Key"))) {
        surprises.add("a key was used twice");
      }
      if (path.equals(RESERVE)) {
        status = reserve(body, answer);
      } else if (path.startsWith(RESERVE + "/") && path.endsWith(COMMIT)) {
        String reservation = path.substring(RESERVE.length() + 1, path.length() - COMMIT.length());
        status = commit(reservation, body, answer);
      } else {
        surprises.add(path);
        status = 404;
      }
    }
    byte[] bytes = answer.toString().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private int reserve(JsonNode body, ObjectNode answer) {
    String customer = body.path("external_customer_id").asText();
    if (body.path("ttl_seconds").asInt() < 1 || !body.has("billable_metric_key")) {
      surprises.add(body.toString());
    }
    // Ids of different lengths, as the product's are.
    String reservation = "res_" + "a".repeat(reserves % 3) + reserves++;
    customersOfActive.put(reservation, customer);
    answer
        .put("reservation_id", reservation)
        .put("status", "active")
        .put("held", body.path("estimated_units").asLong() * costMc)
        .put("balance", balancesMc.getOrDefault(customer, grantedMc));
    return 201;
  }

  private int commit(String reservation, JsonNode body, ObjectNode answer) {
    String customer = customersOfActive.remove(reservation);
    if (customer == null) {
      surprises.add("no such reservation: " + reservation);
      return 409;
    }
    commits++;
    long spentMc = body.path("actual_units").asLong() * costMc;
    if (!forgetful) {
      balancesMc.merge(customer, grantedMc - spentMc, (balance, first) -> balance - spentMc);
    }
    answer
        .put("reservation_id", reservation)
        .put("status", "committed")
        .put("held", 0)
        .put("cost", spentMc)
        .put("returned", 2 * costMc - spentMc)
        .put("balance", balancesMc.getOrDefault(customer, grantedMc));
    return 200;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
