package io.quotastack.engine.topups;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.topups.AutoTopup.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a topup may be asked for. */
class AutoTopupTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Settings ONE_A_DAY = new Settings(100, null, 1_000L, 1, 86_400);

  private static Settings perHour(int maxPerWindow) {
    return new Settings(100, null, 1_000L, maxPerWindow, 3_600);
  }

  private static Instant hours(long hours) {
    return START.plus(Duration.ofHours(hours));
  }

  @Test
  void it_is_wanted_below_the_threshold_and_not_at_it() {
    AutoTopup fresh = AutoTopup.of(ONE_A_DAY);

    assertThat(fresh.isWanted(99, START)).isTrue();
    assertThat(fresh.isWanted(0, START)).isTrue();
    assertThat(fresh.isWanted(100, START)).isFalse();
    assertThat(fresh.nextDue(100)).isNull();
    assertThat(fresh.nextDue(99)).isNotNull();
  }

  @Test
  void a_threshold_of_nothing_is_never_reached() {
    AutoTopup fresh = AutoTopup.of(new Settings(0, null, 1_000L, 1, 86_400));

    assertThat(fresh.isWanted(0, START)).isFalse();
  }

  @Test
  void one_is_pending_at_a_time_and_for_an_hour_at_most() {
    AutoTopup asked = AutoTopup.of(perHour(100)).requested(START);

    assertThat(asked.pendingUntil()).isEqualTo(hours(1));
    assertThat(asked.isWanted(0, START.plusSeconds(3_599))).isFalse();
    assertThat(asked.nextDue(0)).isEqualTo(hours(1));
    assertThat(asked.nextDue(1_000)).as("whatever the balance is").isEqualTo(hours(1));
  }

  @Test
  void a_grant_ends_what_is_pending_and_forgets_refusals() {
    AutoTopup granted =
        AutoTopup.of(perHour(100))
            .requested(START)
            .refused(START)
            .requested(hours(1))
            .refused(hours(1))
            .requested(hours(3))
            .granted();

    assertThat(granted.pendingUntil()).isNull();
    assertThat(granted.refusals()).isZero();
    assertThat(granted.notBefore()).isNull();
    assertThat(granted.isWanted(0, hours(3))).isTrue();
  }

  @Test
  void a_grant_does_not_make_room_in_the_window() {
    AutoTopup granted = AutoTopup.of(ONE_A_DAY).requested(START).granted();

    assertThat(granted.isWanted(0, hours(24).minusMillis(1))).isFalse();
    assertThat(granted.nextDue(0)).isEqualTo(hours(24));
    assertThat(granted.isWanted(0, hours(24))).isTrue();
  }

  @Test
  void no_window_of_that_length_sees_more_requests_than_allowed() {
    AutoTopup autoTopup = AutoTopup.of(perHour(3));
    for (int minute : new int[] {0, 10, 50}) {
      Instant at = START.plus(Duration.ofMinutes(minute));
      assertThat(autoTopup.isWanted(0, at)).isTrue();
      autoTopup = autoTopup.requested(at).granted();
    }

    assertThat(autoTopup.isWanted(0, hours(1).minusMillis(1))).isFalse();
    assertThat(autoTopup.isWanted(0, hours(1))).isTrue();
    autoTopup = autoTopup.requested(hours(1)).granted();
    assertThat(autoTopup.nextDue(0)).isEqualTo(START.plus(Duration.ofMinutes(70)));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 4", "4, 8", "5, 16", "6, 24", "7, 24", "50, 24", "1000, 24"})
  void each_refusal_in_a_row_doubles_the_pause_up_to_a_day(int refusals, long pauseHours) {
    AutoTopup autoTopup = AutoTopup.of(perHour(100));
    for (int i = 0; i < refusals; i++) {
      autoTopup = autoTopup.requested(START).refused(START);
    }

    assertThat(autoTopup.refusals()).isEqualTo(refusals);
    assertThat(autoTopup.notBefore()).isEqualTo(hours(pauseHours));
    assertThat(autoTopup.isWanted(0, hours(pauseHours).minusMillis(1))).isFalse();
    assertThat(autoTopup.isWanted(0, hours(pauseHours))).isTrue();
    assertThat(autoTopup.nextDue(0)).isEqualTo(hours(pauseHours));
    assertThat(autoTopup.nextDue(100)).isNull();
  }

  @Test
  void pause_and_window_must_both_be_over() {
    AutoTopup shortWindow = AutoTopup.of(perHour(1)).requested(START);
    AutoTopup longWindow = AutoTopup.of(ONE_A_DAY).requested(START);

    assertThat(shortWindow.refused(hours(1)).nextDue(0)).isEqualTo(hours(2));
    assertThat(longWindow.refused(hours(1)).nextDue(0)).isEqualTo(hours(24));
  }

  @Test
  void new_settings_keep_what_is_pending_what_was_refused_and_what_was_asked_for() {
    AutoTopup before = AutoTopup.of(perHour(2)).requested(START).refused(START).requested(hours(1));
    var settings = new Settings(7, "starter", null, 5, 60);

    assertThat(before.with(settings))
        .isEqualTo(new AutoTopup(settings, hours(2), 1, hours(1), List.of(START, hours(1))));
  }

  @Test
  void fewer_requests_per_window_hold_for_those_that_were_made() {
    AutoTopup autoTopup = AutoTopup.of(perHour(3));
    for (int minute : new int[] {0, 10, 20}) {
      autoTopup = autoTopup.requested(START.plus(Duration.ofMinutes(minute))).granted();
    }

    assertThat(autoTopup.with(perHour(1)).nextDue(0)).isEqualTo(START.plus(Duration.ofMinutes(80)));
    assertThat(autoTopup.with(perHour(2)).nextDue(0)).isEqualTo(START.plus(Duration.ofMinutes(70)));
  }

  @Test
  void more_requests_per_window_count_those_that_were_made_before() {
    AutoTopup autoTopup = AutoTopup.of(new Settings(100, null, 1_000L, 1, 600));
    for (int minute : new int[] {0, 10, 20}) {
      autoTopup = autoTopup.requested(START.plus(Duration.ofMinutes(minute))).granted();
    }

    assertThat(autoTopup.with(perHour(3)).nextDue(0)).isEqualTo(hours(1));
    assertThat(autoTopup.with(perHour(4)).isWanted(0, START.plus(Duration.ofMinutes(20)))).isTrue();
  }

  @Test
  void no_more_requests_are_remembered_than_a_window_may_ever_allow() {
    AutoTopup autoTopup = AutoTopup.of(perHour(AutoTopup.MAX_PER_WINDOW));
    for (int i = 0; i < 250; i++) {
      autoTopup = autoTopup.requested(START.plusSeconds(i)).granted();
    }

    assertThat(autoTopup.requestedAt())
        .hasSize(100)
        .startsWith(START.plusSeconds(150))
        .endsWith(START.plusSeconds(249));
  }
}
