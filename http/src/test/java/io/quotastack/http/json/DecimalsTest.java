package io.quotastack.http.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalsTest {

  @ParameterizedTest
  @CsvSource({"10, 10", "10.50, 10.5", "1e3, 1000", "0.6, 0.6", "0.000, 0", "1E-9, 0.000000001"})
  void a_decimal_is_written_plainly_and_as_short_as_it_can_be(BigDecimal number, String text) {
    assertThat(Decimals.format(number)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-0", "10", "0.5", "-1.25", "1e9", "1E+2", "1.5e-3"})
  void a_text_of_a_json_number_is_a_decimal(String text) {
    assertThat(Decimals.parse(text)).isEqualTo(new BigDecimal(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "+1",
        "01",
        ".5",
        "1.",
        "1e",
        "1e+",
        "1,5",
        " 1",
        "1 ",
        "0x1",
        "NaN",
        "Infinity",
        "1_000",
        "1f",
        "--1",
        "١",
        "1e99999999999",
      })
  void any_other_text_is_not(String text) {
    assertThat(Decimals.parse(text)).isNull();
  }

  @Test
  void a_text_that_is_absurdly_long_is_not() {
    assertThat(Decimals.parse("1".repeat(Decimals.MAX_LENGTH))).isNotNull();
    assertThat(Decimals.parse("1".repeat(Decimals.MAX_LENGTH + 1))).isNull();
  }
}
