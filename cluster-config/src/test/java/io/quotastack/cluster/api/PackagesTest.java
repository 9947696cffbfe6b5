package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Topup packages: making, reading, changing and archiving them. */
class PackagesTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String PACKAGES = "/v1/topup/packages";

  private final ApiClient api = TENANT.live();

  @Test
  void a_package_is_created_with_all_its_fields_and_read_back() {
    Answer created =
        api.post(
                PACKAGES,
                """
                {"key": "starter_10", "name": "Starter", "credits": 10000000, "bonus_credits": 500000,
                 "price": "9.90", "currency": "EUR", "expires_after_seconds": 31536000,
                 "priority": 10}
                """)
            .created();
    assertThat(created.text("/key")).isEqualTo("starter_10");
    assertThat(created.text("/name")).isEqualTo("Starter");
    assertThat(created.number("/credits")).isEqualTo(10_000_000);
    assertThat(created.number("/bonus_credits")).isEqualTo(500_000);
    assertThat(created.text("/price")).isEqualTo("9.9");
    assertThat(created.text("/currency")).isEqualTo("EUR");
    assertThat(created.number("/expires_after_seconds")).isEqualTo(31_536_000);
    assertThat(created.number("/priority")).isEqualTo(10);
    assertThat(created.truth("/archived")).isFalse();
    assertThat(created.text("/updated_at")).isEqualTo(created.text("/created_at"));
    assertThat(api.get(PACKAGES + "/starter_10").ok().body()).isEqualTo(created.body());
  }

  @Test
  void a_package_needs_a_key_a_name_and_credits() {
    Answer created =
        api.post(
                PACKAGES,
                "{\"key\": \"%s\", \"name\": \"%s\", \"credits\": 1}"
                    .formatted("k".repeat(64), "é".repeat(255)))
            .created();
    assertThat(created.number("/bonus_credits")).isZero();
    assertThat(created.textOrNull("/price")).isNull();
    assertThat(created.textOrNull("/currency")).isNull();
    assertThat(created.at("/expires_after_seconds").isNull()).isTrue();
    assertThat(created.number("/priority")).isZero();

    Answer nulls =
        api.post(
                PACKAGES,
                """
                {"key": "nulls", "name": "N", "credits": 1, "bonus_credits": null, "price": null,
                 "currency": null, "expires_after_seconds": null, "priority": null}
                """)
            .created();
    assertThat(nulls.number("/bonus_credits")).isZero();
    api.post(PACKAGES, "{}").isInvalid("/key", "/name", "/credits");
    api.post(PACKAGES, "{\"key\": null, \"name\": null, \"credits\": null}")
        .isInvalid("/key", "/name", "/credits");
  }

  @Test
  void a_package_may_be_free_and_still_have_a_currency() {
    Answer created =
        api.post(
                PACKAGES,
                """
                {"key": "free", "name": "Free", "credits": 1, "price": 0, "currency": "USD"}
                """)
            .created();
    assertThat(created.text("/price")).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "key": "a-b", "name": "a", "credits": 1                                      | /key
          "key": "a", "name": "", "credits": 1                                         | /name
          "key": "a", "name": "a", "credits": 0                                        | /credits
          "key": "a", "name": "a", "credits": 1.5                                      | /credits
          "key": "a", "name": "a", "credits": 1, "bonus_credits": -1                   | /bonus_credits
          "key": "a", "name": "a", "credits": 1, "price": -1, "currency": "EUR"        | /price
          "key": "a", "name": "a", "credits": 1, "price": 1, "currency": "eur"         | /currency
          "key": "a", "name": "a", "credits": 1, "price": 1, "currency": "ABC"         | /currency
          "key": "a", "name": "a", "credits": 1, "price": 1                            | /currency
          "key": "a", "name": "a", "credits": 1, "currency": "EUR"                     | /price
          "key": "a", "name": "a", "credits": 1, "expires_after_seconds": 0            | /expires_after_seconds
          "key": "a", "name": "a", "credits": 1, "expires_after_seconds": 3155760001   | /expires_after_seconds
          "key": "a", "name": "a", "credits": 1, "priority": 256                       | /priority
          "key": "a", "name": "a", "credits": 1, "archived": true                      | /archived
          "key": "a", "name": "a", "credits": 1, "id": "b", "metadata": {}             | /id, /metadata
          """)
  void a_package_that_makes_no_sense_is_refused(String members, String pointers) {
    api.post(PACKAGES, "{%s}".formatted(members)).isInvalid(pointers.split(", "));
    api.get(PACKAGES + "/a").isProblem(404, "not_found");
  }

  @Test
  void credits_and_bonus_are_in_range_together() {
    String body = "{\"key\": \"huge\", \"name\": \"H\", \"credits\": %s, \"bonus_credits\": %s}";
    assertThat(
            api.post(PACKAGES, body.formatted("9007199254740991", "1"))
                .isProblem(422, "amount_out_of_range")
                .pointers())
        .containsExactly("/credits");
    assertThat(
            api.post(PACKAGES, body.formatted("1", "9007199254740992"))
                .isProblem(422, "amount_out_of_range")
                .pointers())
        .containsExactly("/bonus_credits");
    api.post(PACKAGES, body.formatted("9007199254740990", "1")).created();

    api.patch(PACKAGES + "/huge", "{\"bonus_credits\": 2}").isProblem(422, "amount_out_of_range");
    assertThat(api.get(PACKAGES + "/huge").ok().number("/bonus_credits")).isEqualTo(1);
  }

  @Test
  void a_key_that_is_taken_is_refused_also_by_an_archived_package() {
    String body = "{\"key\": \"taken\", \"name\": \"First\", \"credits\": 1}";
    api.post(PACKAGES, body).created();
    Answer archived = api.patch(PACKAGES + "/taken", "{\"archived\": true}").ok();

    Answer refused = api.post(PACKAGES, body).isProblem(409, "already_exists");

    assertThat(refused.pointers()).containsExactly("/key");
    assertThat(api.get(PACKAGES + "/taken").ok().body()).isEqualTo(archived.body());
  }

  @Test
  void a_change_keeps_what_it_leaves_out_and_clears_what_is_null() {
    Answer created =
        api.post(
                PACKAGES,
                """
                {"key": "changing", "name": "Old", "credits": 10, "bonus_credits": 1, "price": 5,
                 "currency": "EUR", "expires_after_seconds": 60, "priority": 3}
                """)
            .created();

    Answer larger =
        api.patch(PACKAGES + "/changing", "{\"credits\": 20, \"price\": \"8.50\"}").ok();
    assertThat(larger.number("/credits")).isEqualTo(20);
    assertThat(larger.text("/price")).isEqualTo("8.5");
    assertThat(larger.text("/currency")).isEqualTo("EUR");
    assertThat(larger.text("/name")).isEqualTo("Old");
    assertThat(larger.number("/bonus_credits")).isEqualTo(1);
    assertThat(larger.number("/expires_after_seconds")).isEqualTo(60);
    assertThat(larger.number("/priority")).isEqualTo(3);
    assertThat(larger.text("/created_at")).isEqualTo(created.text("/created_at"));
    assertThat(larger.text("/updated_at")).isGreaterThanOrEqualTo(created.text("/updated_at"));

    Answer cleared =
        api.patch(
                PACKAGES + "/changing",
                """
                {"name": "New", "bonus_credits": 0, "price": null, "currency": null,
                 "expires_after_seconds": null, "priority": 0, "archived": true}
                """)
            .ok();
    assertThat(cleared.text("/name")).isEqualTo("New");
    assertThat(cleared.number("/bonus_credits")).isZero();
    assertThat(cleared.textOrNull("/price")).isNull();
    assertThat(cleared.textOrNull("/currency")).isNull();
    assertThat(cleared.at("/expires_after_seconds").isNull()).isTrue();
    assertThat(cleared.number("/priority")).isZero();
    assertThat(cleared.truth("/archived")).isTrue();
    assertThat(cleared.number("/credits")).isEqualTo(20);
    assertThat(api.get(PACKAGES + "/changing").ok().body()).isEqualTo(cleared.body());
    assertThat(api.patch(PACKAGES + "/changing", "{}").ok().number("/credits")).isEqualTo(20);
    assertThat(api.patch(PACKAGES + "/changing", "{\"archived\": false}").ok().truth("/archived"))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "key": "other"                                      | /key
          "name": null, "credits": null, "bonus_credits": null | /name, /credits, /bonus_credits
          "priority": null, "archived": null                  | /priority, /archived
          "credits": 0, "priority": -1, "archived": "true"    | /credits, /priority, /archived
          "price": null                                       | /price
          "currency": null                                    | /currency
          """)
  void a_change_that_makes_no_sense_is_refused_and_changes_nothing(
      String members, String pointers) {
    ApiClient own = TestTenant.in(TestNode.shared()).live();
    Answer created =
        own.post(
                PACKAGES,
                """
                {"key": "kept", "name": "Kept", "credits": 10, "price": 5, "currency": "EUR"}
                """)
            .created();

    own.patch(PACKAGES + "/kept", "{%s}".formatted(members)).isInvalid(pointers.split(", "));

    assertThat(own.get(PACKAGES + "/kept").ok().body()).isEqualTo(created.body());
  }

  @Test
  void an_unknown_package_is_not_found() {
    api.get(PACKAGES + "/nothing").isProblem(404, "not_found");
    api.get(PACKAGES + "/NOTHING%20at%20all").isProblem(404, "not_found");
    api.patch(PACKAGES + "/nothing", "{\"name\": \"x\"}").isProblem(404, "not_found");
  }

  @Test
  void packages_belong_to_their_environment() {
    api.post(PACKAGES, "{\"key\": \"live_only\", \"name\": \"L\", \"credits\": 1}").created();
    TENANT.test().get(PACKAGES + "/live_only").isProblem(404, "not_found");
    assertThat(TENANT.test().get(PACKAGES).ok().at("/data")).isEmpty();
  }

  @Test
  void packages_are_listed_by_key_in_pages_and_by_whether_they_are_archived() {
    ApiClient own = TestTenant.in(TestNode.shared()).live();
    assertThat(own.get(PACKAGES).ok().at("/data")).isEmpty();
    for (int i = 24; i >= 0; i--) {
      own.post(PACKAGES, "{\"key\": \"p_%02d\", \"name\": \"P\", \"credits\": 1}".formatted(i))
          .created();
    }
    for (String key : List.of("p_03", "p_21")) {
      own.patch(PACKAGES + "/" + key, "{\"archived\": true}").ok();
    }
    List<String> all = IntStream.range(0, 25).mapToObj("p_%02d"::formatted).toList();

    Answer first = own.get(PACKAGES).ok();
    assertThat(first.each("key")).isEqualTo(all.subList(0, 20));
    own.post(PACKAGES, "{\"key\": \"p_00a\", \"name\": \"P\", \"credits\": 1}").created();
    Answer second = own.get(PACKAGES + "?cursor=" + first.text("/pagination/next_cursor")).ok();
    assertThat(second.each("key")).isEqualTo(all.subList(20, 25));
    assertThat(second.truth("/pagination/has_more")).isFalse();

    assertThat(own.get(PACKAGES + "?archived=true").ok().each("key"))
        .containsExactly("p_03", "p_21");
    Answer archived = own.get(PACKAGES + "?archived=true&limit=1").ok();
    assertThat(archived.each("key")).containsExactly("p_03");
    assertThat(
            own.get(
                    PACKAGES
                        + "?archived=true&limit=1&cursor="
                        + archived.text("/pagination/next_cursor"))
                .ok()
                .each("key"))
        .containsExactly("p_21");
    assertThat(own.get(PACKAGES + "?archived=false&limit=100").ok().each("key"))
        .hasSize(24)
        .doesNotContain("p_03", "p_21");

    own.get(PACKAGES + "?limit=0&archived=yes").isInvalid("?limit", "?archived");
    own.get(PACKAGES + "?cursor=zzz").isInvalid("?cursor");
    own.get(PACKAGES + "?active=true").isInvalid("?active");
  }
}
