package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Billable metrics: making, reading, changing and archiving them. */
class MetricsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String METRICS = "/v1/billable-metrics";

  private final ApiClient api = TENANT.live();

  @Test
  void a_metric_is_created_with_all_its_fields_and_read_back() {
    Answer created =
        api.post(
                METRICS,
                """
                {"key": "api_calls_2", "name": "API calls", "description": "All of them",
                 "feature_key": "api"}
                """)
            .created();
    assertThat(created.text("/key")).isEqualTo("api_calls_2");
    assertThat(created.text("/name")).isEqualTo("API calls");
    assertThat(created.text("/description")).isEqualTo("All of them");
    assertThat(created.text("/feature_key")).isEqualTo("api");
    assertThat(created.truth("/archived")).isFalse();
    assertThat(created.at("/active_rule").isNull()).isTrue();
    assertThat(created.text("/updated_at")).isEqualTo(created.text("/created_at"));
    assertThat(api.get(METRICS + "/api_calls_2").ok().body()).isEqualTo(created.body());
  }

  @Test
  void a_metric_needs_a_key_and_a_name() {
    String key = "k".repeat(64);
    Answer created =
        api.post(METRICS, "{\"key\": \"%s\", \"name\": \"%s\"}".formatted(key, "é".repeat(255)))
            .created();
    assertThat(created.textOrNull("/description")).isNull();
    assertThat(created.textOrNull("/feature_key")).isNull();
    api.post(METRICS, "{}").isInvalid("/key", "/name");
    api.post(METRICS, "{\"key\": null, \"name\": null}").isInvalid("/key", "/name");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "key": "", "name": "a"                               | /key
          "key": "Upper", "name": "a"                          | /key
          "key": "a-b", "name": "a"                            | /key
          "key": "é", "name": "a"                              | /key
          "key": 1, "name": "a"                                | /key
          "key": "a", "name": ""                               | /name
          "key": "a", "name": "a", "description": ""           | /description
          "key": "a", "name": "a", "feature_key": "A"          | /feature_key
          "key": "a", "name": "a", "archived": true            | /archived
          "key": "a", "name": "a", "unit": "b", "aggregation": "sum" | /unit, /aggregation
          """)
  void a_metric_that_makes_no_sense_is_refused(String members, String pointers) {
    api.post(METRICS, "{%s}".formatted(members)).isInvalid(pointers.split(", "));
  }

  @Test
  void texts_of_a_metric_have_a_longest() {
    api.post(
            METRICS,
            "{\"key\": \"%s\", \"name\": \"%s\", \"description\": \"%s\"}"
                .formatted("k".repeat(65), "n".repeat(256), "d".repeat(2001)))
        .isInvalid("/key", "/name", "/description");
    api.post(
            METRICS,
            "{\"key\": \"long\", \"name\": \"n\", \"description\": \"%s\"}"
                .formatted("d".repeat(2000)))
        .created();
  }

  @Test
  void a_key_that_is_taken_is_refused() {
    Answer created = api.post(METRICS, "{\"key\": \"taken\", \"name\": \"First\"}").created();
    Answer refused =
        api.post(METRICS, "{\"key\": \"taken\", \"name\": \"Second\"}")
            .isProblem(409, "already_exists");
    assertThat(refused.pointers()).containsExactly("/key");
    assertThat(api.get(METRICS + "/taken").ok().body()).isEqualTo(created.body());
  }

  @Test
  void a_change_keeps_what_it_leaves_out_and_clears_what_is_null() {
    api.post(
            METRICS,
            """
            {"key": "changing", "name": "Old", "description": "Text", "feature_key": "f"}
            """)
        .created();
    Answer renamed = api.patch(METRICS + "/changing", "{\"name\": \"New\"}").ok();
    assertThat(renamed.text("/name")).isEqualTo("New");
    assertThat(renamed.text("/description")).isEqualTo("Text");
    assertThat(renamed.text("/feature_key")).isEqualTo("f");
    assertThat(renamed.text("/updated_at")).isGreaterThanOrEqualTo(renamed.text("/created_at"));

    Answer cleared =
        api.patch(METRICS + "/changing", "{\"description\": null, \"feature_key\": null}").ok();
    assertThat(cleared.text("/name")).isEqualTo("New");
    assertThat(cleared.textOrNull("/description")).isNull();
    assertThat(cleared.textOrNull("/feature_key")).isNull();
    assertThat(api.get(METRICS + "/changing").ok().body()).isEqualTo(cleared.body());

    api.patch(METRICS + "/changing", "{\"name\": null, \"archived\": null, \"key\": \"x\"}")
        .isInvalid("/name", "/archived", "/key");
    api.patch(METRICS + "/changing", "{\"archived\": \"true\"}").isInvalid("/archived");
  }

  @Test
  void an_archived_metric_takes_no_usage_until_it_is_back() {
    api.metric("archivable", "2");
    api.grant("archivist", 100);
    Answer rule = api.get(METRICS + "/archivable").ok();
    assertThat(rule.number("/active_rule/version")).isEqualTo(1);

    Answer archived = api.patch(METRICS + "/archivable", "{\"archived\": true}").ok();
    assertThat(archived.truth("/archived")).isTrue();
    assertThat(archived.at("/active_rule").isNull()).isTrue();
    api.use("archivist", "archivable", "1").isProblem(422, "no_metering_rule");
    assertThat(
            api.get(ApiClient.byExternalId("archivist") + "/entitlements/archivable")
                .ok()
                .text("/reason"))
        .isEqualTo("no_metering_rule");
    assertThat(api.list(METRICS))
        .anyMatch(metric -> metric.path("key").asText().equals("archivable"));
    api.post(METRICS, "{\"key\": \"archivable\", \"name\": \"Again\"}")
        .isProblem(409, "already_exists");

    Answer back = api.patch(METRICS + "/archivable", "{\"archived\": false}").ok();
    assertThat(back.at("/active_rule")).isEqualTo(rule.at("/active_rule"));
    assertThat(api.use("archivist", "archivable", "1").created().number("/cost")).isEqualTo(2);
  }

  @Test
  void an_unknown_metric_is_not_found() {
    api.get(METRICS + "/nothing").isProblem(404, "not_found");
    api.get(METRICS + "/NOTHING%20at%20all").isProblem(404, "not_found");
    api.patch(METRICS + "/nothing", "{\"name\": \"x\"}").isProblem(404, "not_found");
  }

  @Test
  void metrics_are_listed_by_key_in_pages() {
    ApiClient own = TestTenant.in(TestNode.shared()).live();
    assertThat(own.get(METRICS).ok().at("/data")).isEmpty();
    for (int i = 24; i >= 0; i--) {
      own.post(METRICS, "{\"key\": \"m_%02d\", \"name\": \"Metric\"}".formatted(i)).created();
    }
    List<String> all = IntStream.range(0, 25).mapToObj("m_%02d"::formatted).toList();

    Answer first = own.get(METRICS).ok();
    assertThat(first.each("key")).isEqualTo(all.subList(0, 20));
    own.post(METRICS, "{\"key\": \"m_00a\", \"name\": \"Metric\"}").created();
    Answer second = own.get(METRICS + "?cursor=" + first.text("/pagination/next_cursor")).ok();
    assertThat(second.each("key")).isEqualTo(all.subList(20, 25));
    assertThat(second.truth("/pagination/has_more")).isFalse();

    own.get(METRICS + "?limit=0").isInvalid("?limit");
    own.get(METRICS + "?cursor=zzz&archived=true").isInvalid("?archived");
    own.get(METRICS + "?cursor=zzz").isInvalid("?cursor");
  }
}
