package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The requests that the clients of a fault test send, each under a key of its own: grants, usage
 * one by one and in batches, holds with their captures and releases, new customers; for twenty
 * customers of which one gets half of everything, some are always short of credits, and some have
 * credits that soon expire.
 */
final class Workload {
  static final String HOT = "hot";
  private static final String RESERVE_PATH = "/v1/reserve";
  private static final List<String> POOR = List.of("poor-1", "poor-2", "poor-3");
  private static final List<String> FLEETING = List.of("fleeting-1", "fleeting-2");
  private static final List<String> STEADY =
      List.of(
          "späte Kundin/7",
          "steady-1",
          "steady-2",
          "steady-3",
          "steady-4",
          "steady-5",
          "steady-6",
          "steady-7",
          "steady-8",
          "steady-9",
          "steady-10",
          "steady-11",
          "steady-12",
          "steady-13");
  private static final List<String> CUSTOMERS = customersOf();
  private static final BigDecimal TOKEN_PRICE_MC = new BigDecimal("0.6");
  private static final long CALL_PRICE_MC = 7;
  private static final long PLENTY_MC = 1_000_000_000_000L;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Longer than any test: what is never committed stays held. */
  private static final int HOLD_TTL_SECONDS = 604_800;

  /**
   * A hold that was acknowledged and has not ended. What is done with it is one operation after the
   * other: whoever takes it puts it back when he was answered.
   *
   * @param path where it is committed and released
   * @param heldMc what it still holds
   * @param units its estimate
   * @param capturedUnits what was captured of that
   * @param chargedMc what was charged for these
   */
  private record Hold(
      String customer,
      String path,
      long heldMc,
      BigDecimal units,
      BigDecimal capturedUnits,
      long chargedMc) {

    /** After that many units more, which cost so much more. */
    Hold captured(BigDecimal moreUnits, long costMc) {
      return new Hold(
          customer,
          path,
          Math.max(0, heldMc - costMc),
          units,
          capturedUnits.add(moreUnits),
          chargedMc + costMc);
    }
  }

  private final AtomicInteger keys = new AtomicInteger();
  private final Queue<Hold> holds = new ConcurrentLinkedQueue<>();

  /** What holds will be after captures that are not answered yet, by the keys of the captures. */
  private final Map<String, Hold> capturing = new ConcurrentHashMap<>();

  private final Map<String, String> customerIds = new ConcurrentHashMap<>();

  private static List<String> customersOf() {
    var all = new ArrayList<String>(STEADY);
    all.addAll(POOR);
    all.addAll(FLEETING);
    all.add(HOT);
    return List.copyOf(all);
  }

  /** The external ids of all customers. */
  List<String> customers() {
    return CUSTOMERS;
  }

  /** Makes the metrics, their prices, and the customers with their first credits. */
  void open(ApiClient client, URI node, Books books) throws IOException {
    for (String metric : List.of("tokens", "calls")) {
      created(
          client.post(
              node,
              "/v1/billable-metrics",
              "metric-" + metric,
              object().put("key", metric).put("name", metric).toString()));
    }
    created(
        client.post(
            node,
            "/v1/metering-rules",
            "price-of-tokens",
            object()
                .put("billable_metric_key", "tokens")
                .put("cost_type", "per_unit")
                .put("unit_cost", TOKEN_PRICE_MC.toPlainString())
                .toString()));
    created(
        client.post(
            node,
            "/v1/metering-rules",
            "price-of-calls",
            object()
                .put("billable_metric_key", "calls")
                .put("cost_type", "flat")
                .put("flat_cost", CALL_PRICE_MC)
                .toString()));
    for (String customer : CUSTOMERS) {
      boolean rich = !POOR.contains(customer) && !FLEETING.contains(customer);
      String key = nextKey();
      long amountMc = rich ? PLENTY_MC : 50;
      ObjectNode body = object().put("credits", amountMc);
      body.putObject("metadata").put("key", key);
      Operation grant = granting(customer, key, body, amountMc);
      Answer answer = client.send(node, grant);
      created(answer);
      books.record(grant, answer);
      customerIds.put(customer, answer.json().required("customer_id").textValue());
    }
  }

