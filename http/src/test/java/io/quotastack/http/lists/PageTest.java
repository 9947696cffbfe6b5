package io.quotastack.http.lists;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.json.JsonWriter;
import io.quotastack.http.problems.FieldError;
import io.quotastack.http.problems.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {
  private static final List<String> ALLOWED = List.of("cursor", "limit");

  private static QueryParameters query(String raw) {
    return QueryParameters.parse(raw, ALLOWED);
  }

  private static String json(Page<Long> page) {
    byte[] json =
        JsonWriter.object(
            to -> page.writeMembers(to, (each, number) -> each.number("sequence", number)));
    return new String(json, StandardCharsets.UTF_8);
  }

  private static Page<Long> page(List<Long> found) {
    return Page.of(found, 2, last -> Cursor.at("ledger", last));
  }

  @Test
  void one_more_than_the_limit_tells_that_the_list_goes_on() {
    Page<Long> page = page(List.of(3L, 2L, 1L));
    assertThat(page.data()).containsExactly(3L, 2L);
    assertThat(page.next()).isEqualTo(Cursor.at("ledger", 2));
    assertThat(json(page))
        .isEqualTo(
            "{\"data\":[{\"sequence\":3},{\"sequence\":2}],\"pagination\":{\"has_more\":true,"
                + "\"next_cursor\":\""
                + Cursor.at("ledger", 2).encode()
                + "\"}}");
  }

  @Test
  void the_last_page_has_no_cursor() {
    assertThat(json(page(List.of(3L, 2L))))
        .endsWith("\"pagination\":{\"has_more\":false,\"next_cursor\":null}}");
    assertThat(json(page(List.of())))
        .isEqualTo("{\"data\":[],\"pagination\":{\"has_more\":false,\"next_cursor\":null}}");
  }

  @Test
  void the_cursor_of_a_page_asks_for_the_next() {
    Cursor next = Cursor.at("ledger", 2);
    QueryParameters query = query("limit=5&cursor=" + next.encode());
    PageRequest request = PageRequest.byNumber(query, "ledger");
    assertThat(request).isEqualTo(new PageRequest(next, 5));
    assertThat(request.numberOr(0)).isEqualTo(2);
    assertThatCode(query::finish).doesNotThrowAnyException();
  }

  @Test
  void without_a_cursor_the_list_begins_at_its_start() {
    QueryParameters query = query("");
    PageRequest request = PageRequest.byNumber(query, "ledger");
    assertThat(request).isEqualTo(new PageRequest(null, 20));
    assertThat(request.numberOr(77)).isEqualTo(77);
    assertThat(request.textOrNull(0)).isNull();
  }

  private static List<String> keys(PageRequest request, String... all) {
    return Page.byText("keys", request, Stream.of(all), key -> key).data();
  }

  @Test
  void what_has_keys_is_listed_in_their_order_page_by_page() {
    String[] all = {"c", "a", "e", "b", "d"};
    Page<String> first = Page.byText("keys", new PageRequest(null, 2), Stream.of(all), key -> key);
    assertThat(first.data()).containsExactly("a", "b");
    assertThat(first.next()).isEqualTo(Cursor.at("keys", "b"));

    Page<String> second =
        Page.byText("keys", new PageRequest(first.next(), 2), Stream.of(all), key -> key);
    assertThat(second.data()).containsExactly("c", "d");
    assertThat(keys(new PageRequest(second.next(), 2), all)).containsExactly("e");
  }

  @Test
  void a_list_by_keys_goes_on_where_it_was_also_if_that_element_is_gone_and_others_came() {
    var request = new PageRequest(Cursor.at("keys", "b"), 2);
    assertThat(keys(request, "a", "c", "aa", "bb")).containsExactly("bb", "c");
    assertThat(keys(request, "a", "b")).isEmpty();
  }

  @Test
  void a_position_may_be_told_by_texts() {
    QueryParameters query = query("cursor=" + Cursor.at("metrics", "tokens", "x").encode());
    PageRequest request = PageRequest.byTexts(query, "metrics", 2);
    assertThat(request.textOrNull(1)).isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "%00", "AQ", "AQAGbGVkZ2VyAAF4", "AQAGYmxvY2tzAAEx"})
  void a_cursor_of_no_or_another_list_is_refused(String cursor) {
    QueryParameters query = query("cursor=" + cursor);
    PageRequest.byNumber(query, "ledger");
    var exception = catchThrowableOfType(ProblemException.class, query::finish);
    assertThat(exception).isNotNull();
    assertThat(exception.problem().errors())
        .extracting(FieldError::pointer)
        .containsExactly("?cursor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "101", "-1", "x", ""})
  void a_limit_has_bounds(String limit) {
    QueryParameters query = query("limit=" + limit);
    PageRequest.byNumber(query, "ledger");
    var exception = catchThrowableOfType(ProblemException.class, query::finish);
    assertThat(exception).isNotNull();
    assertThat(exception.problem().errors())
        .containsExactly(new FieldError("?limit", "must be a whole number from 1 to 100"));
  }
}
