package io.quotastack.http.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quotastack.http.Samples;
import io.quotastack.http.problems.FieldError;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.problems.ProblemType;
import java.math.BigDecimal;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBodyTest {
  private static final TextRule ANY = TextRule.length(0, 1000);

  private static Problem refusal(byte[] body) {
    ProblemException exception =
        catchThrowableOfType(ProblemException.class, () -> JsonBody.parse(body));
    assertThat(exception).isNotNull();
    return exception.problem();
  }

  private static Problem malformed(String body) {
    Problem problem = refusal(body.getBytes(StandardCharsets.UTF_8));
    assertThat(problem.type()).isEqualTo(ProblemType.MALFORMED_JSON);
    return problem;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1,}          | Line 1, column 8",
        "{\"a\":             | Line 1, column",
        "{\"a\" 1}           | Line 1, column 6",
        "{a:1}               | Line 1, column 2",
        "{\"a\":01}          | Line 1, column 7",
        "{\"a\":+1}          | Line 1, column 7",
        "{\"a\":.5}          | Line 1, column 6",
        "{\"a\":NaN}         | Line 1, column",
        "{\"a\":tru}         | Line 1, column",
        "{'a':1}             | Line 1, column 2",
        "{\"a\":1} {}        | There is more after the end",
        "{\"a\":1}}          | Line 1, column 8",
        "{\"a\":1,\"a\":2}   | Duplicate field 'a'",
        "{\"a\":{\"b\":1,\"b\":2}} | Duplicate field 'b'",
        "{/*no*/}            | Line 1, column 2",
        "{\"a\":\"\\x\"}     | Line 1, column",
        "{\"a\":\"\\ud8\"}   | Line 1, column",
      })
  void what_is_no_json_is_refused_telling_where(String body, String detail) {
    assertThat(malformed(body).detail()).contains(detail);
  }

  @Test
  void the_line_is_told() {
    assertThat(malformed("{\n  \"a\": 1,\n  \"b\": ?\n}").detail())
        .startsWith("Line 3, column 8: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":",
        "{\"a\":\"x",
        "[[[",
        "{\"a\":1e99999999999}",
        "{\"a\":!}",
        "{\"a\":+1}",
        "{\"a\":NaN}",
        "{\"a\":.5}",
        "{'a':1}",
        "{/**/}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":\"\\x\"}"
      })
  void nothing_of_the_parser_itself_is_told(String body) {
    assertThat(malformed(body).detail())
        .doesNotContain("Source", "Stream", "Jackson", "REDACTED", "enable", "`", "BigDecimal");
  }

  @Test
  void an_empty_body_is_refused_unless_it_may_be_left_out() {
    assertThat(malformed("").detail()).contains("empty");
    assertThat(malformed(" \n ").detail()).contains("white space");
    assertThat(JsonBody.parseOptional(new byte[0]).problem()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | an array",
        "1 | a number",
        "\"x\" | a string",
        "null | null",
        "true | a boolean"
      })
  void json_that_is_no_object_is_refused(String body, String kind) {
    Problem problem = refusal(body.getBytes(StandardCharsets.UTF_8));
    assertThat(problem.type()).isEqualTo(ProblemType.INVALID_REQUEST);
    assertThat(problem.errors())
        .containsExactly(new FieldError("", "must be an object, but is " + kind));
  }

  @Test
  void bytes_that_are_no_utf_8_are_refused_telling_which() {
    byte[] latin1 = "{\"aé\":1}".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(refusal(latin1)).isEqualTo(Problem.malformedJson("Byte 3: the body is not UTF-8."));
    byte[] surrogate = {
      '{', '"', 'a', '"', ':', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', '}'
    };
    assertThat(refusal(surrogate).detail()).startsWith("Byte 6: ");
    byte[] overlong = {'"', (byte) 0xc0, (byte) 0x80, '"'};
    assertThat(refusal(overlong).detail()).startsWith("Byte 1: ");
    byte[] cut = {'"', (byte) 0xe2, (byte) 0x82};
    assertThat(refusal(cut).detail()).startsWith("Byte 1: ");
    byte[] late = ("{\"a\":\"" + "ä".repeat(5000) + "?\"}").getBytes(StandardCharsets.UTF_8);
    late[10_006] = (byte) 0xff;
    assertThat(refusal(late).detail()).startsWith("Byte 10006: ");
  }

  @Test
  void any_text_in_utf_8_passes() {
    Samples.check(random -> {
      String text = Samples.text(random).replaceAll("[\\x00-\\x1f\"\\\\]", "-");
      byte[] body = ("{\"a\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8);
      assertThat(JsonBody.parse(body).text("a", TextRule.length(0, 1_000_000))).isEqualTo(text);
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32BE"})
  void json_in_another_encoding_is_refused(String charset) {
    assertThat(refusal("{\"a\":1}".getBytes(Charset.forName(charset))).type())
        .isEqualTo(ProblemType.MALFORMED_JSON);
  }

  @Test
  void a_byte_order_mark_is_refused() {
    assertThat(malformed("\ufeff{}").detail()).startsWith("Line 1, column");
  }

  @Test
  void nesting_is_bounded() {
    int deepest = JsonBody.MAX_DEPTH - 1; // the body itself is one
    String fits = "{\"a\":" + "[".repeat(deepest) + "]".repeat(deepest) + "}";
    assertThat(JsonBody.parse(fits.getBytes(StandardCharsets.UTF_8)).has("a")).isTrue();
    String tooDeep = "{\"a\":" + "[".repeat(deepest + 1) + "]".repeat(deepest + 1) + "}";
    assertThat(malformed(tooDeep).detail()).contains("nested deeper than 32", "Line 1");
    assertThat(malformed("[".repeat(1_000_000)).detail()).contains("nested deeper than 32");
  }

  @Test
  void the_length_of_numbers_is_bounded() {
    assertThat(malformed("{\"a\":" + "1".repeat(101) + "}").detail())
        .contains("longer than 100 characters");
  }

  @Test
  void numbers_keep_every_digit() {
    byte[] body = "{\"a\":123456789012345.123456789}".getBytes(StandardCharsets.UTF_8);
    assertThat(JsonBody.parse(body).decimal("a", DecimalRule.POSITIVE))
        .isEqualTo(new BigDecimal("123456789012345.123456789"));
  }

  @Test
  void texts_may_have_escapes() {
    byte[] body = "{\"a\":\"\\u0041\\n\\ud83d\\ude00\"}".getBytes(StandardCharsets.UTF_8);
    assertThat(JsonBody.parse(body).text("a", ANY)).isEqualTo("A\n😀");
  }
}
