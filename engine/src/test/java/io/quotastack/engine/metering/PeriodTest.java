package io.quotastack.engine.metering;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calendar months in time zones, also where clocks are put forward and back. */
class PeriodTest {
  @ParameterizedTest
  @CsvSource({
    "UTC, 2026-01-01T00:00:00Z, 2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z",
    "UTC, 2026-01-31T23:59:59.999Z, 2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z",
    "UTC, 2028-02-29T12:00:00Z, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
    "UTC, 2026-12-31T12:00:00Z, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
    // March is an hour shorter in Berlin, October an hour longer.
    "Europe/Berlin, 2026-03-29T01:00:00Z, 2026-02-28T23:00:00Z, 2026-03-31T22:00:00Z",
    "Europe/Berlin, 2026-10-25T01:00:00Z, 2026-09-30T22:00:00Z, 2026-10-31T23:00:00Z",
    // Clocks go back on the first of November itself.
    "America/New_York, 2026-11-01T05:30:00Z, 2026-11-01T04:00:00Z, 2026-12-01T05:00:00Z",
    "America/New_York, 2026-11-01T03:59:59.999Z, 2026-10-01T04:00:00Z, 2026-11-01T04:00:00Z",
    // Half an hour of summer time, a zone with minutes, and the ends of the world.
    "Australia/Lord_Howe, 2026-04-15T00:00:00Z, 2026-03-31T13:00:00Z, 2026-04-30T13:30:00Z",
    "Asia/Kathmandu, 2026-05-31T18:15:00Z, 2026-05-31T18:15:00Z, 2026-06-30T18:15:00Z",
    "Pacific/Kiritimati, 2026-01-31T10:00:00Z, 2026-01-31T10:00:00Z, 2026-02-28T10:00:00Z",
    "Pacific/Pago_Pago, 2026-02-01T10:59:59.999Z, 2026-01-01T11:00:00Z, 2026-02-01T11:00:00Z",
    // Where midnight of the first of October 1978 was skipped.
    "America/Asuncion, 1978-10-15T00:00:00Z, 1978-10-01T04:00:00Z, 1978-11-01T03:00:00Z",
  })
  void a_month_goes_from_the_first_midnight_to_the_next_firsts(
      String zone, Instant instant, Instant start, Instant end) {
    Period month = Period.month(instant, ZoneId.of(zone));

    assertThat(month).isEqualTo(new Period(start, end));
    assertThat(month.contains(instant)).isTrue();
  }

  @Test
  void a_month_contains_its_first_instant_and_not_the_first_after_it() {
    var month =
        new Period(Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2026-02-01T00:00:00Z"));

    assertThat(month.contains(month.start())).isTrue();
    assertThat(month.contains(month.start().minusMillis(1))).isFalse();
    assertThat(month.contains(month.end().minusMillis(1))).isTrue();
    assertThat(month.contains(month.end())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Havana",
        "Africa/Cairo",
        "Asia/Beirut",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Casablanca",
        "Asia/Tehran",
        "America/Scoresbysund",
      })
  void months_neither_overlap_nor_leave_a_gap(String name) {
    ZoneId zone = ZoneId.of(name);
    Instant at = Instant.parse("2005-01-15T00:00:00Z");
    Period month = Period.month(at, zone);

    for (int i = 0; i < 12 * 40; i++) {
      Period next = Period.month(month.end(), zone);

      assertThat(next.start()).isEqualTo(month.end());
      assertThat(Period.month(month.end().minusMillis(1), zone)).isEqualTo(month);
      ZonedDateTime first = next.start().atZone(zone);
      assertThat(first.getDayOfMonth()).isOne();
      assertThat(next.start().minusMillis(1).atZone(zone).getMonth())
          .isNotEqualTo(first.getMonth());
      assertThat(Duration.between(next.start(), next.end()))
          .isBetween(Duration.ofHours(27 * 24), Duration.ofHours(31 * 24 + 1));
      month = next;
    }
  }
}
