package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.cluster.TestNode;
import io.quotastack.engine.ids.OwnedId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ledger: its pages, its proof, and the same rows in SQL. */
class LedgerTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String ACME = byExternalId("acme");
  private static final String GENESIS = "0".repeat(64);

  private final ApiClient api = TENANT.live();

  /** One customer with 30 entries, which tests read and do not change. */
  @BeforeAll
  static void makeHistory() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "1");
    api.grant("acme", 10_000);
    for (int i = 1; i <= 25; i++) {
      api.use("acme", "tokens", Integer.toString(i)).created();
    }
    api.grant("acme", "{\"credits\": 7, \"effective_at\": \"2100-01-01T00:00:00Z\"}");
    api.grant("acme", "{\"credits\": 8, \"reason\": \"with a reason\"}");
    api.post(
            "/v1/usage",
            """
            {"external_customer_id": "acme", "billable_metric_key": "tokens", "units": 0,
             "metadata": {"z": "\\u0001\\u007f\\"\\\\/\\b\\f\\n\\r\\t", "é": "日本", "\\ue000": "1",
                          "😀": "2", "\\u2028": "", "A": "b", "a": "B"}}
            """)
        .created();
    api.use("acme", "tokens", "9680").created();
  }

  // ------------------------------------------------------------------------------------------
  // pages

  @Test
  void the_newest_20_entries_come_first() {
    Answer page = api.get(ACME + "/ledger").ok();
    assertThat(page.each("sequence")).isEqualTo(numbers(30, 11));
    assertThat(page.truth("/pagination/has_more")).isTrue();
    Answer rest = api.get(ACME + "/ledger?cursor=" + page.text("/pagination/next_cursor")).ok();
    assertThat(rest.each("sequence")).isEqualTo(numbers(10, 1));
    assertThat(rest.truth("/pagination/has_more")).isFalse();
    assertThat(rest.textOrNull("/pagination/next_cursor")).isNull();
  }

  @Test
  void the_order_may_be_turned_round() {
    assertThat(api.get(ACME + "/ledger?order=asc&limit=100").ok().each("sequence"))
        .isEqualTo(numbers(1, 30));
    assertThat(api.get(ACME + "/ledger?order=desc&limit=2").ok().each("sequence"))
        .containsExactly("30", "29");
    Answer page = api.get(ACME + "/ledger?order=asc&limit=4").ok();
    assertThat(page.each("sequence")).containsExactly("1", "2", "3", "4");
    assertThat(
            api.get(
                    ACME
                        + "/ledger?order=asc&limit=4&cursor="
                        + page.text("/pagination/next_cursor"))
                .ok()
                .each("sequence"))
        .containsExactly("5", "6", "7", "8");
  }

  @Test
  void a_page_that_ends_with_the_list_says_so() {
    assertThat(api.get(ACME + "/ledger?limit=30").ok().truth("/pagination/has_more")).isFalse();
    assertThat(api.get(ACME + "/ledger?limit=29").ok().truth("/pagination/has_more")).isTrue();
  }

  @Test
  void entries_are_listed_by_type_also_over_pages() {
    assertThat(api.get(ACME + "/ledger?type=grant").ok().each("sequence"))
        .containsExactly("28", "27", "1");
    assertThat(api.get(ACME + "/ledger?type=expire").ok().at("/data")).isEmpty();
    assertThat(api.list(ACME + "/ledger?type=debit"))
        .hasSize(27)
        .allSatisfy(entry -> assertThat(entry.path("type").textValue()).isEqualTo("debit"));
    Answer first = api.get(ACME + "/ledger?type=grant&limit=2").ok();
    assertThat(
            api.get(
                    ACME
                        + "/ledger?type=grant&limit=2&cursor="
                        + first.text("/pagination/next_cursor"))
                .ok()
                .each("sequence"))
        .containsExactly("1");
  }

  @Test
  void entries_are_listed_from_an_instant_on_and_before_another() {
    List<JsonNode> all = api.ledger("acme");
    String from = all.get(9).path("created_at").textValue();
    String to = all.get(19).path("created_at").textValue();
    List<String> expected =
        all.stream()
            .filter(entry -> entry.path("created_at").textValue().compareTo(from) >= 0)
            .filter(entry -> entry.path("created_at").textValue().compareTo(to) < 0)
            .map(entry -> entry.path("sequence").asText())
            .toList();
    assertThat(expected).contains("10", "15").doesNotContain("20");

    String query = "/ledger?order=asc&from=%s&to=%s".formatted(from, to);
    assertThat(api.get(ACME + query).ok().each("sequence")).isEqualTo(expected);
    Answer page = api.get(ACME + query + "&limit=3").ok();
    Answer next =
        api.get(ACME + query + "&limit=100&cursor=" + page.text("/pagination/next_cursor")).ok();
    assertThat(next.each("sequence")).isEqualTo(expected.subList(3, expected.size()));

    String withOffset = from.replace("Z", "%2B00:00");
    assertThat(api.get(ACME + "/ledger?order=asc&limit=1&from=" + withOffset).ok().each("sequence"))
        .containsExactly(expected.getFirst());
    assertThat(api.get(ACME + "/ledger?to=" + to + "&from=" + to).ok().at("/data")).isEmpty();
    assertThat(api.get(ACME + "/ledger?from=2100-01-01T00:00:00Z").ok().at("/data")).isEmpty();
    assertThat(api.get(ACME + "/ledger?to=1970-01-01T00:00:00Z").ok().at("/data")).isEmpty();
    assertThat(api.list(ACME + "/ledger?from=1970-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z"))
        .hasSize(30);
  }

  @Test
  void pages_neither_skip_nor_repeat_while_entries_are_added() {
    String path = byExternalId("growing") + "/ledger?limit=3";
    api.grant("growing", 100);
    for (int i = 0; i < 6; i++) {
      api.use("growing", "tokens", "1").created();
    }
    Answer backwards = api.get(path).ok();
    Answer forwards = api.get(path + "&order=asc").ok();
    assertThat(backwards.each("sequence")).containsExactly("7", "6", "5");
    assertThat(forwards.each("sequence")).containsExactly("1", "2", "3");
    for (int round = 0; round < 2; round++) {
      api.use("growing", "tokens", "1").created();
      backwards = api.get(path + "&cursor=" + backwards.text("/pagination/next_cursor")).ok();
      forwards =
          api.get(path + "&order=asc&cursor=" + forwards.text("/pagination/next_cursor")).ok();
      assertThat(backwards.each("sequence")).isEqualTo(round == 0 ? numbers(4, 2) : List.of("1"));
      assertThat(forwards.each("sequence")).isEqualTo(round == 0 ? numbers(4, 6) : numbers(7, 9));
    }
    assertThat(backwards.truth("/pagination/has_more")).isFalse();
    assertThat(forwards.truth("/pagination/has_more")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "type=holds, ?type",
    "type=GRANT, ?type",
    "order=newest, ?order",
    "from=yesterday, ?from",
    "to=2026-01-01, ?to",
    "from=2026-01-01T00:00:00+01:00, ?from",
    "limit=0, ?limit",
    "limit=101, ?limit",
    "cursor=x, ?cursor",
    "sequence=1, ?sequence",
  })
  void a_query_that_the_ledger_does_not_take_is_refused(String query, String pointer) {
    api.get(ACME + "/ledger?" + query).isInvalid(pointer);
  }

  @Test
  void everything_wrong_with_a_query_is_told_at_once() {
    api.get(ACME + "/ledger?type=a&from=b&to=c&order=d&limit=e&cursor=f")
        .isInvalid("?type", "?from", "?to", "?order", "?limit", "?cursor");
    api.get(ACME + "/ledger?a=1&b=2&a=3").isInvalid("?a", "?b", "?a");
    api.get(ACME + "/ledger/verify?deep=true").isInvalid("?deep");
  }

  @Test
  void the_cursor_of_another_list_is_refused() {
    String cursor =
        api.get(byExternalId("acme") + "/credits/blocks?limit=1")
            .ok()
            .text("/pagination/next_cursor");
    api.get(ACME + "/ledger?cursor=" + cursor).isInvalid("?cursor");
  }

  @Test
  void a_new_customer_has_an_empty_ledger_that_holds() {
    api.post("/v1/customers", "{\"external_id\": \"empty\"}").created();
    assertThat(api.get(byExternalId("empty") + "/ledger").ok().at("/data")).isEmpty();
    Answer verdict = api.get(byExternalId("empty") + "/ledger/verify").ok();
    assertThat(verdict.truth("/valid")).isTrue();
    assertThat(verdict.number("/entries")).isZero();
    assertThat(verdict.text("/head_hash")).isEqualTo(GENESIS);
  }

  // ------------------------------------------------------------------------------------------
  // one entry

  @Test
  void an_entry_is_read_by_its_id() {
    for (JsonNode entry : api.ledger("acme").subList(24, 30)) {
      ObjectNode read =
          api.get("/v1/ledger/" + entry.path("id").textValue()).ok().json().deepCopy();
      JsonNode explanation = read.remove("explanation");
      assertThat(read).isEqualTo(entry);
      assertThat(explanation.isNull()).isEqualTo(entry.path("type").textValue().equals("grant"));
    }
  }

  @Test
  void an_id_that_is_none_of_an_entry_is_not_found() {
    UUID acme = UUID.fromString(api.get(ACME).ok().text("/customer_id"));
    List<String> ids =
        List.of(
            "led_",
            "led_a",
            "led_0189",
            "x",
            OwnedId.Kind.LEDGER_ENTRY.text(acme, 1), // the customer's creation
            OwnedId.Kind.LEDGER_ENTRY.text(acme, 1_000),
            OwnedId.Kind.LEDGER_ENTRY.text(acme, Long.MAX_VALUE),
            OwnedId.Kind.LEDGER_ENTRY.text(UUID.randomUUID(), 2),
            OwnedId.Kind.BLOCK.text(acme, 2),
            OwnedId.Kind.LEDGER_ENTRY.text(acme, 2).replace("led_", "LED_"),
            OwnedId.Kind.LEDGER_ENTRY.text(acme, 2) + "a");
    for (String id : ids) {
      api.get("/v1/ledger/" + id).isProblem(404, "not_found");
    }
    api.get("/v1/ledger/" + OwnedId.Kind.LEDGER_ENTRY.text(acme, 2)).ok();
  }

  // ------------------------------------------------------------------------------------------
  // proof

  @Test
  void anybody_can_recompute_the_hash_chain_from_what_the_api_answers() {
    List<JsonNode> ledger = api.ledger("acme");
    assertThat(ledger).hasSize(30);
    String previous = GENESIS;
    long balance = 0;
    for (int i = 0; i < ledger.size(); i++) {
      ObjectNode entry = ledger.get(i).deepCopy();
      String hash = entry.remove("hash").textValue();
      assertThat(entry.path("sequence").longValue()).isEqualTo(i + 1L);
      assertThat(entry.path("previous_hash").textValue()).isEqualTo(previous);
      assertThat(CanonicalJson.sha256(entry)).as(CanonicalJson.of(entry)).isEqualTo(hash);
      balance += entry.path("delta").longValue();
      assertThat(entry.path("balance_after").longValue()).isEqualTo(balance);
      previous = hash;
    }
    Answer verdict = api.get(ACME + "/ledger/verify").ok();
    assertThat(verdict.truth("/valid")).isTrue();
    assertThat(verdict.number("/entries")).isEqualTo(30);
    assertThat(verdict.text("/head_hash")).isEqualTo(previous);
    assertThat(verdict.textOrNull("/problem")).isNull();
    assertThat(verdict.at("/first_bad_sequence").isNull()).isTrue();
    assertThat(api.balance("acme")).isEqualTo(balance);
  }

  @Test
  void canonical_json_is_that_of_the_rfc() {
    // RFC 8785 section 3.2.3 and 3.2.2.2, without the floating point numbers.
    assertThat(
            CanonicalJson.of(
                Answer.json(
                    """
                    {"\\u20ac": "Euro Sign", "\\r": "Carriage Return", "\\ufb33": "Hebrew Letter",
                     "1": "One", "\\ud83d\\ude00": "Emoji", "\\u0080": "Control", "\\u00f6": "o",
                     "literals": [null, true, false], "s": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\\\\\"\\/"}
                    """)))
        .isEqualTo(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"literals\":[null,true,false],"
                + "\"s\":\"€$\\u000f\\nA'B\\\"\\\\\\\"/\",\"\u0080\":\"Control\",\"ö\":\"o\","
                + "\"€\":\"Euro Sign\",\"😀\":\"Emoji\",\"\ufb33\":\"Hebrew Letter\"}");
  }

  @Test
  void allocations_name_the_blocks_and_add_up() {
    for (JsonNode entry : api.ledger("acme")) {
      long sum = 0;
      for (JsonNode allocation : entry.path("allocations")) {
        sum += allocation.path("amount").longValue();
      }
      boolean promised = entry.path("sequence").longValue() == 27;
      assertThat(sum)
          .as(entry.toString())
          .isEqualTo(promised ? 7 : Math.abs(entry.path("delta").longValue()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // another amount, with the sums made to fit
        "UPDATE event_journal SET event_payload = convert_to(replace(convert_from(event_payload,"
            + " 'UTF8'), '\"delta\":-2,', '\"delta\":-1,'), 'UTF8') WHERE persistence_id = ?"
            + " AND sequence_number = 4",
        // another time
        "UPDATE event_journal SET event_payload = convert_to(regexp_replace(convert_from("
            + "event_payload, 'UTF8'), '\"created_at\":\"2', '\"created_at\":\"3'), 'UTF8')"
            + " WHERE persistence_id = ? AND sequence_number = 4",
        // dropped
        "DELETE FROM event_journal WHERE persistence_id = ? AND sequence_number = 4",
      })
  void a_ledger_that_somebody_changed_in_the_database_does_not_hold(String tampering)
      throws Exception {
    String name = "tampered " + tampering.hashCode();
    String customerId = api.grant(name, 100).text("/customer_id");
    for (int i = 1; i <= 3; i++) {
      api.use(name, "tokens", Integer.toString(i)).created();
    }
    String head = api.ledger(name).get(1).path("hash").textValue();
    assertThat(api.get(byExternalId(name) + "/ledger/verify").ok().truth("/valid")).isTrue();

    try (Connection connection = LedgerView.connect(TestNode.shared().database());
        PreparedStatement change = connection.prepareStatement(tampering)) {
      change.setString(1, "customer|%s|live|%s".formatted(TENANT.id(), customerId));
      assertThat(change.executeUpdate()).isEqualTo(1);
    }
    Answer verdict = api.get(byExternalId(name) + "/ledger/verify").ok();
    assertThat(verdict.truth("/valid")).isFalse();
    assertThat(verdict.number("/first_bad_sequence")).isEqualTo(3);
    assertThat(verdict.number("/entries")).isEqualTo(2);
    assertThat(verdict.text("/head_hash")).isEqualTo(head);
    assertThat(verdict.text("/problem")).isNotEmpty();
  }

  // ------------------------------------------------------------------------------------------
  // SQL

  @Test
  void the_sql_view_has_the_same_entries_as_the_api() {
    List<LedgerView.Row> expected =
        api.ledger("acme").stream()
            .map(entry -> LedgerView.Row.of(TENANT.id(), "live", entry))
            .toList();
    String customerId = expected.getFirst().customerId();
    assertThat(new LedgerView(TestNode.shared().database()).of(TENANT.id(), "live", customerId))
        .usingRecursiveComparison()
        .isEqualTo(expected);
  }

  /** These whole numbers as texts, upwards or downwards. */
  private static List<String> numbers(int from, int to) {
    var numbers = new ArrayList<String>();
    int step = from <= to ? 1 : -1;
    for (int number = from; number != to + step; number += step) {
      numbers.add(Integer.toString(number));
    }
    return numbers;
  }
}