  private static void created(Answer answer) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(201);
  }

  /** Any request. */
  Operation next(RandomGenerator random) {
    int dice = random.nextInt(100);
    if (dice < 10) {
      return grant(random);
    }
    if (dice < 12) {
      return create();
    }
    if (dice < 20) {
      return reserve(random);
    }
    Hold hold = dice < 30 ? holds.poll() : null;
    if (hold != null) {
      return random.nextInt(4) == 0 ? release(hold) : capture(hold, random);
    }
    return dice < 77 ? usage(anyCustomer(random), random) : batch(random);
  }

  /** Takes in what an operation was answered that later ones build on. */
  void learn(Operation operation, Answer answer) {
    if (answer.status() == 201 && operation.path().equals(RESERVE_PATH)) {
      JsonNode reserved = answer.json();
      holds.add(
          new Hold(
              operation.changes().getFirst().customer(),
              RESERVE_PATH + "/" + reserved.required("reservation_id").textValue(),
              reserved.required("held").longValue(),
              new BigDecimal(reserved.required("estimated_units").textValue()),
              BigDecimal.ZERO,
              0));
    }
    Hold captured = capturing.remove(operation.key());
    if (captured != null && answer.status() == 200) {
      holds.add(captured);
    }
  }

  private static String anyCustomer(RandomGenerator random) {
    return random.nextBoolean() ? HOT : CUSTOMERS.get(random.nextInt(CUSTOMERS.size()));
  }

  private Operation create() {
    String key = nextKey();
    ObjectNode body = object().put("display_name", "without external id");
    body.putObject("metadata").put("zeta", "1").put("alpha", "ü").put("key", key);
    return new Operation(
        "/v1/customers", key, body.toString(), List.of(new Change(key, "", Change.Kind.CREATE, 0)));
  }

  private Operation grant(RandomGenerator random) {
    String customer = anyCustomer(random);
    String key = nextKey();
    long amountMc = random.nextLong(1, POOR.contains(customer) ? 100 : 10_000);
    ObjectNode body = object().put("credits", amountMc).put("priority", random.nextInt(256));
    if (random.nextBoolean()) {
      body.put("price_paid", "9.990").put("currency", "EUR");
      body.putArray("metric_keys").add("tokens").add("calls").add("zebras").add("apples");
    }
    if (FLEETING.contains(customer)) {
      body.put("expires_after_seconds", 1);
    }
    body.putObject("metadata").put("zeta", "1").put("key", key).put("alpha", "ü");
    return granting(customer, key, body, amountMc);
  }

  private static Operation granting(String customer, String key, ObjectNode body, long amountMc) {
    return new Operation(
        CustomerBook.path(customer) + "/credits/grant",
        key,
        body.toString(),
        List.of(new Change(key, customer, Change.Kind.GRANT, amountMc)));
  }

  /** A hold; for none whose credits soon expire. */
  private Operation reserve(RandomGenerator random) {
    String customer = anyCustomer(random);
    if (FLEETING.contains(customer)) {
      customer = HOT;
    }
    String key = nextKey();
    BigDecimal units = anyUnits(random);
    ObjectNode body =
        object()
            .put("external_customer_id", customer)
            .put("billable_metric_key", "tokens")
            .put("estimated_units", units.toPlainString())
            .put("ttl_seconds", HOLD_TTL_SECONDS);
    body.putObject("metadata").put("key", key);
    return new Operation(
        RESERVE_PATH,
        key,
        body.toString(),
        List.of(new Change(key, customer, Change.Kind.HOLD, priceMc(units))));
  }

  /** A capture of a part or of all of it, sometimes of more than is held. */
  private Operation capture(Hold hold, RandomGenerator random) {
    String key = nextKey();
    boolean last = random.nextInt(3) > 0;
    boolean more = !POOR.contains(hold.customer()) && random.nextInt(4) == 0;
    BigDecimal left = hold.units().subtract(hold.capturedUnits()).max(BigDecimal.ZERO);
    BigDecimal units =
        more
            ? left.add(BigDecimal.valueOf(random.nextInt(1, 100)))
            // A part of a part of a part would have more digits than a body may have.
            : left.multiply(BigDecimal.valueOf(random.nextInt(0, 101), 2))
                .setScale(6, RoundingMode.DOWN);
    long costMc = priceMc(hold.capturedUnits().add(units)) - hold.chargedMc();
    ObjectNode body = object().put("actual_units", units.toPlainString()).put("final", last);
    body.putObject("metadata").put("key", key);
    if (!last) {
      capturing.put(key, hold.captured(units, costMc));
    }
    return new Operation(
        hold.path() + "/commit",
        key,
        body.toString(),
        List.of(new Change(key, hold.customer(), Change.Kind.CAPTURE, costMc)));
  }

  private Operation release(Hold hold) {
    String key = nextKey();
    return new Operation(
        hold.path() + "/release",
        key,
        object().put("reason", "no longer needed").toString(),
        List.of(new Change(key, hold.customer(), Change.Kind.RELEASE, hold.heldMc())));
  }

  /** One usage event of that customer. */
  Operation usage(String customer, RandomGenerator random) {
    String key = nextKey();
    ObjectNode body = object();
    long costMc = fillEvent(body, customer, key, random);
    return new Operation(
        "/v1/usage",
        key,
        body.toString(),
        List.of(new Change(key, customer, Change.Kind.USAGE, costMc)));
  }

  private Operation batch(RandomGenerator random) {
    String batchKey = nextKey();
    ObjectNode body = object();
    ArrayNode events = body.putArray("events");
    var changes = new ArrayList<Change>();
    int size = random.nextInt(2, 21);
    for (int i = 0; i < size; i++) {
      String customer = anyCustomer(random);
      ObjectNode event = events.addObject();
      String key = batchKey + "#" + i;
      if (random.nextBoolean()) {
        key = nextKey();
        event.put("idempotency_key", key);
      }
      long costMc = fillEvent(event, customer, key, random);
      changes.add(new Change(key, customer, Change.Kind.USAGE, costMc));
    }
    return new Operation(Operation.BATCH_PATH, batchKey, body.toString(), List.copyOf(changes));
  }

  /** Writes an event and returns what it costs. */
  private long fillEvent(ObjectNode event, String customer, String key, RandomGenerator random) {
    @Nullable String customerId = random.nextBoolean() ? customerIds.get(customer) : null;
    if (customerId == null) {
      event.put("external_customer_id", customer);
    } else {
      event.put("customer_id", customerId);
    }
    long costMc = CALL_PRICE_MC;
    if (random.nextInt(4) == 0) {
      event.put("billable_metric_key", "calls");
    } else {
      BigDecimal units = anyUnits(random);
      event.put("billable_metric_key", "tokens").put("units", units.toPlainString());
      costMc = priceMc(units);
    }
    event.putObject("properties").put("model", "large").put("direction", "output");
    event.putObject("metadata").put("key", key);
    return costMc;
  }

  private static BigDecimal anyUnits(RandomGenerator random) {
    return BigDecimal.valueOf(random.nextLong(1, 1_000), random.nextInt(3));
  }

  /** What so many tokens cost. */
  private static long priceMc(BigDecimal units) {
    return units.multiply(TOKEN_PRICE_MC).setScale(0, RoundingMode.UP).longValueExact();
  }

  private String nextKey() {
    return "key-" + keys.incrementAndGet();
  }

  private static ObjectNode object() {
    return JSON.createObjectNode();
  }
}
