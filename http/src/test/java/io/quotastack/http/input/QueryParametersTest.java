package io.quotastack.http.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quotastack.http.problems.FieldError;
import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.problems.ProblemType;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class QueryParametersTest {
  private static final List<String> ALLOWED =
      List.of("text", "limit", "flag", "units", "at", "order", "properties[]");
  private static final TextRule SHORT = TextRule.length(1, 5);
  private static final WireNames<String> ORDERS =
      WireNames.of(List.of("asc", "desc"), name -> name);

  private static QueryParameters query(String raw) {
    return QueryParameters.parse(raw, ALLOWED);
  }

  private static List<FieldError> errors(ThrowingCallable reading) {
    var exception = catchThrowableOfType(ProblemException.class, reading);
    assertThat(exception).isNotNull();
    assertThat(exception.problem().type()).isEqualTo(ProblemType.INVALID_REQUEST);
    return exception.problem().errors();
  }

  private static FieldError error(String pointer, String detail) {
    return new FieldError(pointer, detail);
  }

  @Test
  void what_is_right_is_read() {
    QueryParameters query =
        query(
            "text=a%26%C3%A4+b&limit=7&flag=true&units=1.50&at=2026-01-31T12:00:00%2B01:00"
                + "&order=asc&properties[model]=large&properties%5Bx%5D=y%20z");
    assertThat(query.textOrNull("text", SHORT)).isEqualTo("a&ä b");
    assertThat(query.intOr("limit", 1, 100, 20)).isEqualTo(7);
    assertThat(query.boolOr("flag", false)).isTrue();
    assertThat(query.boolOrNull("flag")).isTrue();
    assertThat(query.decimalOr("units", DecimalRule.POSITIVE, BigDecimal.ONE))
        .isEqualTo(new BigDecimal("1.5"));
    assertThat(query.instantOrNull("at")).isEqualTo(Instant.parse("2026-01-31T11:00:00Z"));
    assertThat(query.choiceOr("order", ORDERS, "desc")).isEqualTo("asc");
    assertThat(query.textMap("properties", TextMapRule.METADATA))
        .containsExactly(Map.entry("model", "large"), Map.entry("x", "y z"));
    assertThat(query.has("limit")).isTrue();
    assertThatCode(query::finish).doesNotThrowAnyException();
  }

  @Test
  void what_is_absent_has_its_default() {
    for (QueryParameters query :
        List.of(QueryParameters.parse(null, ALLOWED), query(""), query("&&"))) {
      assertThat(query.textOrNull("text", SHORT)).isNull();
      assertThat(query.intOr("limit", 1, 100, 20)).isEqualTo(20);
      assertThat(query.boolOr("flag", true)).isTrue();
      assertThat(query.boolOrNull("flag")).isNull();
      assertThat(query.decimalOr("units", DecimalRule.POSITIVE, BigDecimal.ONE))
          .isEqualTo(BigDecimal.ONE);
      assertThat(query.instantOrNull("at")).isNull();
      assertThat(query.choiceOrNull("order", ORDERS)).isNull();
      assertThat(query.textMap("properties", TextMapRule.METADATA)).isEmpty();
      assertThatCode(query::finish).doesNotThrowAnyException();
    }
  }

  @Test
  void unknown_repeated_and_broken_parameters_are_refused_all_at_once() {
    assertThat(
            errors(() ->
                query(
                    "limt=1&limit=1&limit=2&text=%zz&text=%ff&properties=x&properties[]=y"
                        + "&other[a]=b&%=1")))
        .containsExactly(
            error("?limt", "is not a known query parameter"),
            error("?limit", "is given more than once"),
            error("?text", "has a percent-escape that is not valid UTF-8"),
            error("?text", "has a percent-escape that is not valid UTF-8"),
            error("?properties", "is not a known query parameter"),
            error("?properties[]", "is not a known query parameter"),
            error("?other[a]", "is not a known query parameter"),
            error("?%", "has a percent-escape that is not valid UTF-8"));
  }

  @Test
  void what_is_wrong_is_told_all_at_once() {
    QueryParameters query =
        query("text=abcdef&limit=0&flag=yes&units=-1&at=2026-01-31T12:00:00+01:00&order=up");
    query.textOrNull("text", SHORT);
    query.intOr("limit", 1, 100, 20);
    query.boolOr("flag", false);
    query.decimalOr("units", DecimalRule.POSITIVE, BigDecimal.ONE);
    query.instantOrNull("at");
    query.choiceOrNull("order", ORDERS);
    List<FieldError> errors = errors(query::finish);
    assertThat(errors)
        .contains(
            error("?text", "must have at most 5 characters, but has 6"),
            error("?limit", "must be a whole number from 1 to 100"),
            error("?flag", "must be true or false"),
            error("?units", "must be greater than 0"),
            error("?order", "must be one of asc, desc"))
        .hasSize(6);
    assertThat(errors.get(4).detail()).contains("%2B");
  }

  @Test
  void a_whole_number_is_nothing_else() {
    for (String text : List.of("", "x", "1.5", "99999999999", "101")) {
      QueryParameters query = query("limit=" + text);
      query.intOr("limit", 1, 100, 20);
      assertThat(errors(query::finish)).hasSize(1);
    }
  }

  @Test
  void one_query_s_errors_are_not_another_s() {
    QueryParameters first = QueryParameters.parse(null, ALLOWED);
    first.reject("from", "is required");
    assertThat(errors(first::finish)).containsExactly(error("?from", "is required"));
    assertThatCode(QueryParameters.parse(null, ALLOWED)::finish).doesNotThrowAnyException();
  }

  @Test
  void the_number_of_parameters_is_bounded() {
    String raw =
        IntStream.range(0, 101)
            .mapToObj(i -> "properties[k" + i + "]=v")
            .collect(Collectors.joining("&"));
    assertThat(errors(() -> query(raw)))
        .containsExactly(error("?", "must have at most 100 parameters"));
  }

  @Test
  void the_pairs_of_a_map_are_checked() {
    QueryParameters query = query("properties[" + "k".repeat(41) + "]=v&properties[a]=%00");
    query.textMap("properties", TextMapRule.METADATA);
    assertThat(errors(query::finish))
        .extracting(FieldError::detail)
        .containsExactly(
            "its key must have at most 40 characters, but has 41",
            "must not contain the character U+0000");
  }
}
