package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;

/**
 * What must be in one customer's ledger, and the ledger itself, replayed entry by entry with no
 * code of the product: sums, blocks, sequence, chain.
 */
final class CustomerBook {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FIRST_PREVIOUS_HASH = "0".repeat(64);

  /** A change that was acknowledged, and with what. */
  private record Told(Change change, String answer) {}

  private final String externalId;
  private final Map<String, Told> expected = new HashMap<>();

  /** The acknowledged releases by their reservations: their ledger entries have no key. */
  private final Map<String, Told> expectedReleases = new HashMap<>();

  // What the ledger has shown until now.
  private final Set<String> found = new HashSet<>();
  private final Map<String, Long> remaining = new LinkedHashMap<>();

  /** What is held of which block, by the reservation, in the order in which it is captured. */
  private final Map<String, Map<String, Long>> held = new HashMap<>();

  private long sequence;
  private String hash = FIRST_PREVIOUS_HASH;
  private long balanceMc;
  private long expiredMc;

  CustomerBook(String externalId) {
    this.externalId = externalId;
  }

  /** This was acknowledged, with this answer. */
  void expect(Change change, String answer) {
    var told = new Told(change, answer);
    expected.put(change.key(), told);
    if (change.kind() == Change.Kind.RELEASE) {
      expectedReleases.put(parse(answer).required("reservation_id").textValue(), told);
    }
  }

  /** Forgets what the ledger has shown, not what it must show. */
  void startAgain() {
    found.clear();
    remaining.clear();
    held.clear();
    sequence = 0;
    hash = FIRST_PREVIOUS_HASH;
    balanceMc = 0;
    expiredMc = 0;
  }

