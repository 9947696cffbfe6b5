package io.quotastack.http.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.http.Samples;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampsTest {
  private static final DateTimeFormatter SLOW =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  @Test
  void an_instant_is_formatted_as_the_slow_formatter_does() {
    Samples.check(random -> {
      Instant instant =
          Instant.ofEpochMilli(random.nextLong(-62_167_219_200_000L, 253_402_300_800_000L));
      assertThat(Timestamps.format(instant)).isEqualTo(SLOW.format(instant));
    });
  }

  @Test
  void what_was_formatted_is_parsed_back() {
    Samples.check(random -> {
      Instant instant = Instant.ofEpochMilli(random.nextLong(253_402_300_800_000L));
      assertThat(Timestamps.parse(Timestamps.format(instant))).isEqualTo(instant);
    });
  }

  @Test
  void what_is_finer_than_a_millisecond_is_cut_off() {
    assertThat(Timestamps.format(Instant.ofEpochSecond(0, 999_999_999)))
        .isEqualTo("1970-01-01T00:00:00.999Z");
    assertThat(Timestamps.parse("2026-01-31T12:00:00.123999999Z"))
        .isEqualTo(Instant.parse("2026-01-31T12:00:00.123Z"));
  }

  @Test
  void a_year_of_five_digits_has_no_text() {
    assertThatThrownBy(() -> Timestamps.format(Instant.parse("+10000-01-01T00:00:00Z")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-31T12:00:00Z, 2026-01-31T12:00:00Z",
    "2026-01-31t12:00:00z, 2026-01-31T12:00:00Z",
    "2026-01-31T12:00:00.5Z, 2026-01-31T12:00:00.500Z",
    "2026-01-31T12:00:00+02:00, 2026-01-31T10:00:00Z",
    "2026-01-31T12:00:00-05:30, 2026-01-31T17:30:00Z",
    "2026-01-31T12:00:00.25-00:00, 2026-01-31T12:00:00.250Z",
    "2024-02-29T23:59:59Z, 2024-02-29T23:59:59Z",
    "1970-01-01T00:00:00Z, 1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z, 9999-12-31T23:59:59.999Z",
    "1969-12-31T23:00:00-01:00, 1970-01-01T00:00:00Z",
  })
  void an_rfc_3339_date_time_is_parsed(String text, String instant) {
    assertThat(Timestamps.parse(text)).isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "now",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31 12:00:00Z",
        "2026-01-31T12:00Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.1234567890Z",
        "2026-01-31T12:00:00ZZ",
        "2026-01-31T12:00:00Z ",
        "2026-01-31T12:00:00+02",
        "2026-01-31T12:00:00+0200",
        "2026-01-31T12:00:00+19:00",
        "2026-01-31T12:00:00+02:60",
        "2026-01-31T12:00:00 02:00",
        "2026-02-30T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T23:59:60Z",
        "2026-1-31T12:00:00Z",
        "20a6-01-31T12:00:00Z",
        "-026-01-31T12:00:00Z",
        "2026/01/31T12:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:30:00+01:00",
        "9999-12-31T23:59:59-00:01",
        "12026-01-31T12:00:00Z",
      })
  void anything_else_is_not(String text) {
    assertThat(Timestamps.parse(text)).isNull();
  }

  @Test
  void the_range_is_four_digits_from_1970_on() {
    assertThat(Timestamps.inRange(Instant.EPOCH)).isTrue();
    assertThat(Timestamps.inRange(Instant.EPOCH.minus(1, ChronoUnit.MILLIS))).isFalse();
    assertThat(Timestamps.inRange(Instant.parse("+10000-01-01T00:00:00Z"))).isFalse();
  }
}
