package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static io.quotastack.cluster.api.ApiClient.encoded;
import static io.quotastack.cluster.api.ApiClient.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Customers: their two names, creating, reading and changing them. */
class CustomersTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String CUSTOMERS = "/v1/customers";

  /** Where all name-based ids come from. Another value would rename every customer there is. */
  private static final UUID ROOT = UUID.fromString("6f1dbd6e-7a0f-5c55-9f3b-2f5b4c9a1e70");

  private final ApiClient api = TENANT.live();

  @Test
  void a_customer_is_created_with_all_its_fields_and_read_by_both_names() {
    Instant before = Instant.now().minusMillis(1);
    Answer created =
        api.post(
                CUSTOMERS,
                """
                {"external_id": "acme", "display_name": "Acme, Inc.", "email": "billing@acme.example",
                 "time_zone": "America/Argentina/Buenos_Aires", "metadata": {"tier": "gold", "a": ""}}
                """)
            .created();

    assertThat(created.text("/external_customer_id")).isEqualTo("acme");
    assertThat(created.text("/display_name")).isEqualTo("Acme, Inc.");
    assertThat(created.text("/email")).isEqualTo("billing@acme.example");
    assertThat(created.text("/time_zone")).isEqualTo("America/Argentina/Buenos_Aires");
    assertThat(created.at("/metadata").toString()).isEqualTo("{\"tier\":\"gold\",\"a\":\"\"}");
    assertThat(Instant.parse(created.text("/created_at"))).isBetween(before, Instant.now());
    assertThat(created.text("/updated_at")).isEqualTo(created.text("/created_at"));
    assertThat(created.number("/version")).isEqualTo(1);
    assertThat(api.get(byExternalId("acme")).ok().body()).isEqualTo(created.body());
    assertThat(api.get(byId(created)).ok().body()).isEqualTo(created.body());
  }

  @Test
  void a_customer_needs_nothing_but_its_name() {
    Answer created = api.post(CUSTOMERS, "{\"external_id\": \"bare\", \"email\": null}").created();
    for (String member : new String[] {"display_name", "email", "time_zone"}) {
      assertThat(created.textOrNull("/" + member)).as(member).isNull();
    }
    assertThat(created.at("/metadata")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"first", "Ünïcödé", "team/7"})
  void the_id_is_made_of_the_tenant_the_environment_and_the_external_id(String externalId)
      throws Exception {
    String body = "{\"external_id\": %s}".formatted(quoted(externalId));
    UUID live = customerId(TENANT.live().post(CUSTOMERS, body).created());
    UUID test = customerId(TENANT.test().post(CUSTOMERS, body).created());

    assertThat(live).isEqualTo(version5(version5(ROOT, TENANT.id() + "|live"), externalId));
    assertThat(test).isEqualTo(version5(version5(ROOT, TENANT.id() + "|test"), externalId));
  }

  /** RFC 9562 section 5.5, by its letter. */
  private static UUID version5(UUID namespace, String name) throws Exception {
    MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
    sha1.update(
        ByteBuffer.allocate(16)
            .putLong(namespace.getMostSignificantBits())
            .putLong(namespace.getLeastSignificantBits())
            .array());
    ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
    long high = (hash.getLong() & ~0xf000L) | 0x5000L;
    long low = (hash.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a/b",
        "..",
        ".",
        "ü€ 日本",
        " blanks ",
        "100%",
        "%2F",
        "a?b=c&d#e;f",
        "plus+plus",
        "\"quoted\\\"",
        "line\nbreak\ttab\u0001",
        "null",
        "credits",
      })
  void an_external_id_may_be_any_text(String externalId) {
    Answer created =
        api.post(CUSTOMERS, "{\"external_id\": %s}".formatted(quoted(externalId))).created();
    assertThat(created.text("/external_customer_id")).isEqualTo(externalId);
    assertThat(api.get(byExternalId(externalId)).ok().body()).isEqualTo(created.body());
    assertThat(api.grant(externalId, 5).text("/customer_id"))
        .isEqualTo(created.text("/customer_id"));
  }

  @Test
  void an_external_id_is_sent_as_it_is_or_percent_encoded() {
    Answer created = api.post(CUSTOMERS, "{\"external_id\": \"a.b~c-d_e\"}").created();
    for (String written : new String[] {"a.b~c-d_e", "%61%2Eb%7Ec%2dd%5fe"}) {
      assertThat(api.get("/v1/customer-by-external-id/" + written).ok().body())
          .isEqualTo(created.body());
    }
    Answer dots = api.post(CUSTOMERS, "{\"external_id\": \"..\\u002f..\"}").created();
    assertThat(api.get("/v1/customer-by-external-id/..%2F..").ok().body()).isEqualTo(dots.body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "é", "日", "😀"})
  void an_external_id_has_up_to_255_characters(String character) {
    String longest = character.repeat(255);
    Answer created =
        api.post(CUSTOMERS, "{\"external_id\": %s}".formatted(quoted(longest))).created();
    assertThat(created.text("/external_customer_id")).isEqualTo(longest);
    assertThat(api.get(byExternalId(longest)).ok().body()).isEqualTo(created.body());

    String tooLong = character.repeat(256);
    api.post(CUSTOMERS, "{\"external_id\": %s}".formatted(quoted(tooLong)))
        .isInvalid("/external_id");
    api.get(byExternalId(tooLong)).isInvalid("path");
    api.post(byExternalId(tooLong) + "/credits/grant", "{\"credits\": 1}").isInvalid("path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"\"", "17", "true", "{}", "[\"a\"]", "\"a\\u0000b\"", "\"\\ud800\""})
  void what_is_no_such_text_is_no_external_id(String json) {
    api.post(CUSTOMERS, "{\"external_id\": %s}".formatted(json)).isInvalid("/external_id");
  }

  @Test
  void a_path_whose_escapes_are_not_utf_8_names_nobody() {
    api.get("/v1/customer-by-external-id/%C3%28").isInvalid("path");
    api.get("/v1/customer-by-external-id/a%00b").isInvalid("path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"external_id\": null}"})
  void a_customer_without_an_external_id_gets_an_id_that_sorts_by_time(String body) {
    Answer first = api.post(CUSTOMERS, body).created();
    Answer second = api.post(CUSTOMERS, body).created();

    assertThat(first.textOrNull("/external_customer_id")).isNull();
    assertThat(customerId(first).version()).isEqualTo(7);
    assertThat(first.text("/customer_id")).isLessThan(second.text("/customer_id"));
    assertThat(api.get(byId(first)).ok().body()).isEqualTo(first.body());

    Answer granted = api.post(byId(first) + "/credits/grant", "{\"credits\": 7}").created();
    assertThat(granted.textOrNull("/external_customer_id")).isNull();
    assertThat(api.get(byId(first) + "/credits").ok().number("/balance")).isEqualTo(7);
  }

  @Test
  void an_external_id_that_exists_is_refused_with_the_customer_as_it_is() {
    Answer created =
        api.post(CUSTOMERS, "{\"external_id\": \"taken\", \"display_name\": \"First\"}").created();
    Answer refused =
        api.post(CUSTOMERS, "{\"external_id\": \"taken\", \"display_name\": \"Second\"}")
            .isProblem(409, "customer_exists");
    assertThat(refused.at("/customer")).isEqualTo(created.json());
    assertThat(api.get(byExternalId("taken")).ok().body()).isEqualTo(created.body());
  }

  @Test
  void a_customer_that_a_grant_created_exists() {
    api.grant("granted first", 10);
    Answer refused =
        api.post(CUSTOMERS, "{\"external_id\": \"granted first\"}")
            .isProblem(409, "customer_exists");
    assertThat(refused.at("/customer"))
        .isEqualTo(api.get(byExternalId("granted first")).ok().json());
  }

  @Test
  void an_unknown_customer_is_not_found_by_any_call() {
    for (String path :
        new String[] {
          byExternalId("nobody"),
          "/v1/customers/" + UUID.randomUUID(),
          "/v1/customers/nobody",
          "/v1/customers/00000000-0000-0000-0000-00000000000g",
        }) {
      for (String rest : new String[] {"", "/credits", "/credits/blocks", "/ledger"}) {
        api.get(path + rest).isProblem(404, "customer_not_found");
      }
      api.get(path + "/ledger/verify").isProblem(404, "customer_not_found");
      api.patch(path, "{\"display_name\": \"x\"}").isProblem(404, "customer_not_found");
    }
  }

  @Test
  void reading_creates_nobody() {
    api.get(byExternalId("only read")).isProblem(404, "customer_not_found");
    api.get(byExternalId("only read") + "/credits").isProblem(404, "customer_not_found");
    api.get(byExternalId("only read") + "/ledger").isProblem(404, "customer_not_found");
    assertThat(api.post(CUSTOMERS, "{\"external_id\": \"only read\"}").created().number("/version"))
        .isEqualTo(1);
  }

  // ------------------------------------------------------------------------------------------

  @Test
  void metadata_has_up_to_50_pairs_of_up_to_40_and_500_characters() {
    String pairs =
        IntStream.range(0, 49)
            .mapToObj(i -> "\"k%d\": \"\"".formatted(i))
            .collect(Collectors.joining(", "));
    String longest = "\"%s\": \"%s\"".formatted("ü".repeat(40), "😀".repeat(500));
    Answer created =
        api.post(
                CUSTOMERS,
                "{\"external_id\": \"much metadata\", \"metadata\": {%s, %s}}"
                    .formatted(pairs, longest))
            .created();
    assertThat(created.at("/metadata")).hasSize(50);
    assertThat(created.at("/metadata").path("ü".repeat(40)).textValue())
        .isEqualTo("😀".repeat(500));

    api.post(CUSTOMERS, "{\"metadata\": {%s, \"x\": \"\", \"y\": \"\"}}".formatted(pairs))
        .isInvalid("/metadata");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          []                     | /metadata
          "text"                 | /metadata
          {"": "empty key"}      | /metadata/
          {"number": 1}          | /metadata/number
          {"none": null}         | /metadata/none
          {"deep": {"a": "b"}}   | /metadata/deep
          {"a/b~c": false}       | /metadata/a~1b~0c
          {"zero": "a\\u0000"}   | /metadata/zero
          """)
  void metadata_is_pairs_of_strings(String json, String pointer) {
    api.post(CUSTOMERS, "{\"metadata\": %s}".formatted(json)).isInvalid(pointer);
  }

  @Test
  void metadata_that_is_too_long_is_refused_pair_by_pair() {
    api.post(
            CUSTOMERS,
            "{\"metadata\": {\"%s\": \"\", \"long\": \"%s\", \"good\": \"\"}}"
                .formatted("k".repeat(41), "v".repeat(501)))
        .isInvalid("/metadata/" + "k".repeat(41), "/metadata/long");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTC", "Europe/Paris", "Asia/Kolkata", "Etc/GMT+5"})
  void a_time_zone_is_one_of_the_iana_names(String zone) {
    Answer created = api.post(CUSTOMERS, "{\"time_zone\": \"%s\"}".formatted(zone)).created();
    assertThat(created.text("/time_zone")).isEqualTo(zone);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Mars/Olympus_Mons", "europe/paris", "+02:00", "", " UTC"})
  void what_is_no_iana_name_is_no_time_zone(String zone) {
    api.post(CUSTOMERS, "{\"time_zone\": \"%s\"}".formatted(zone)).isInvalid("/time_zone");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a@b", "first.last+tag@example.org", "用户@例子.广告"})
  void an_email_has_a_name_and_a_host(String email) {
    assertThat(api.post(CUSTOMERS, "{\"email\": \"%s\"}".formatted(email)).created().text("/email"))
        .isEqualTo(email);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\\n"})
  void what_has_not_is_no_email(String email) {
    api.post(CUSTOMERS, "{\"email\": \"%s\"}".formatted(email)).isInvalid("/email");
  }

  @Test
  void names_and_emails_have_a_longest() {
    String email = "a".repeat(250) + "@b.c";
    api.post(
            CUSTOMERS,
            "{\"display_name\": \"%s\", \"email\": \"%s\"}".formatted("ü".repeat(255), email))
        .created();
    api.post(
            CUSTOMERS,
            "{\"display_name\": \"%s\", \"email\": \"a%s\"}".formatted("ü".repeat(256), email))
        .isInvalid("/display_name", "/email");
    api.post(CUSTOMERS, "{\"display_name\": \"\"}").isInvalid("/display_name");
  }

  // ------------------------------------------------------------------------------------------

  @Test
  void a_change_keeps_what_it_leaves_out_and_clears_what_is_null() {
    Answer created =
        api.post(
                CUSTOMERS,
                """
                {"external_id": "patched", "display_name": "Old", "email": "a@b",
                 "time_zone": "Europe/Paris", "metadata": {"a": "1", "b": "2"}}
                """)
            .created();

    Answer renamed = api.patch(byExternalId("patched"), "{\"display_name\": \"New\"}").ok();
    assertThat(renamed.text("/display_name")).isEqualTo("New");
    assertThat(renamed.text("/email")).isEqualTo("a@b");
    assertThat(renamed.text("/time_zone")).isEqualTo("Europe/Paris");
    assertThat(renamed.at("/metadata")).isEqualTo(created.at("/metadata"));
    assertThat(renamed.text("/created_at")).isEqualTo(created.text("/created_at"));
    assertThat(renamed.text("/updated_at")).isGreaterThanOrEqualTo(created.text("/updated_at"));
    assertThat(renamed.number("/version")).isEqualTo(2);

    Answer cleared =
        api.patch(byId(created), "{\"display_name\": null, \"email\": null, \"time_zone\": null}")
            .ok();
    assertThat(cleared.textOrNull("/display_name")).isNull();
    assertThat(cleared.textOrNull("/email")).isNull();
    assertThat(cleared.textOrNull("/time_zone")).isNull();
    assertThat(cleared.at("/metadata")).isEqualTo(created.at("/metadata"));
    assertThat(cleared.text("/external_customer_id")).isEqualTo("patched");
    assertThat(api.get(byExternalId("patched")).ok().body()).isEqualTo(cleared.body());
  }

  @Test
  void a_change_replaces_metadata_whole() {
    api.post(CUSTOMERS, "{\"external_id\": \"tagged\", \"metadata\": {\"a\": \"1\"}}").created();
    String path = byExternalId("tagged");
    assertThat(api.patch(path, "{\"metadata\": {\"b\": \"2\"}}").ok().at("/metadata").toString())
        .isEqualTo("{\"b\":\"2\"}");
    assertThat(api.patch(path, "{}").ok().at("/metadata").toString()).isEqualTo("{\"b\":\"2\"}");
    assertThat(api.patch(path, "{\"metadata\": null}").ok().at("/metadata")).isEmpty();
  }

  @Test
  void the_names_and_the_credits_of_a_customer_are_not_for_a_change() {
    api.grant("fixed", 10);
    JsonNode before = api.get(byExternalId("fixed")).ok().json();
    api.patch(
            byExternalId("fixed"),
            """
            {"external_id": "other", "customer_id": "x", "balance": 5, "display_name": "y"}
            """)
        .isInvalid("/external_id", "/customer_id", "/balance");
    assertThat(api.get(byExternalId("fixed")).ok().json()).isEqualTo(before);
  }

  @Test
  void a_change_obeys_the_rules_of_a_creation() {
    api.grant("strict", 10);
    api.patch(
            byExternalId("strict"),
            """
            {"display_name": "", "email": "nobody", "time_zone": "Nowhere", "metadata": {"": ""}}
            """)
        .isInvalid("/display_name", "/email", "/time_zone", "/metadata/");
  }

  @Test
  void the_id_of_a_customer_is_written_in_its_usual_form_only() {
    // Of version 7, so it begins with a 0 that means nothing; moved, the number stays the same.
    String id = api.post(CUSTOMERS, "{}").created().text("/customer_id");
    assertThat(id).startsWith("0");
    String moved = id.substring(1, 9) + "0" + id.substring(9);
    for (String other : List.of(moved, id.replace("-", ""), "{" + id + "}", "urn:uuid:" + id)) {
      api.get("/v1/customers/" + encoded(other)).isProblem(404, "customer_not_found");
      api.post(
              "/v1/usage",
              "{\"customer_id\": \"%s\", \"billable_metric_key\": \"x\"}".formatted(other))
          .isInvalid("/customer_id");
    }
  }

  @Test
  void the_id_of_a_customer_may_be_written_in_upper_case() {
    Answer created = api.post(CUSTOMERS, "{\"external_id\": \"loud\"}").created();
    String upperCase = created.text("/customer_id").toUpperCase(Locale.ROOT);
    assertThat(api.get("/v1/customers/" + upperCase).ok().body()).isEqualTo(created.body());
  }

  private static UUID customerId(Answer answer) {
    return UUID.fromString(answer.text("/customer_id"));
  }

  private static String byId(Answer answer) {
    return "/v1/customers/" + answer.text("/customer_id");
  }
}