  static String path(String externalId) {
    return "/v1/customer-by-external-id/"
        + URLEncoder.encode(externalId, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Proves the ledger, as that node tells it. */
  void verify(ApiClient client, URI node) throws IOException {
    awaitExpiries(client, node);
    for (JsonNode entry : newEntries(client, node)) {
      replay(entry);
    }
    assertThat(found).as("%s: the keys in the ledger", externalId).isEqualTo(expected.keySet());

    long grantedMc = sum(Change.Kind.GRANT);
    long usedMc = sum(Change.Kind.USAGE) + sum(Change.Kind.CAPTURE);
    JsonNode credits = get(client, node, "/credits?include_blocks=true");
    assertThat(credits.required("balance").longValue())
        .as("%s: the balance", externalId)
        .isEqualTo(balanceMc)
        .isEqualTo(grantedMc - usedMc - expiredMc)
        .isNotNegative();
    assertThat(credits.required("lifetime_granted").longValue()).isEqualTo(grantedMc);
    assertThat(credits.required("lifetime_consumed").longValue()).isEqualTo(usedMc);
    assertThat(blocks(credits, "remaining_amount"))
        .as("%s: the blocks", externalId)
        .isEqualTo(remaining);
    Map<String, Long> heldOfBlocks = heldOfBlocks();
    assertThat(credits.required("reserved_balance").longValue())
        .as("%s: what is held", externalId)
        .isEqualTo(sum(heldOfBlocks));
    Map<String, Long> heldAmounts = blocks(credits, "held_amount");
    heldAmounts.values().removeIf(amount -> amount == 0);
    assertThat(heldAmounts).as("%s: what is held of blocks", externalId).isEqualTo(heldOfBlocks);

    JsonNode verdict = get(client, node, "/ledger/verify");
    assertThat(verdict.required("valid").booleanValue()).as("%s: %s", externalId, verdict).isTrue();
    assertThat(verdict.required("entries").longValue()).isEqualTo(sequence);
    assertThat(verdict.required("head_hash").textValue()).isEqualTo(hash);
  }

  private Map<String, Long> heldOfBlocks() {
    var sums = new HashMap<String, Long>();
    held.values()
        .forEach(of -> of.forEach((block, amount) -> sums.merge(block, amount, Long::sum)));
    return sums;
  }

  private static long sum(Map<String, Long> amounts) {
    return amounts.values().stream().mapToLong(Long::longValue).sum();
  }

  private long sum(Change.Kind kind) {
    return expected.values().stream()
        .map(Told::change)
        .filter(change -> change.kind() == kind)
        .mapToLong(Change::amountMc)
        .sum();
  }

  /** What is about to expire has to be gone before sums can be compared. */
  private void awaitExpiries(ApiClient client, URI node) {
    Awaitility.await(externalId + "'s short-lived blocks expire")
        .atMost(Duration.ofSeconds(10))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> !hasExpiringBlocks(get(client, node, "/credits?include_blocks=true")));
  }

  private static boolean hasExpiringBlocks(JsonNode credits) {
    for (JsonNode block : credits.required("blocks")) {
      if (!block.required("expires_at").isNull()) {
        return true;
      }
    }
    return false;
  }

  /** The entries behind the last one that is known, oldest first. */
  private List<JsonNode> newEntries(ApiClient client, URI node) throws IOException {
    boolean all = sequence == 0;
    String list = "/ledger?limit=100&order=" + (all ? "asc" : "desc");
    var entries = new ArrayList<JsonNode>();
    for (String next = list; next != null; ) {
      JsonNode page = get(client, node, next);
      boolean known = false;
      for (JsonNode entry : page.required("data")) {
        if (entry.required("sequence").longValue() > sequence) {
          entries.add(entry);
        } else {
          known = true;
        }
      }
      JsonNode cursor = page.required("pagination").required("next_cursor");
      next = known || cursor.isNull() ? null : list + "&cursor=" + cursor.textValue();
    }
    return all ? entries : entries.reversed();
  }

  private void replay(JsonNode entry) {
    String as = externalId + ": " + entry;
    assertThat(entry.required("sequence").longValue()).as(as).isEqualTo(++sequence);
    assertThat(entry.required("previous_hash").textValue()).as(as).isEqualTo(hash);
    hash = entry.required("hash").textValue();
    long delta = entry.required("delta").longValue();
    balanceMc += delta;
    assertThat(entry.required("balance_after").longValue()).as(as).isEqualTo(balanceMc);

    Map<String, Long> allocations = new LinkedHashMap<>();
    for (JsonNode allocation : entry.required("allocations")) {
      allocations.put(
          allocation.required("block_id").textValue(), allocation.required("amount").longValue());
    }
    long moved = sum(allocations);
    String type = entry.required("type").textValue();
    boolean movesNothing = type.equals("hold") || type.equals("release");
    assertThat(Math.abs(delta)).as(as).isEqualTo(movesNothing ? 0 : moved);
    switch (type) {
      case "grant" -> {
        assertThat(delta).as(as).isPositive();
        remaining.putAll(allocations);
        acknowledged(entry, as, delta);
      }
      case "debit" -> {
        allocations.forEach((block, amount) -> take(block, amount, as));
        acknowledged(entry, as, -delta);
      }
      case "expire" -> {
        allocations.forEach((block, amount) -> take(block, amount, as));
        assertThat(remaining).as(as).doesNotContainKeys(keys(allocations));
        expiredMc += moved;
      }
      case "hold" -> {
        held.put(reservation(entry), allocations);
        acknowledged(entry, as, moved);
      }
      case "capture" -> {
        Told told = acknowledged(entry, as, moved);
        capture(entry, parse(told.answer()), allocations, as);
      }
      case "release" -> {
        assertThat(held.remove(reservation(entry))).as(as).isEqualTo(allocations);
        Told told = expectedReleases.get(reservation(entry));
        assertThat(told).as("acknowledged: %s", as).isNotNull();
        acknowledged(told.change().key(), entry, as, moved);
      }
      default -> throw new AssertionError("unexpected entry: " + as);
    }
    Map<String, Long> heldOfBlocks = heldOfBlocks();
    assertThat(entry.required("reserved_after").longValue()).as(as).isEqualTo(sum(heldOfBlocks));
    heldOfBlocks.forEach((block, amount) ->
        assertThat(remaining.getOrDefault(block, 0L)).as(as).isGreaterThanOrEqualTo(amount));
  }

  private static String reservation(JsonNode entry) {
    assertThat(entry.required("reference").required("type").textValue()).isEqualTo("reservation");
    return entry.required("reference").required("id").textValue();
  }

  /** Takes what is held first, in its order, then what is free; the rest returns at the end. */
  private void capture(JsonNode entry, JsonNode told, Map<String, Long> allocations, String as) {
    Map<String, Long> pinned = held.remove(reservation(entry));
    assertThat(pinned).as(as).isNotNull();
    long missing = sum(allocations);
    var left = new LinkedHashMap<String, Long>();
    for (Map.Entry<String, Long> each : pinned.entrySet()) {
      long taken = Math.min(missing, each.getValue());
      missing -= taken;
      assertThat(allocations.getOrDefault(each.getKey(), 0L)).as(as).isGreaterThanOrEqualTo(taken);
      if (taken < each.getValue()) {
        left.put(each.getKey(), each.getValue() - taken);
      }
    }
    boolean ended = told.required("status").textValue().equals("committed");
    assertThat(told.required("returned").longValue()).as(as).isEqualTo(ended ? sum(left) : 0);
    assertThat(told.required("held").longValue()).as(as).isEqualTo(ended ? 0 : sum(left));
    if (!ended) {
      held.put(reservation(entry), left);
    }
    allocations.forEach((block, amount) -> take(block, amount, as));
  }

  private static String[] keys(Map<String, Long> allocations) {
    return allocations.keySet().toArray(String[]::new);
  }

  private void take(String block, long amount, String as) {
    assertThat(remaining.get(block)).as(as).isNotNull().isGreaterThanOrEqualTo(amount);
    if (remaining.merge(block, -amount, Long::sum) == 0) {
      remaining.remove(block);
    }
  }

  /** The entry is one that a client was told of, for the first time, and as it was told. */
  private Told acknowledged(JsonNode entry, String as, long amountMc) {
    return acknowledged(
        entry.required("metadata").required("key").textValue(), entry, as, amountMc);
  }

  private Told acknowledged(String key, JsonNode entry, String as, long amountMc) {
    assertThat(found.add(key)).as("only once in the ledger: %s", as).isTrue();
    Told told = expected.get(key);
    assertThat(told).as("acknowledged: %s", as).isNotNull();
    assertThat(amountMc).as(as).isEqualTo(told.change().amountMc());
    JsonNode answer = parse(told.answer());
    JsonNode id =
        answer.has("ledger_entry")
            ? answer.required("ledger_entry").required("id")
            : answer.required("ledger_entry_id");
    assertThat(entry.required("id")).as("%s, told as %s", as, answer).isEqualTo(id);
    return told;
  }

  /** An amount of each block. */
  private static Map<String, Long> blocks(JsonNode credits, String amount) {
    var blocks = new HashMap<String, Long>();
    for (JsonNode block : credits.required("blocks")) {
      blocks.put(block.required("id").textValue(), block.required(amount).longValue());
    }
    return blocks;
  }

  private JsonNode get(ApiClient client, URI node, String rest) throws IOException {
    Answer answer = client.get(node, path(externalId) + rest);
    assertThat(answer.status()).as("%s%s: %s", externalId, rest, answer).isEqualTo(200);
    return answer.json();
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
