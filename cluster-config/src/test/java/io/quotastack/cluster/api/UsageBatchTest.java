package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches of usage: each event is judged, answered and remembered by itself. */
class UsageBatchTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String BATCH = "/v1/usage/batch";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "1");
    TENANT
        .live()
        .post("/v1/billable-metrics", "{\"key\": \"unpriced\", \"name\": \"No price\"}")
        .created();
  }

  private static String events(String... events) {
    return "{\"events\": [%s]}".formatted(String.join(", ", events));
  }

  private static String event(String customer, String units, String... more) {
    return "{\"external_customer_id\": \"%s\", \"billable_metric_key\": \"tokens\", \"units\": %s%s}"
        .formatted(
            customer,
            units,
            Arrays.stream(more).map(member -> ", " + member).collect(Collectors.joining()));
  }

  @Test
  void each_event_is_answered_by_itself() {
    api.grant("mixed a", 100);
    Answer b = api.grant("mixed b", 10);
    String tooOld = Instant.now().minus(31, ChronoUnit.DAYS).toString();
    Answer answer =
        api.post(
                BATCH,
                events(
                    event("mixed a", "60"),
                    event("mixed a", "41"),
                    event("mixed b", "10"),
                    event("nobody", "1"),
                    event("mixed a", "-1", "\"color\": \"red\""),
                    event("mixed a", "1", "\"timestamp\": \"%s\"".formatted(tooOld)),
                    "{\"billable_metric_key\": \"tokens\"}",
                    "{\"customer_id\": \"%s\", \"billable_metric_key\": \"unpriced\"}"
                        .formatted(b.text("/customer_id")),
                    "17",
                    event("mixed a", "1", "\"idempotency_key\": \"\""),
                    event("mixed a", "40")))
            .ok();
    assertThat(answer.isReplay()).isFalse();
    assertThat(answer.number("/recorded")).isEqualTo(3);
    assertThat(answer.number("/replayed")).isZero();
    assertThat(answer.number("/rejected")).isEqualTo(8);
    assertThat(answer.at("/results"))
        .extracting(result -> result.path("index").intValue())
        .isEqualTo(IntStream.range(0, 11).boxed().toList());

    assertThat(answer.number("/results/0/balance")).isEqualTo(40);
    assertThat(rejection(answer, 1)).isEqualTo("402 insufficient_credits []");
    assertThat(answer.number("/results/1/problem/shortfall")).isEqualTo(1);
    assertThat(answer.number("/results/2/balance")).isZero();
    assertThat(rejection(answer, 3)).isEqualTo("404 customer_not_found []");
    assertThat(rejection(answer, 4))
        .isEqualTo("400 invalid_request [/events/4/units, /events/4/color]");
    assertThat(rejection(answer, 5)).isEqualTo("422 timestamp_out_of_range [/events/5/timestamp]");
    assertThat(rejection(answer, 6)).isEqualTo("400 customer_identifier []");
    assertThat(rejection(answer, 7)).isEqualTo("422 no_metering_rule []");
    assertThat(rejection(answer, 8)).isEqualTo("400 invalid_request [/events/8]");
    assertThat(rejection(answer, 9)).isEqualTo("400 invalid_request [/events/9/idempotency_key]");
    assertThat(answer.number("/results/10/balance")).isZero();

    assertThat(api.balance("mixed a")).isZero();
    assertThat(api.balance("mixed b")).isZero();
    assertThat(api.ledger("mixed a")).hasSize(3);
  }

  /** Status, slug and pointers of a rejected event. */
  private static String rejection(Answer answer, int index) {
    JsonNode result = answer.at("/results/" + index);
    assertThat(result.path("status").textValue()).isEqualTo("rejected");
    JsonNode problem = result.path("problem");
    assertThat(problem.has("instance")).isFalse();
    List<String> pointers = new ArrayList<>();
    problem.path("errors").forEach(error -> pointers.add(error.path("pointer").textValue()));
    return problem.path("status").asText()
        + " "
        + problem.path("type").textValue().replace("/problems/", "")
        + " "
        + pointers;
  }

  @Test
  void the_answer_to_an_event_is_that_of_a_request_of_its_own() {
    api.grant("alike", 100);
    JsonNode inBatch = api.post(BATCH, events(event("alike", "2.5"))).ok().at("/results/0");
    JsonNode alone = api.use("alike", "tokens", "2.5").created().json();
    var expected = new ArrayList<>(List.of("index", "status"));
    alone.fieldNames().forEachRemaining(expected::add);
    var names = new ArrayList<String>();
    inBatch.fieldNames().forEachRemaining(names::add);
    assertThat(names).isEqualTo(expected);
    assertThat(inBatch.path("cost")).isEqualTo(alone.path("cost"));
    assertThat(
            api.get("/v1/ledger/" + inBatch.path("ledger_entry_id").textValue()).ok().text("/type"))
        .isEqualTo("debit");
  }

  @Test
  void events_of_one_customer_keep_their_order() {
    for (String customer : List.of("order 0", "order 1", "order 2")) {
      api.grant(customer, 1_000_000);
    }
    Answer answer =
        api.post(
                BATCH,
                events(
                    IntStream.range(0, 90)
                        .mapToObj(i -> event("order " + i % 3, Integer.toString(1000 + i)))
                        .toArray(String[]::new)))
            .ok();
    assertThat(answer.number("/recorded")).isEqualTo(90);
    for (int customer = 0; customer < 3; customer++) {
      for (int i = 0; i < 30; i++) {
        JsonNode result = answer.at("/results/" + (3 * i + customer));
        assertThat(result.path("external_customer_id").textValue()).isEqualTo("order " + customer);
        assertThat(result.path("ledger_sequence").longValue()).isEqualTo(i + 2L);
        assertThat(result.path("cost").longValue()).isEqualTo(1000L + 3L * i + customer);
      }
      assertThat(api.ledger("order " + customer)).hasSize(31);
    }
  }

  @Test
  void a_batch_that_is_sent_again_is_replayed_event_by_event() {
    api.grant("again", 10);
    String body =
        events(
            event("again", "4"),
            event("again", "7"),
            event("again", "1", "\"idempotency_key\": \"own key\""));
    Answer first = api.post(BATCH, body, "batch 1").ok();
    assertThat(first.number("/recorded")).isEqualTo(2);
    assertThat(rejection(first, 1)).startsWith("402");

    Answer second = api.post(BATCH, body, "batch 1").ok();
    assertThat(second.number("/recorded")).isZero();
    assertThat(second.number("/replayed")).isEqualTo(2);
    assertThat(second.number("/rejected")).isEqualTo(1);
    assertThat(second.isReplay()).isFalse();
    assertThat(second.at("/results/0/status").textValue()).isEqualTo("replayed");
    assertThat(second.body().replace("\"replayed\",", "\"recorded\","))
        .startsWith(first.body().substring(0, first.body().indexOf("\"status\":\"rejected\"")));

    // What was refused is judged anew, and then all of it is a replay.
    api.grant("again", 100);
    assertThat(api.post(BATCH, body, "batch 1").ok().number("/recorded")).isEqualTo(1);
    Answer fourth = api.post(BATCH, body, "batch 1").ok();
    assertThat(fourth.number("/replayed")).isEqualTo(3);
    assertThat(fourth.isReplay()).isTrue();
    assertThat(api.balance("again")).isEqualTo(98);
    assertThat(api.ledger("again")).hasSize(5);
  }

  @Test
  void an_event_has_its_own_key_whichever_batch_or_request_it_comes_in() {
    api.grant("own keys", 100);
    String first = event("own keys", "5", "\"idempotency_key\": \"event A\"");
    String second = event("own keys", "6", "\"idempotency_key\": \"event B\"");
    api.post(BATCH, events(first), "x").ok();
    Answer other = api.post(BATCH, events(second, first), "y").ok();
    assertThat(statuses(other)).containsExactly("recorded", "replayed");

    // The same event twice in one batch is one event.
    String third = event("own keys", "7", "\"idempotency_key\": \"event C\"");
    Answer twice = api.post(BATCH, events(third, third), "z").ok();
    assertThat(statuses(twice)).containsExactly("recorded", "replayed");
    assertThat(twice.at("/results/0/usage_event_id"))
        .isEqualTo(twice.at("/results/1/usage_event_id"));
    assertThat(api.balance("own keys")).isEqualTo(100 - 5 - 6 - 7);
  }

  @Test
  void an_event_that_changed_under_its_key_is_rejected() {
    api.grant("changed", 100);
    api.post(BATCH, events(event("changed", "1"), event("changed", "2")), "batch").ok();
    Answer answer =
        api.post(
                BATCH,
                events(event("changed", "1"), event("changed", "3"), event("changed", "4")),
                "batch")
            .ok();
    assertThat(statuses(answer)).containsExactly("replayed", "rejected", "recorded");
    assertThat(rejection(answer, 1)).isEqualTo("422 idempotency_key_reused []");
    assertThat(api.balance("changed")).isEqualTo(100 - 1 - 2 - 4);
  }

  private static List<String> statuses(Answer answer) {
    var statuses = new ArrayList<String>();
    answer.at("/results").forEach(result -> statuses.add(result.path("status").textValue()));
    return statuses;
  }

  @Test
  void a_batch_has_up_to_1000_events() {
    for (int customer = 0; customer < 10; customer++) {
      api.grant("thousand " + customer, 100);
    }
    String[] thousand =
        IntStream.range(0, 1000)
            .mapToObj(i -> event("thousand " + i % 10, "1"))
            .toArray(String[]::new);
    Answer answer = api.post(BATCH, events(thousand), "thousand").ok();
    assertThat(answer.number("/recorded")).isEqualTo(1000);
    assertThat(answer.at("/results/999/balance").longValue()).isZero();
    for (int customer = 0; customer < 10; customer++) {
      assertThat(api.balance("thousand " + customer)).isZero();
    }
    String[] more = Arrays.copyOf(thousand, 1001);
    more[1000] = event("thousand 0", "0");
    api.post(BATCH, events(more)).isInvalid("/events");
  }

  @Test
  void a_thousand_events_of_one_customer_are_one_write() {
    api.grant("one", 999);
    String[] thousand =
        IntStream.range(0, 1000).mapToObj(i -> event("one", "1")).toArray(String[]::new);
    Answer answer = api.post(BATCH, events(thousand)).ok();
    assertThat(answer.number("/recorded")).isEqualTo(999);
    assertThat(rejection(answer, 999)).isEqualTo("402 insufficient_credits []");
    Answer verdict = api.get(byExternalId("one") + "/ledger/verify").ok();
    assertThat(verdict.truth("/valid")).isTrue();
    assertThat(verdict.number("/entries")).isEqualTo(1000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"events\": null}",
        "{\"events\": []}",
        "{\"events\": {}}",
        "{\"events\": \"all\"}",
      })
  void a_batch_without_a_usable_list_is_refused_whole(String body) {
    api.post(BATCH, body).isInvalid("/events");
  }

  @Test
  void a_batch_has_nothing_but_events() {
    api.grant("strict", 10);
    api.post(
            BATCH,
            "{\"events\": [%s], \"idempotency_key\": \"a\", \"dry_run\": true}"
                .formatted(event("strict", "1")))
        .isInvalid("/idempotency_key", "/dry_run");
    assertThat(api.balance("strict")).isEqualTo(10);
  }
}
