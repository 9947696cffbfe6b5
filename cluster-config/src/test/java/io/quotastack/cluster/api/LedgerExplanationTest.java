package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Why an entry took from the blocks that it took from, and passed others over. */
class LedgerExplanationTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());

  private final ApiClient api = TENANT.live();

  /** What blocks are called in these tests, by their ids. */
  private final Map<String, String> names = new HashMap<>();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "1");
    TENANT.live().metric("images", "1");
  }

  private String grant(String customer, String name, String members) {
    String id = api.grant(customer, "{%s}".formatted(members)).text("/block/id");
    names.put(id, name);
    return id;
  }

  /** Seven blocks in burn order, of which a debit for tokens passes over four. */
  private void grantAll(String customer) {
    grant(
        customer,
        "images",
        "\"credits\": 30, \"metric_keys\": [\"images\"],"
            + " \"expires_at\": \"2101-01-01T00:00:00Z\"");
    grant(customer, "held", "\"credits\": 20, \"expires_at\": \"2102-01-01T00:00:00Z\"");
    grant(customer, "voided", "\"credits\": 12, \"expires_at\": \"2103-01-01T00:00:00Z\"");
    grant(
        customer,
        "pending",
        "\"credits\": 40, \"effective_at\": \"2100-01-01T00:00:00Z\","
            + " \"expires_at\": \"2104-01-01T00:00:00Z\"");
    grant(customer, "first", "\"credits\": 25, \"expires_at\": \"2105-01-01T00:00:00Z\"");
    grant(customer, "second", "\"credits\": 100");
    grant(customer, "third", "\"credits\": 50, \"priority\": 1");
  }

  private String idOf(String name) {
    return names.entrySet().stream()
        .filter(each -> each.getValue().equals(name))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** The blocks of an explanation: what each is called, why so much, how much, out of how much. */
  private List<String> explained(Answer entry) {
    List<String> told = new ArrayList<>();
    for (JsonNode block : entry.at("/explanation/blocks")) {
      assertThat(block.path("used").booleanValue()).isEqualTo(block.path("amount").longValue() > 0);
      told.add(
          "%s: %s %d of %d"
              .formatted(
                  names.get(block.path("block_id").textValue()),
                  block.path("why").textValue(),
                  block.path("amount").longValue(),
                  block.path("available_before").longValue()));
    }
    return told;
  }

  private Answer entry(String id) {
    return api.get("/v1/ledger/" + id).ok();
  }

  @Test
  void each_choice_of_blocks_is_explained_by_the_blocks_of_then() {
    grantAll("chosen");
    String twenty = Holds.credits(api, "chosen", 20);
    String ten = Holds.credits(api, "chosen", 10);
    api.post("/v1/credits/blocks/" + idOf("voided") + "/void", "{\"reason\": \"a\"}").ok();
    String debit = api.use("chosen", "tokens", "40").created().text("/ledger_entry_id");
    String capture = Holds.commit(api, twenty, "\"credits\": 25").text("/ledger_entry_id");
    String release = Holds.release(api, ten).text("/ledger_entry_id");
    String adjust =
        api.post(byExternalId("chosen") + "/credits/adjust", "{\"delta\": -35, \"reason\": \"a\"}")
            .ok()
            .text("/id");
    List<JsonNode> ledger = api.ledger("chosen");

    Answer hold = entry(ledger.get(8).path("id").textValue());
    assertThat(hold.text("/type")).isEqualTo("hold");
    assertThat(explained(hold))
        .containsExactly(
            "images: not_for_metric 0 of 30",
            "held: held 0 of 0",
            "voided: used 10 of 12",
            "pending: pending 0 of 0",
            "first: not_needed 0 of 25",
            "second: not_needed 0 of 100",
            "third: not_needed 0 of 50");

    Answer debited = entry(debit);
    assertThat(debited.text("/explanation/burn_order")).isEqualTo("expiry_first");
    assertThat(debited.number("/explanation/more_blocks")).isZero();
    assertThat(explained(debited))
        .containsExactly(
            "images: not_for_metric 0 of 30",
            "held: held 0 of 0",
            "voided: ended 0 of 0",
            "pending: pending 0 of 0",
            "first: used 25 of 25",
            "second: used 15 of 100",
            "third: not_needed 0 of 50");
    JsonNode images = debited.at("/explanation/blocks/0");
    assertThat(images.path("metric_keys").toString()).isEqualTo("[\"images\"]");
    assertThat(images.path("expires_at").textValue()).startsWith("2101-01-01");
    assertThat(images.path("paid").booleanValue()).isFalse();
    assertThat(debited.number("/explanation/blocks/6/priority")).isEqualTo(1);

    assertThat(explained(entry(capture)))
        .containsExactly(
            "images: not_for_metric 0 of 30",
            "held: pinned 20 of 0",
            "voided: ended 0 of 0",
            "pending: pending 0 of 0",
            "second: used 5 of 85",
            "third: not_needed 0 of 50");
    assertThat(entry(capture).amounts("/allocations")).containsExactly(20L, 5L);

    assertThat(explained(entry(adjust)))
        .containsExactly(
            "images: used 30 of 30",
            "pending: pending 0 of 0",
            "second: used 5 of 80",
            "third: not_needed 0 of 50");

    assertThat(entry(release).at("/explanation").isNull()).isTrue();
    for (JsonNode each : ledger) {
      boolean choice =
          List.of("hold", "debit", "capture", "adjust").contains(each.path("type").textValue());
      assertThat(entry(each.path("id").textValue()).at("/explanation").isNull())
          .as(each.toString())
          .isNotEqualTo(choice);
    }
  }

  @Test
  void an_entry_is_explained_by_the_burn_order_of_then() {
    TestTenant own = TestTenant.in(TestNode.shared());
    ApiClient client = own.live();
    client.metric("tokens", "1");
    client.patch(own.configPath(), "{\"burn_order\": \"priority_first\"}").ok();
    String late =
        client
            .grant(
                "acme",
                "{\"credits\": 10, \"priority\": 5, \"expires_at\": \"2101-01-01T00:00:00Z\"}")
            .text("/block/id");
    String first = client.grant("acme", "{\"credits\": 10, \"priority\": 4}").text("/block/id");
    String debit = client.use("acme", "tokens", "4").created().text("/ledger_entry_id");
    client.patch(own.configPath(), "{\"burn_order\": \"expiry_first\"}").ok();

    Answer explained = client.get("/v1/ledger/" + debit).ok();

    assertThat(explained.text("/explanation/burn_order")).isEqualTo("priority_first");
    assertThat(explained.text("/explanation/blocks/0/block_id")).isEqualTo(first);
    assertThat(explained.text("/explanation/blocks/0/why")).isEqualTo("used");
    assertThat(explained.text("/explanation/blocks/1/block_id")).isEqualTo(late);
    assertThat(explained.text("/explanation/blocks/1/why")).isEqualTo("not_needed");
  }

  @Test
  void an_explanation_lists_200_blocks_and_counts_the_others() {
    api.grant("many", 1);
    ApiClient.together(
            Collections.nCopies(204, byExternalId("many") + "/credits/grant").stream()
                .map(path -> api.request("POST", path).json("{\"credits\": 1}"))
                .toList())
        .forEach(Answer::created);
    String debit = api.use("many", "tokens", "203").created().text("/ledger_entry_id");
    Answer explained = entry(debit);
    assertThat(explained.at("/explanation/blocks")).hasSize(200);
    assertThat(explained.number("/explanation/more_blocks")).isEqualTo(5);
    assertThat(explained.at("/allocations")).hasSize(203);
  }

  @Test
  void overage_takes_from_no_block_and_needs_no_explanation() {
    api.post("/v1/customers", "{\"external_id\": \"owing\", \"overage_policy\": \"allow\"}")
        .created();
    grant("owing", "only", "\"credits\": 5");
    api.use("owing", "tokens", "9").created();
    List<JsonNode> ledger = api.ledger("owing");
    assertThat(explained(entry(ledger.get(1).path("id").textValue())))
        .containsExactly("only: used 5 of 5");
    assertThat(ledger.get(2).path("type").textValue()).isEqualTo("overage");
    assertThat(entry(ledger.get(2).path("id").textValue()).at("/explanation").isNull()).isTrue();
  }
}
