package io.quotastack.http.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.http.problems.FieldError;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.problems.ProblemType;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFieldsTest {
  private static final TextRule NAME = TextRule.length(1, 5);
  private static final TextRule KEY =
      TextRule.length(1, 64).matching(text -> text.chars().allMatch(c -> c > '_'), "must be a-z");
  private static final WireNames<Color> COLORS = WireNames.lowerCase(Color.class);
  private static final long MAX_MC = 9_007_199_254_740_991L;

  private enum Color {
    RED,
    DARK_BLUE
  }

  private static JsonFields fields(String json) {
    return JsonBody.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static List<FieldError> errors(JsonFields fields) {
    Problem problem = fields.problem();
    return problem == null ? List.of() : problem.errors();
  }

  private static FieldError error(String pointer, String detail) {
    return new FieldError(pointer, detail);
  }

  @Test
  void what_is_right_is_read() {
    var fields =
        fields(
            "{'text':'abc','amount':5,'whole':-3,'bool':true,'decimal':'1.50','instant':"
                + "'2026-01-31T12:00:00+01:00','color':'dark_blue','map':{'b':'1','a':''},"
                + "'texts':['x','y'],'object':{'inner':'i'},'objects':[{'n':1},{'n':2}]}");
    assertThat(fields.text("text", NAME)).isEqualTo("abc");
    assertThat(fields.amount("amount", 1)).isEqualTo(5);
    assertThat(fields.whole("whole", -10, 10)).isEqualTo(-3);
    assertThat(fields.bool("bool")).isTrue();
    assertThat(fields.decimal("decimal", DecimalRule.POSITIVE)).isEqualTo(new BigDecimal("1.5"));
    assertThat(fields.instant("instant")).isEqualTo(Instant.parse("2026-01-31T11:00:00Z"));
    assertThat(fields.choice("color", COLORS)).isEqualTo(Color.DARK_BLUE);
    assertThat(fields.textMap("map", TextMapRule.METADATA))
        .containsExactly(Map.entry("b", "1"), Map.entry("a", ""));
    assertThat(fields.texts("texts", 1, 2, NAME)).containsExactly("x", "y");
    assertThat(fields.object("object").text("inner", NAME)).isEqualTo("i");
    assertThat(fields.objects("objects", 1, 2))
        .extracting(each -> each.whole("n", 0, 9))
        .containsExactly(1L, 2L);
    assertThatCode(fields::finish).doesNotThrowAnyException();
  }

  @Test
  void what_is_absent_or_null_is_read_as_such() {
    for (String json :
        List.of(
            "{}",
            "{'text':null,'amount':null,'whole':null,'bool':null,'decimal':null,'instant':null,"
                + "'color':null,'map':null,'texts':null,'object':null}")) {
      var fields = fields(json);
      assertThat(fields.textOrNull("text", NAME)).isNull();
      assertThat(fields.textOr("text", NAME, "other")).isEqualTo("other");
      assertThat(fields.amountOrNull("amount", 1)).isNull();
      assertThat(fields.wholeOrNull("whole", 0, 9)).isNull();
      assertThat(fields.intOr("whole", 0, 9, 7)).isEqualTo(7);
      assertThat(fields.boolOrNull("bool")).isNull();
      assertThat(fields.boolOr("bool", true)).isTrue();
      assertThat(fields.decimalOrNull("decimal", DecimalRule.POSITIVE)).isNull();
      assertThat(fields.decimalOr("decimal", DecimalRule.POSITIVE, BigDecimal.TEN))
          .isEqualTo(BigDecimal.TEN);
      assertThat(fields.instantOrNull("instant")).isNull();
      assertThat(fields.choiceOrNull("color", COLORS)).isNull();
      assertThat(fields.choiceOr("color", COLORS, Color.RED)).isEqualTo(Color.RED);
      assertThat(fields.textMap("map", TextMapRule.METADATA)).isEmpty();
      assertThat(fields.textsOrNull("texts", 1, 2, NAME)).isNull();
      assertThat(fields.objectOrNull("object")).isNull();
      assertThat(fields.has("text")).isFalse();
      assertThat(errors(fields)).isEmpty();
    }
  }

  @Test
  void everything_that_is_wrong_is_told_at_once() {
    var fields = fields("{'a':1,'b':null,'d':'x','unknown':0,'e/~f':[]}");
    fields.text("a", NAME);
    fields.text("b", NAME);
    fields.text("c", NAME);
    fields.bool("d");
    assertThat(errors(fields))
        .containsExactly(
            error("/a", "must be a string, but is a number"),
            error("/b", "must not be null"),
            error("/c", "is required"),
            error("/d", "must be true or false, but is a string"),
            error("/unknown", "is not a known field"),
            error("/e~1~0f", "is not a known field"));
    assertThatThrownBy(fields::finish)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().type()).isEqualTo(ProblemType.INVALID_REQUEST));
  }

  @Test
  void asking_for_the_problem_twice_tells_it_once() {
    var fields = fields("{'unknown':0}");
    assertThat(errors(fields)).hasSize(1);
    assertThat(errors(fields)).hasSize(1);
  }

  @Test
  void the_number_of_errors_is_bounded() {
    String json =
        IntStream.range(0, 5000).mapToObj(i -> "'f" + i + "':0").collect(Collectors.joining(","));
    assertThat(errors(fields("{" + json + "}"))).hasSize(50);
  }

  @Test
  void a_name_that_is_absurdly_long_is_cut_in_its_pointer() {
    assertThat(errors(fields("{'" + "x".repeat(10_000) + "':0}")))
        .containsExactly(error("/" + "x".repeat(100) + "...", "is not a known field"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''       | must not be empty",
        "'abcdef' | must have at most 5 characters, but has 6",
        "'a\\u0000' | must not contain the character U+0000",
        "'\\ud83d' | must not contain half a surrogate pair (at character 0)",
        "'a\\ude00' | must not contain half a surrogate pair (at character 1)",
        "'\\ud83dx' | must not contain half a surrogate pair (at character 0)",
        "[]       | must be a string, but is an array",
        "{}       | must be a string, but is an object",
      },
      quoteCharacter = '`')
  void a_text_has_rules(String value, String detail) {
    var fields = fields("{'a':" + value + "}");
    fields.text("a", NAME);
    assertThat(errors(fields)).containsExactly(error("/a", detail));
  }

  @Test
  void the_length_of_a_text_is_counted_in_code_points() {
    var fields = fields("{'a':'😀😀😀😀😀','b':'😀😀😀😀😀😀'}");
    assertThat(fields.text("a", NAME)).isEqualTo("😀😀😀😀😀");
    fields.text("b", NAME);
    assertThat(errors(fields))
        .containsExactly(error("/b", "must have at most 5 characters, but has 6"));
  }

  @Test
  void a_text_has_a_form() {
    var fields = fields("{'a':'abc','b':'ABC'}");
    assertThat(fields.text("a", KEY)).isEqualTo("abc");
    fields.text("b", KEY);
    assertThat(errors(fields)).containsExactly(error("/b", "must be a-z"));
  }

  @ParameterizedTest
  @CsvSource({
    "5, 5",
    "5.0, 5",
    "5e0, 5",
    "1e3, 1000",
    "1.5e1, 15",
    "9007199254740991, 9007199254740991",
    "9007199254740991.000, 9007199254740991",
  })
  void an_amount_is_a_whole_number_however_it_is_written(String written, long amount) {
    var fields = fields("{'a':" + written + "}");
    assertThat(fields.amount("a", 1)).isEqualTo(amount);
    assertThat(errors(fields)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0     | must be 1 or more",
        "-5    | must be 1 or more",
        "1.5   | must be a whole number of millicredits",
        "1e-9  | must be a whole number of millicredits",
        "1e-999999999 | must be a whole number of millicredits",
        "\"5\" | must be a whole number of millicredits, but is a string",
        "true  | must be a whole number of millicredits, but is a boolean",
      },
      quoteCharacter = '`')
  void what_is_no_amount_is_refused(String written, String detail) {
    var fields = fields("{'a':" + written + "}");
    fields.amount("a", 1);
    assertThat(errors(fields)).containsExactly(error("/a", detail));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9007199254740992",
        "-9007199254740992",
        "9223372036854775808",
        "1e16",
        "1e999999999",
        "-1e999999999",
        "1e100",
        "99999999999999999999999999999999999",
      })
  void an_amount_beyond_the_range_is_a_problem_of_its_own(String written) {
    var fields = fields("{'a':{'b':" + written + "}}");
    fields.object("a").amount("b", -MAX_MC);
    assertThat(fields.problem())
        .isNotNull()
        .satisfies(problem -> {
          assertThat(problem.type()).isEqualTo(ProblemType.AMOUNT_OUT_OF_RANGE);
          assertThat(problem.errors()).extracting(FieldError::pointer).containsExactly("/a/b");
        });
  }

  @Test
  void what_is_not_valid_comes_before_what_is_out_of_range() {
    var fields = fields("{'a':9007199254740992,'b':1}");
    fields.amount("a", 0);
    fields.text("b", NAME);
    assertThat(errors(fields)).containsExactly(error("/b", "must be a string, but is a number"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-11", "11", "1e999999999", "99999999999999999999"})
  void a_whole_number_has_bounds(String written) {
    var fields = fields("{'a':" + written + "}");
    fields.whole("a", -10, 10);
    assertThat(errors(fields)).containsExactly(error("/a", "must be from -10 to 10"));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1", "'\"1\"', 1", "0.000000001, 0.000000001", "999999999999999, 999999999999999",
    "1e14, 100000000000000", "1.500000000000, 1.5", "'\"2.50\"', 2.5", "1e-9, 0.000000001",
  })
  void a_decimal_is_a_number_or_a_string(String written, BigDecimal number) {
    var fields = JsonBody.parse(("{\"a\":" + written + "}").getBytes(StandardCharsets.UTF_8));
    assertThat(fields.decimal("a", DecimalRule.POSITIVE)).isEqualTo(number);
    assertThat(errors(fields)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0                 | must be greater than 0",
        "0e999999999       | must be greater than 0",
        "-1                | must be greater than 0",
        "-1e999999999      | must be greater than 0",
        "1e15              | must have at most 15 digits before the decimal point",
        "1e999999999       | must have at most 15 digits before the decimal point",
        "'1e999999999'     | must have at most 15 digits before the decimal point",
        "0.0000000001      | must have at most 9 digits after the decimal point",
        "1e-999999999      | must have at most 9 digits after the decimal point",
        "'x'               | must be a decimal number, as a JSON number or as a string",
        "' 1'              | must be a decimal number, as a JSON number or as a string",
        "'1e99999999999'   | must be a decimal number, as a JSON number or as a string",
        "[1]               | must be a decimal number, as a JSON number or as a string",
      },
      quoteCharacter = '`')
  void what_is_no_decimal_is_refused(String written, String detail) {
    var fields = fields("{'a':" + written + "}");
    fields.decimal("a", DecimalRule.POSITIVE);
    assertThat(errors(fields)).containsExactly(error("/a", detail));
  }

  @Test
  void a_decimal_may_be_zero_where_the_rule_says_so() {
    var fields = fields("{'a':0,'b':-0.5,'c':-0}");
    assertThat(fields.decimal("a", DecimalRule.NOT_NEGATIVE)).isEqualTo(BigDecimal.ZERO);
    fields.decimal("b", DecimalRule.NOT_NEGATIVE);
    assertThat(fields.decimal("c", DecimalRule.NOT_NEGATIVE)).isEqualTo(BigDecimal.ZERO);
    assertThat(errors(fields)).containsExactly(error("/b", "must be 0 or more"));
  }

  @Test
  void instants_and_choices_are_checked() {
    var fields = fields("{'at':'2026-01-31','color':'green','b':1,'c':0}");
    fields.instant("at");
    fields.choice("color", COLORS);
    fields.choice("b", COLORS);
    fields.instant("c");
    assertThat(errors(fields))
        .extracting(FieldError::pointer)
        .containsExactly("/at", "/color", "/b", "/c");
    assertThat(errors(fields))
        .extracting(FieldError::detail)
        .contains("must be one of red, dark_blue");
  }

  @Test
  void the_pairs_of_a_map_are_checked_one_by_one() {
    var fields =
        fields(
            "{'m':{'':'x','"
                + "k".repeat(41)
                + "':'x','a/b':1,'c':'"
                + "v".repeat(501)
                + "','ok':'v','n':null}}");
    fields.textMap("m", TextMapRule.METADATA);
    assertThat(errors(fields))
        .containsExactly(
            error("/m/", "its key must not be empty"),
            error("/m/" + "k".repeat(41), "its key must have at most 40 characters, but has 41"),
            error("/m/a~1b", "must be a string, but is a number"),
            error("/m/c", "must have at most 500 characters, but has 501"),
            error("/m/n", "must be a string, but is null"));
  }

  @Test
  void a_map_that_is_required_has_a_pair() {
    var fields =
        fields("{'null':null,'empty':{},'text':'a','bad':{'k':1},'good':{'b':'1','a':''}}");
    for (String name : List.of("none", "null", "empty", "text", "bad")) {
      assertThat(fields.requiredTextMap(name, TextMapRule.METADATA)).isEmpty();
    }
    assertThat(fields.requiredTextMap("good", TextMapRule.METADATA))
        .containsExactly(Map.entry("b", "1"), Map.entry("a", ""));
    assertThat(errors(fields))
        .containsExactly(
            error("/none", "is required"),
            error("/null", "must not be null"),
            error("/empty", "must have at least 1 pair"),
            error("/text", "must be an object of strings, but is a string"),
            error("/bad/k", "must be a string, but is a number"));
  }

  @Test
  void a_map_has_a_number_of_pairs() {
    String pairs =
        IntStream.range(0, 51).mapToObj(i -> "'k" + i + "':''").collect(Collectors.joining(","));
    var fields = fields("{'m':{" + pairs + "},'n':[]}");
    fields.textMap("m", TextMapRule.METADATA);
    fields.textMap("n", TextMapRule.METADATA);
    assertThat(errors(fields))
        .containsExactly(
            error("/m", "must have at most 50 pairs, but has 51"),
            error("/n", "must be an object of strings, but is an array"));
  }

  @Test
  void the_elements_of_a_list_are_checked_one_by_one() {
    var fields = fields("{'t':['ok','',1],'u':[],'v':'x'}");
    fields.texts("t", 1, 3, NAME);
    fields.texts("u", 1, 3, NAME);
    fields.texts("v", 1, 3, NAME);
    fields.texts("w", 1, 3, NAME);
    assertThat(errors(fields))
        .containsExactly(
            error("/t/1", "must not be empty"),
            error("/t/2", "must be a string, but is a number"),
            error("/u", "must have 1 to 3 elements, but has 0"),
            error("/v", "must be an array, but is a string"),
            error("/w", "is required"));
  }

  @Test
  void nested_objects_tell_where_they_are() {
    var fields = fields("{'a':{'b':[{'c':1},7,{'d':'x','e':0}]},'f':3}");
    for (JsonFields each : fields.object("a").objects("b", 0, 5)) {
      each.text("d", NAME);
    }
    fields.object("f").text("g", NAME);
    assertThat(errors(fields))
        .containsExactlyInAnyOrder(
            error("/a/b/0/d", "is required"),
            error("/a/b/0/c", "is not a known field"),
            error("/a/b/1", "must be an object, but is a number"),
            error("/a/b/2/e", "is not a known field"),
            error("/f", "must be an object, but is a number"));
  }

  @Test
  void the_events_of_a_batch_stand_each_for_itself() {
    var fields = fields("{'events':[{'n':1},{'n':'x','z':0},5]}");
    List<JsonFields> events = fields.separateObjects("events", 1, 1000);
    events.forEach(each -> each.whole("n", 0, 9));
    assertThat(errors(fields)).isEmpty();
    assertThat(errors(events.get(0))).isEmpty();
    assertThat(errors(events.get(1)))
        .containsExactly(
            error("/events/1/n", "must be a whole number, but is a string"),
            error("/events/1/z", "is not a known field"));
    assertThat(errors(events.get(2)))
        .containsExactly(error("/events/2", "must be an object, but is a number"));
  }

  @Test
  void a_batch_has_bounds() {
    var fields = fields("{'events':[]}");
    assertThat(fields.separateObjects("events", 1, 1000)).isEmpty();
    assertThat(errors(fields))
        .containsExactly(error("/events", "must have 1 to 1000 elements, but has 0"));
  }

  @Test
  void a_patch_tells_absent_from_null() {
    var fields = fields("{'cleared':null,'set':'new'}");
    assertThat(patched(fields, "absent")).isEqualTo("old");
    assertThat(patched(fields, "cleared")).isNull();
    assertThat(patched(fields, "set")).isEqualTo("new");
    assertThat(fields.patch("absent", it -> fields.text(it, NAME)).valueOrNull()).isNull();
    assertThat(fields.patch("set", it -> fields.text(it, NAME)).valueOrNull()).isEqualTo("new");
    assertThat(errors(fields)).isEmpty();
  }

  private static @Nullable String patched(JsonFields fields, String name) {
    Patch<String> patch = fields.patch(name, it -> fields.textOrNull(it, NAME));
    return patch.applyTo("old");
  }

  @Test
  void a_patch_refuses_null_where_the_field_needs_a_value() {
    var fields = fields("{'name':null}");
    fields.patch("name", it -> fields.text(it, NAME));
    assertThat(errors(fields)).containsExactly(error("/name", "must not be null"));
  }

  @Test
  void a_route_can_reject_what_the_readers_let_pass() {
    var fields = fields("{'a':{'b':1}}");
    var inner = fields.object("a");
    inner.whole("b", 0, 9);
    inner.reject("b", "must be even");
    assertThat(errors(fields)).containsExactly(error("/a/b", "must be even"));
  }
}
