package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Recorded usage, read back: event by event, and summed up by hours, days and months. */
class UsageListTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final ZoneId KOLKATA = ZoneId.of("Asia/Kolkata");

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "2");
    TENANT.live().metric("images", "1");
    TENANT.live().grant("queried", 10);
  }

  private static String usage(String customer) {
    return byExternalId(customer) + "/usage";
  }

  private String used(String customer, String metric, String units, Instant timestamp) {
    return api.post(
            "/v1/usage",
            """
            {"external_customer_id": "%s", "billable_metric_key": "%s", "units": %s,
             "timestamp": "%s"}
            """
                .formatted(customer, metric, units, timestamp))
        .created()
        .text("/usage_event_id");
  }

  private static Instant ago(Duration duration) {
    return Instant.now().minus(duration).truncatedTo(ChronoUnit.MILLIS);
  }

  // ------------------------------------------------------------------------------------------
  // the list

  @Test
  void an_event_is_listed_as_it_was_recorded() {
    api.grant("told", 100);
    Answer recorded =
        api.post(
                "/v1/usage",
                """
                {"external_customer_id": "told", "billable_metric_key": "tokens", "units": "2.50",
                 "timestamp": "%s", "properties": {"model": "large"}, "metadata": {"r": "1"}}
                """
                    .formatted(ago(Duration.ofDays(3))))
            .created();
    Answer list = api.get(usage("told")).ok();
    assertThat(list.at("/data")).hasSize(1);
    for (String member :
        List.of(
            "usage_event_id",
            "billable_metric_key",
            "units",
            "cost",
            "overage",
            "rule_version",
            "allocations",
            "ledger_entry_id",
            "ledger_sequence",
            "timestamp",
            "created_at")) {
      assertThat(list.at("/data/0/" + member)).as(member).isEqualTo(recorded.at("/" + member));
    }
    assertThat(list.text("/data/0/units")).isEqualTo("2.5");
    assertThat(list.textOrNull("/data/0/reservation_id")).isNull();
    assertThat(list.at("/data/0/properties").toString()).isEqualTo("{\"model\":\"large\"}");
    assertThat(list.at("/data/0/metadata").toString()).isEqualTo("{\"r\":\"1\"}");
    assertThat(api.get("/v1/customers/" + recorded.text("/customer_id") + "/usage").ok().body())
        .isEqualTo(list.body());
    assertThat(api.get(usage("queried")).ok().at("/data")).isEmpty();
  }

  @Test
  void captures_for_a_metric_are_listed_with_their_reservation() {
    api.grant("captured", 100);
    String reservation = Holds.units(api, "captured", "tokens", "20");
    Answer part = Holds.commit(api, reservation, "\"actual_units\": 4, \"final\": false");
    Answer byCredits = Holds.commit(api, reservation, "\"credits\": 5");
    Holds.commit(api, Holds.credits(api, "captured", 10), "");
    String plain = api.use("captured", "tokens", "1").created().text("/usage_event_id");

    Answer list = api.get(usage("captured")).ok();

    assertThat(list.each("usage_event_id"))
        .containsExactly(plain, byCredits.text("/usage_event_id"), part.text("/usage_event_id"));
    assertThat(list.textOrNull("/data/0/reservation_id")).isNull();
    assertThat(list.text("/data/1/reservation_id")).isEqualTo(reservation);
    assertThat(list.textOrNull("/data/1/units")).isNull();
    assertThat(list.number("/data/1/cost")).isEqualTo(5);
    assertThat(list.text("/data/2/reservation_id")).isEqualTo(reservation);
    assertThat(list.text("/data/2/units")).isEqualTo("4");
    assertThat(list.number("/data/2/cost")).isEqualTo(8);
    assertThat(list.number("/data/2/rule_version")).isEqualTo(1);
  }

  @Test
  void usage_is_listed_by_metric_and_by_when_it_was_used() {
    api.grant("filtered", 1_000);
    Instant old = ago(Duration.ofDays(20));
    Instant older = ago(Duration.ofDays(25));
    String first = used("filtered", "tokens", "1", old);
    String second = used("filtered", "images", "1", older);
    String third = used("filtered", "tokens", "1", ago(Duration.ofHours(1)));
    String fourth = used("filtered", "tokens", "1", Instant.now().plusSeconds(200));
    String path = usage("filtered");

    // The latest recorded first, whenever it was used.
    assertThat(api.get(path).ok().each("usage_event_id"))
        .containsExactly(fourth, third, second, first);
    assertThat(api.get(path + "?billable_metric_key=images").ok().each("usage_event_id"))
        .containsExactly(second);
    assertThat(api.get(path + "?billable_metric_key=nothing").ok().at("/data")).isEmpty();
    assertThat(api.get(path + "?from=" + old).ok().each("usage_event_id"))
        .containsExactly(fourth, third, first);
    assertThat(api.get(path + "?to=" + old).ok().each("usage_event_id")).containsExactly(second);
    assertThat(
            api.get(path + "?from=%s&to=%s".formatted(older, old.plusMillis(1)))
                .ok()
                .each("usage_event_id"))
        .containsExactly(second, first);
    assertThat(
            api.get(path + "?billable_metric_key=tokens&from=%s&to=%s".formatted(older, old))
                .ok()
                .at("/data"))
        .isEmpty();
    assertThat(api.get(path + "?from=" + Instant.now().plusSeconds(30)).ok().each("usage_event_id"))
        .containsExactly(fourth);
    assertThat(api.get(path + "?from=2100-01-01T00:00:00Z").ok().at("/data")).isEmpty();
  }

  @Test
  void pages_neither_skip_nor_repeat_while_usage_is_added() {
    api.grant("paged", 1_000);
    List<String> recorded = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      String id =
          api.use("paged", i % 3 == 0 ? "images" : "tokens", "1").created().text("/usage_event_id");
      recorded.addFirst(id);
      api.grant("paged", 1);
    }
    assertThat(pages("?limit=2")).isEqualTo(recorded);
    // Usage was added while the pages were read.
    List<String> tokens =
        api.list(usage("paged") + "?billable_metric_key=tokens").stream()
            .map(event -> event.path("usage_event_id").textValue())
            .toList();
    assertThat(tokens).hasSize(6 + 5);
    assertThat(pages("?limit=4&billable_metric_key=tokens")).isEqualTo(tokens);
    assertThat(api.get(usage("paged")).ok().at("/data")).hasSize(9 + 5 + 3);
  }

  /** The ids of all pages, with one more event recorded after each of them. */
  private List<String> pages(String query) {
    List<String> ids = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = api.get(usage("paged") + query + cursor).ok();
      ids.addAll(page.each("usage_event_id"));
      api.use("paged", "tokens", "1").created();
      String next = page.textOrNull("/pagination/next_cursor");
      assertThat(page.truth("/pagination/has_more")).isEqualTo(next != null);
      cursor = next == null ? "" : "&cursor=" + next;
    } while (!cursor.isEmpty());
    return ids;
  }

  @ParameterizedTest
  @CsvSource({
    "usage?billable_metric_key=No, ?billable_metric_key",
    "usage?metric=tokens, ?metric",
    "usage?from=yesterday, ?from",
    "usage?to=2026-01-01, ?to",
    "usage?limit=0, ?limit",
    "usage?limit=101, ?limit",
    "usage?cursor=x, ?cursor",
    "usage/summary?group_by=week, ?group_by",
    "usage/summary?group_by=Day, ?group_by",
    "usage/summary?metric=No, ?metric",
    "usage/summary?billable_metric_key=tokens, ?billable_metric_key",
    "usage/summary?from=yesterday, ?from",
    "usage/summary?to=, ?to",
    "usage/summary?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z, ?to",
    "usage/summary?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z, ?to",
    "usage/summary?from=2100-01-01T00:00:00Z, ?from",
    "usage/summary?limit=5, ?limit",
  })
  void a_query_that_makes_no_sense_is_refused(String pathAndQuery, String pointer) {
    api.get(byExternalId("queried") + "/" + pathAndQuery).isInvalid(pointer);
  }

  @Test
  void the_usage_of_an_unknown_customer_is_not_found() {
    api.get(usage("nobody")).isProblem(404, "customer_not_found");
    api.get(usage("nobody") + "/summary").isProblem(404, "customer_not_found");
  }

  @Test
  void the_cursor_of_another_list_is_refused() {
    api.grant("cursors", 1);
    api.grant("cursors", 1);
    String cursor =
        api.get(byExternalId("cursors") + "/ledger?limit=1").ok().text("/pagination/next_cursor");
    api.get(usage("cursors") + "?cursor=" + cursor).isInvalid("?cursor");
  }

  // ------------------------------------------------------------------------------------------
  // the summary

  private Answer summary(String customer, String query) {
    return api.get(usage(customer) + "/summary?" + query).ok();
  }

  /** A bucket: when it begins and ends, its metric, events, units, cost, overage and reversed. */
  private static String bucket(
      Instant start, Instant end, String metric, int events, String units, String amounts) {
    return "%s..%s %s %d %s %s".formatted(start, end, metric, events, units, amounts);
  }

  private static List<String> buckets(Answer summary) {
    List<String> told = new ArrayList<>();
    for (JsonNode each : summary.at("/buckets")) {
      told.add(
          bucket(
              Instant.parse(each.path("start").textValue()),
              Instant.parse(each.path("end").textValue()),
              each.path("billable_metric_key").textValue(),
              each.path("events").intValue(),
              each.path("units").textValue(),
              "%d/%d/%d"
                  .formatted(
                      each.path("cost").longValue(),
                      each.path("overage").longValue(),
                      each.path("reversed").longValue())));
    }
    return told;
  }

  @Test
  void usage_is_summed_up_by_the_hours_and_days_of_the_customers_time_zone() {
    api.post(
            "/v1/customers",
            "{\"external_id\": \"zoned\", \"time_zone\": \"Asia/Kolkata\","
                + " \"overage_policy\": \"allow\"}")
        .created();
    api.grant("zoned", 10);
    LocalDate day = LocalDate.now(KOLKATA).minusDays(5);
    used("zoned", "tokens", "1.5", at(day, 0, 10));
    used("zoned", "tokens", "2.5", at(day, 23, 50));
    used("zoned", "images", "4", at(day, 23, 59));
    used("zoned", "tokens", "1", at(day.plusDays(1), 0, 0));
    used("zoned", "tokens", "7", at(day.minusDays(1), 23, 59)); // before what is asked for
    String range = "from=%s&to=%s".formatted(at(day, 0, 0), at(day.plusDays(2), 0, 0));

    Answer byDay = summary("zoned", range);
    assertThat(byDay.text("/group_by")).isEqualTo("day");
    assertThat(byDay.text("/time_zone")).isEqualTo("Asia/Kolkata");
    assertThat(byDay.text("/external_customer_id")).isEqualTo("zoned");
    assertThat(Instant.parse(byDay.text("/from"))).isEqualTo(at(day, 0, 0));
    assertThat(Instant.parse(byDay.text("/to"))).isEqualTo(at(day.plusDays(2), 0, 0));
    Instant next = at(day.plusDays(1), 0, 0);
    assertThat(buckets(byDay))
        .containsExactly(
            bucket(at(day, 0, 0), next, "images", 1, "4", "4/2/0"),
            bucket(at(day, 0, 0), next, "tokens", 2, "4", "8/0/0"),
            bucket(next, at(day.plusDays(2), 0, 0), "tokens", 1, "1", "2/2/0"));

    assertThat(buckets(summary("zoned", range + "&group_by=hour&metric=tokens")))
        .containsExactly(
            bucket(at(day, 0, 0), at(day, 1, 0), "tokens", 1, "1.5", "3/0/0"),
            bucket(at(day, 23, 0), next, "tokens", 1, "2.5", "5/0/0"),
            bucket(next, at(day.plusDays(1), 1, 0), "tokens", 1, "1", "2/2/0"));

    // A range may begin and end within a bucket; what lies outside of it is not counted.
    String within = "from=%s&to=%s".formatted(at(day, 0, 11), at(day, 23, 59));
    assertThat(buckets(summary("zoned", within)))
        .containsExactly(bucket(at(day, 0, 0), next, "tokens", 1, "2.5", "5/0/0"));
  }

  private static Instant at(LocalDate date, int hour, int minute) {
    return date.atTime(hour, minute).atZone(KOLKATA).toInstant();
  }

  @Test
  void usage_is_summed_up_by_the_months_of_the_tenants_time_zone() {
    TestTenant own = TestTenant.in(TestNode.shared());
    ApiClient client = own.live();
    ZoneId zone = ZoneId.of("America/New_York");
    client.metric("tokens", "2");
    client.patch(own.configPath(), "{\"time_zone\": \"America/New_York\"}").ok();
    client.grant("monthly", 1_000);
    LocalDate oldest = LocalDate.now(zone).minusDays(28);
    LocalDate month = oldest.withDayOfMonth(1);
    client
        .post(
            "/v1/usage",
            """
            {"external_customer_id": "monthly", "billable_metric_key": "tokens", "units": 3,
             "timestamp": "%s"}
            """
                .formatted(oldest.atTime(12, 0).atZone(zone).toInstant()))
        .created();
    Answer summary =
        client
            .get(
                usage("monthly")
                    + "/summary?group_by=month&from=%s&to=%s"
                        .formatted(
                            start(month.minusMonths(1), zone), start(month.plusMonths(1), zone)))
            .ok();
    assertThat(summary.text("/time_zone")).isEqualTo("America/New_York");
    assertThat(buckets(summary))
        .containsExactly(
            bucket(
                start(month, zone), start(month.plusMonths(1), zone), "tokens", 1, "3", "6/0/0"));
  }

  private static Instant start(LocalDate date, ZoneId zone) {
    return date.atStartOfDay(zone).toInstant();
  }

  @Test
  void what_was_given_back_counts_when_it_was() {
    api.grant("reversed", 100);
    Instant old = ago(Duration.ofDays(10));
    String usage = used("reversed", "tokens", "10", old);
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    api.post("/v1/usage/" + usage + "/reverse", "{\"credits\": 5, \"reason\": \"a\"}").ok();
    api.post("/v1/usage/" + usage + "/reverse", "{\"credits\": 2, \"reason\": \"a\"}").ok();
    Instant after = Instant.now().plusMillis(1).truncatedTo(ChronoUnit.MILLIS);

    Answer now = summary("reversed", "from=%s&to=%s".formatted(before, after));
    long reversed = 0;
    for (JsonNode bucket : now.at("/buckets")) { // two if midnight fell between
      assertThat(bucket.path("events").intValue()).isZero();
      assertThat(bucket.path("units").textValue()).isEqualTo("0");
      assertThat(bucket.path("cost").longValue()).isZero();
      reversed += bucket.path("reversed").longValue();
    }
    assertThat(reversed).isEqualTo(7);

    Answer then =
        summary("reversed", "metric=tokens&from=%s&to=%s".formatted(old, old.plusMillis(1)));
    assertThat(then.number("/buckets/0/cost")).isEqualTo(20);
    assertThat(then.number("/buckets/0/reversed")).isZero();
    assertThat(
            summary("reversed", "metric=images&from=%s&to=%s".formatted(before, after))
                .at("/buckets"))
        .isEmpty();
  }

  @Test
  void a_summary_is_of_this_month_unless_it_is_told_otherwise() {
    api.grant("this month", 100);
    Answer before = api.use("this month", "tokens", "1").created();
    api.use("this month", "tokens", "2").created();
    Answer summary = summary("this month", "group_by=month&metric=tokens");
    Instant to = Instant.parse(summary.text("/to"));
    assertThat(to).isBetween(Instant.parse(before.text("/created_at")), Instant.now());
    ZoneId utc = ZoneId.of("UTC");
    LocalDate first = to.atZone(utc).toLocalDate().withDayOfMonth(1);
    assertThat(Instant.parse(summary.text("/from"))).isEqualTo(start(first, utc));
    assertThat(summary.text("/time_zone")).isEqualTo("UTC");
    assertThat(summary.number("/buckets/0/events")).isEqualTo(2);
    assertThat(summary.text("/buckets/0/units")).isEqualTo("3");
  }

  @Test
  void a_summary_that_ends_with_a_month_is_of_that_month() {
    Answer summary = summary("queried", "to=2026-03-01T00:00:00Z");
    assertThat(Instant.parse(summary.text("/from"))).isEqualTo("2026-02-01T00:00:00Z");
    assertThat(Instant.parse(summary.text("/to"))).isEqualTo("2026-03-01T00:00:00Z");
    assertThat(summary.at("/buckets")).isEmpty();
  }

  @Test
  void captures_are_summed_up_with_usage() {
    api.grant("both", 100);
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    api.use("both", "tokens", "1").created();
    String reservation = Holds.units(api, "both", "tokens", "20");
    Holds.commit(api, reservation, "\"actual_units\": 4, \"final\": false");
    Holds.commit(api, reservation, "\"credits\": 5");
    Holds.commit(api, Holds.credits(api, "both", 10), "");
    Answer summary =
        summary(
            "both", "group_by=month&from=%s&to=%s".formatted(before, Instant.now().plusSeconds(1)));
    assertThat(summary.at("/buckets")).hasSize(1);
    assertThat(summary.number("/buckets/0/events")).isEqualTo(3);
    assertThat(summary.text("/buckets/0/units")).isEqualTo("5");
    assertThat(summary.number("/buckets/0/cost")).isEqualTo(2 + 8 + 5);
  }
}
