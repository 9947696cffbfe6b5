package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static io.quotastack.cluster.api.ApiClient.encoded;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.cluster.TestNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The export of ledgers: what is in it, in both formats, and how it is sent. */
class ExportTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final TestTenant LARGE = TestTenant.in(TestNode.shared());
  private static final int LARGE_CUSTOMERS = 25;
  private static final String GENESIS = "0".repeat(64);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final ApiClient api = TENANT.live();

  /** Customers that tests read and do not change; and many with 1,001 entries each. */
  @BeforeAll
  static void makeHistory() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "1");
    for (String name : List.of("acme", "b, \"c\"\n", "日本", "d")) {
      api.grant(
          name,
          "{\"credits\": 1000, \"reason\": \"a \\\"reason\\\",\\r\\n=1+1\","
              + " \"metadata\": {\"z\": \"\", \"a,b\": \"\\u0001é\"}}");
      for (int i = 1; i <= 5; i++) {
        api.use(name, "tokens", Integer.toString(i)).created();
      }
    }
    api.post("/v1/customers", "{\"external_id\": \"empty\"}").created();
    String unnamed = api.post("/v1/customers", "{}").created().text("/customer_id");
    api.post("/v1/customers/" + unnamed + "/credits/grant", "{\"credits\": 7}").created();
    TENANT.test().grant("acme", 5);

    ApiClient large = LARGE.live();
    large.metric("tokens", "1");
    for (int i = 0; i < LARGE_CUSTOMERS; i++) {
      large.grant("large " + i, 1_000_000);
      large.post("/v1/usage/batch", heavyBatch("large " + i)).ok();
    }
  }

  /** 1,000 events with half a kilobyte of metadata each. */
  private static String heavyBatch(String externalId) {
    String event =
        "{\"external_customer_id\":\"%s\",\"billable_metric_key\":\"tokens\",\"metadata\":{\"a\":\"%s\"}}"
            .formatted(externalId, "x".repeat(500));
    return "{\"events\":[%s]}".formatted(String.join(",", Collections.nCopies(1_000, event)));
  }

  private static ConditionFactory inTime() {
    return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(25));
  }

  private static List<JsonNode> lines(Answer export) {
    assertThat(export.headers().get("Content-Type")).startsWith("application/jsonl");
    assertThat(export.body()).endsWith("\n");
    return export.body().lines().map(Answer::json).toList();
  }

  // ------------------------------------------------------------------------------------------
  // what is in it

  /** The customers of {@link #makeHistory}, by their ids, with the ledgers that the API shows. */
  private List<List<JsonNode>> ledgers() {
    List<JsonNode> exported = lines(api.get("/v1/ledger/export").ok());
    return exported.stream()
        .map(line -> line.path("ledger_end").path("customer_id"))
        .filter(JsonNode::isTextual)
        .map(id -> api.list("/v1/customers/" + id.textValue() + "/ledger?order=asc"))
        .toList();
  }

  @Test
  void every_ledger_is_in_the_export_entry_by_entry_and_nothing_else() throws Exception {
    List<JsonNode> lines = lines(api.get("/v1/ledger/export").ok());
    List<List<JsonNode>> ledgers = ledgers();
    assertThat(ledgers).hasSize(5);
    assertThat(ledgers.stream().map(ledger -> ledger.getFirst().path("customer_id").textValue()))
        .isSorted();
    var expected = new ArrayList<JsonNode>();
    ledgers.forEach(expected::addAll);
    assertThat(lines.stream().filter(line -> line.has("id"))).containsExactlyElementsOf(expected);
    assertThat(lines).hasSize(expected.size() + 6);

    // All journals of the environment, and of none else, that have an entry.
    try (Connection connection = LedgerView.connect(TestNode.shared().database());
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM ledger WHERE tenant_id = '%s' AND environment = 'live'"
                    .formatted(TENANT.id()))) {
      row.next();
      assertThat(row.getInt(1)).isEqualTo(expected.size());
    }
    assertThat(lines(TENANT.test().get("/v1/ledger/export").ok())).hasSize(3);
  }

  @Test
  void anybody_can_recompute_the_chain_of_the_ends() {
    String previous = GENESIS;
    long entries = 0;
    long customers = 0;
    var names = new ArrayList<@Nullable String>();
    JsonNode last = null;
    for (JsonNode line : lines(api.get("/v1/ledger/export").ok())) {
      JsonNode end = line.has("ledger_end") ? line.path("ledger_end") : line.path("export_end");
      if (end.isObject()) {
        ObjectNode content = end.deepCopy();
        String hash = content.remove("hash").textValue();
        assertThat(CanonicalJson.sha256(content)).as(line.toString()).isEqualTo(hash);
        assertThat(end.path("previous_hash").textValue()).isEqualTo(previous);
        previous = hash;
        if (line.has("ledger_end")) {
          customers++;
          entries += end.path("entries").longValue();
          assertThat(end.path("head_hash")).isEqualTo(requireEntry(last).path("hash"));
          assertThat(end.path("last_sequence")).isEqualTo(requireEntry(last).path("sequence"));
          assertThat(end.path("first_sequence").longValue()).isEqualTo(1);
          names.add(end.path("external_customer_id").textValue());
        } else {
          assertThat(end.path("customers").longValue()).isEqualTo(customers);
          assertThat(end.path("entries").longValue()).isEqualTo(entries);
          assertThat(end.path("tenant_id").textValue()).isEqualTo(TENANT.id());
          assertThat(end.path("environment").textValue()).isEqualTo("live");
        }
      }
      last = line;
    }
    assertThat(requireEntry(last).has("export_end")).isTrue();
    assertThat(names).containsExactlyInAnyOrder("acme", "b, \"c\"\n", "日本", "d", null);
  }

  private static JsonNode requireEntry(@Nullable JsonNode line) {
    assertThat(line).isNotNull();
    return requireNonNull(line);
  }

  @Test
  void csv_has_the_same_rows() {
    Answer csv = api.get("/v1/ledger/export?format=csv").ok();
    assertThat(csv.headers().get("Content-Type")).isEqualTo("text/csv; charset=UTF-8");
    List<List<String>> rows = SimpleCsv.rows(csv.body());
    List<String> header = rows.getFirst();
    List<JsonNode> lines = lines(api.get("/v1/ledger/export?format=jsonl").ok());
    assertThat(rows).hasSize(lines.size() + 1);
    for (int i = 0; i < lines.size(); i++) {
      JsonNode line = lines.get(i);
      String kind =
          line.has("ledger_end") ? "ledger_end" : line.has("export_end") ? "export_end" : "entry";
      JsonNode members = kind.equals("entry") ? line : line.path(kind);
      for (int column = 0; column < header.size(); column++) {
        String cell = rows.get(i + 1).get(column);
        JsonNode member = members.path(header.get(column));
        String as = "row %s, %s".formatted(i + 1, header.get(column));
        if (column == 0) {
          assertThat(cell).as(as).isEqualTo(kind);
        } else if (member.isContainerNode()) {
          assertThat(Answer.json(cell)).as(as).isEqualTo(member);
        } else {
          assertThat(cell).as(as).isEqualTo(member.isNull() ? "" : member.asText());
        }
      }
      members.fieldNames().forEachRemaining(name -> assertThat(header).contains(name));
    }
  }

  // ------------------------------------------------------------------------------------------
  // what is asked for

  @Test
  void one_customer_is_exported_by_either_of_its_names() {
    List<JsonNode> ledger = api.ledger("acme");
    String id = ledger.getFirst().path("customer_id").textValue();
    for (String name : List.of("acme", id, id.toUpperCase(Locale.ROOT))) {
      List<JsonNode> lines = lines(api.get("/v1/ledger/export?customer=" + name).ok());
      assertThat(lines.subList(0, lines.size() - 2)).isEqualTo(ledger);
      assertThat(lines.getLast().at("/export_end/customer_id").textValue()).isEqualTo(id);
      assertThat(lines.getLast().at("/export_end/customers").intValue()).isEqualTo(1);
    }
    String odd = encoded("b, \"c\"\n");
    assertThat(lines(api.get("/v1/ledger/export?customer=" + odd).ok())).hasSize(8);
  }

  @Test
  void an_external_id_may_look_like_a_customer_id() {
    TestTenant own = TestTenant.in(TestNode.shared());
    String name = UUID.randomUUID().toString();
    own.live().grant(name, 5);
    assertThat(lines(own.live().get("/v1/ledger/export?customer=" + name).ok())).hasSize(3);
  }

  @Test
  void a_customer_without_entries_has_an_export_without_lines() {
    List<JsonNode> lines = lines(api.get("/v1/ledger/export?customer=empty").ok());
    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().at("/export_end/entries").intValue()).isZero();
    TestTenant own = TestTenant.in(TestNode.shared());
    assertThat(lines(own.live().get("/v1/ledger/export").ok())).hasSize(1);
  }

  @Test
  void an_unknown_customer_is_not_found() {
    api.get("/v1/ledger/export?customer=nobody").isProblem(404, "customer_not_found");
    api.get("/v1/ledger/export?customer=" + UUID.randomUUID()).isProblem(404, "customer_not_found");
    String inTest = TENANT.test().get(byExternalId("acme")).ok().text("/customer_id");
    api.get("/v1/ledger/export?customer=" + inTest).isProblem(404, "customer_not_found");
  }

  @Test
  void entries_are_exported_from_an_instant_on_and_before_another() {
    List<JsonNode> all =
        lines(api.get("/v1/ledger/export").ok()).stream().filter(line -> line.has("id")).toList();
    List<String> instants =
        all.stream().map(line -> line.path("created_at").textValue()).sorted().toList();
    String from = instants.get(6);
    String to = instants.get(15);
    List<JsonNode> expected =
        all.stream()
            .filter(line -> line.path("created_at").textValue().compareTo(from) >= 0)
            .filter(line -> line.path("created_at").textValue().compareTo(to) < 0)
            .toList();
    assertThat(expected).isNotEmpty();

    List<JsonNode> lines = lines(api.get("/v1/ledger/export?from=" + from + "&to=" + to).ok());
    assertThat(lines.stream().filter(line -> line.has("id"))).containsExactlyElementsOf(expected);
    assertThat(lines.getLast().at("/export_end/from").textValue()).isEqualTo(from);
    assertThat(lines.getLast().at("/export_end/to").textValue()).isEqualTo(to);
    assertThat(lines.getLast().at("/export_end/entries").intValue()).isEqualTo(expected.size());
    assertThat(lines(api.get("/v1/ledger/export?from=" + to + "&to=" + from).ok())).hasSize(1);
  }

  @Test
  void what_is_due_is_written_before_one_customer_is_exported() {
    Instant expiresAt;
    TestNode before = TestNode.start(TestNode.shared().database());
    try (before) {
      Answer granted =
          TestTenant.of(before)
              .live()
              .grant("due", "{\"credits\": 5, \"expires_after_seconds\": 1}");
      expiresAt = Instant.parse(granted.text("/block/expires_at"));
    }
    // In no node's memory, where a timer would write it.
    inTime().until(() -> Instant.now().isAfter(expiresAt));
    try (TestNode after = before.startAgain()) {
      List<JsonNode> lines =
          lines(TestTenant.of(after).live().get("/v1/ledger/export?customer=due").ok());
      assertThat(lines).hasSize(4);
      assertThat(lines.get(1).path("type").textValue()).isEqualTo("expire");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "format=xml, ?format",
    "format=, ?format",
    "customer=, ?customer",
    "from=yesterday, ?from",
    "to=2026-01-01, ?to",
    "limit=1, ?limit",
  })
  void a_query_that_the_export_does_not_take_is_refused(String query, String pointer) {
    api.get("/v1/ledger/export?" + query).isInvalid(pointer);
  }

  @Test
  void head_tells_the_type_and_leaves_nothing_behind() throws Exception {
    for (int i = 0; i < 10; i++) {
      inTime()
          .until(() ->
              HTTP.send(
                      request(TENANT, "/v1/ledger/export?format=csv")
                          .method("HEAD", BodyPublishers.noBody())
                          .build(),
                      BodyHandlers.ofString())
                  .headers()
                  .firstValue("Content-Type")
                  .orElse("")
                  .startsWith("text/csv"));
    }
  }

  // ------------------------------------------------------------------------------------------
  // how it is sent

  private static HttpRequest.Builder request(TestTenant tenant, String path) {
    return HttpRequest.newBuilder(URI.create(tenant.node() + path))
        .header("X-API-Key", tenant.liveKey());
  }

  /** An export of which only the beginning was taken until now. */
  private static InputStream begun() throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        HTTP.send(request(LARGE, "/v1/ledger/export").build(), BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body().readNBytes(1_000)).hasSize(1_000);
    return response.body();
  }

  @Test
  void what_the_client_has_not_taken_is_not_read_yet() throws Exception {
    String lastId = largeCustomerIds().getLast();
    ApiClient large = LARGE.live();
    String entry;
    String received;
    try (InputStream export = begun()) {
      // Some 20 MB lie between what was taken and this customer.
      entry =
          large
              .post("/v1/customers/" + lastId + "/credits/grant", "{\"credits\": 5}")
              .created()
              .text("/ledger_entry/id");
      received = new String(export.readAllBytes(), UTF_8);
    }
    assertThat(received.length()).isGreaterThan(24_000_000);
    assertThat(received).contains(entry);
    List<String> lines = received.lines().toList();
    assertThat(Answer.json(lines.getLast()).at("/export_end/customers").intValue())
        .isEqualTo(LARGE_CUSTOMERS);
  }

  private static List<String> largeCustomerIds() {
    var ids = new ArrayList<String>();
    for (int i = 0; i < LARGE_CUSTOMERS; i++) {
      ids.add(LARGE.live().get(byExternalId("large " + i)).ok().text("/customer_id"));
    }
    ids.sort(null);
    return ids;
  }

  @Test
  void a_node_writes_two_exports_at_once_and_one_whose_client_left_makes_room() throws Exception {
    InputStream first = begun();
    try (InputStream second = begun()) {
      Answer third = api.get("/v1/ledger/export").isProblem(503, "overloaded");
      assertThat(third.headers().get("Retry-After")).isEqualTo("10");
      assertThat(api.get("/v1/ledger/export?format=x").isInvalid("?format")).isNotNull();

      first.close();
      inTime().until(() -> api.get("/v1/ledger/export").status() == 200);
      assertThat(second.readNBytes(1_000)).hasSize(1_000);
    }
    // Both are free again, one after the other.
    for (int i = 0; i < 5; i++) {
      inTime().until(() -> api.get("/v1/ledger/export").status() == 200);
    }
  }

  @Test
  void an_export_that_the_database_fails_breaks_off_and_does_not_end() throws Exception {
    try (InputStream export = begun();
        Connection lock = LedgerView.connect(TestNode.shared().database())) {
      lock.setAutoCommit(false);
      try (Statement statement = lock.createStatement()) {
        statement.execute("LOCK TABLE event_journal IN ACCESS EXCLUSIVE MODE");
      }
      Thread killer = Thread.startVirtualThread(() -> inTime().until(() -> killedReads() == 1));
      assertThatThrownBy(export::readAllBytes).isInstanceOf(IOException.class);
      killer.join();
      lock.rollback();
    }
    inTime().until(() -> api.get("/v1/ledger/export").status() == 200);
  }

  /** Ends the connections that wait to read the journal, and counts them. */
  private static int killedReads() throws SQLException {
    try (Connection connection = LedgerView.connect(TestNode.shared().database());
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    + " WHERE wait_event_type = 'Lock'"
                    + " AND query ILIKE 'select%event_journal%'")) {
      row.next();
      return row.getInt(1);
    }
  }

  @Test
  void an_export_that_the_database_fails_at_once_is_refused() throws Exception {
    try (Connection lock = LedgerView.connect(TestNode.shared().database())) {
      lock.setAutoCommit(false);
      try (Statement statement = lock.createStatement()) {
        statement.execute("LOCK TABLE event_journal IN ACCESS EXCLUSIVE MODE");
      }
      var refused = api.request("GET", "/v1/ledger/export").start();
      inTime().until(() -> killedReads() == 1);
      refused.join().isProblem(503, "storage_unavailable");
      lock.rollback();
    }
    for (int i = 0; i < 3; i++) {
      inTime().until(() -> api.get("/v1/ledger/export").status() == 200);
    }
  }
}
