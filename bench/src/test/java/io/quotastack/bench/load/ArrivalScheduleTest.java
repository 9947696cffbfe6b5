package io.quotastack.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ArrivalScheduleTest {
  @Test
  void arrivals_are_due_at_even_distances_whatever_the_server_does() {
    ArrivalSchedule schedule = new ArrivalSchedule(5_000, 1_000_000);

    assertThat(schedule.intendedNanos(0)).isEqualTo(5_000);
    assertThat(schedule.intendedNanos(1)).isEqualTo(6_000);
    assertThat(schedule.intendedNanos(1_000_000)).isEqualTo(1_000_005_000L);
  }

  @Test
  void the_distances_do_not_drift_when_the_rate_does_not_divide_a_second() {
    ArrivalSchedule schedule = new ArrivalSchedule(0, 3);

    assertThat(schedule.intendedNanos(3_000_000)).isEqualTo(1_000_000_000_000_000L);
  }

  /**
   * One client, 1,000 requests a second that take 0.1 ms each, and one that takes 100 ms. Counted
   * from when they were sent, one of 1,000 was slow; counted from when they were due, all those
   * that the stall kept waiting were.
   */
  @Test
  void a_stall_is_charged_for_every_request_that_it_kept_waiting() {
    ArrivalSchedule schedule = new ArrivalSchedule(0, 1_000);
    Latencies fromSending = new Latencies();
    Latencies fromIntended = new Latencies();
    long freeNanos = 0;
    for (int arrival = 0; arrival < 1_000; arrival++) {
      long sentNanos = Math.max(freeNanos, schedule.intendedNanos(arrival));
      freeNanos = sentNanos + (arrival == 500 ? 100_000_000 : 100_000);
      fromSending.record(freeNanos - sentNanos);
      fromIntended.record(freeNanos - schedule.intendedNanos(arrival));
    }

    assertThat(fromSending.percentileMillis(99)).isLessThan(0.2);
    assertThat(fromIntended.percentileMillis(99)).isBetween(85.0, 100.1);
    assertThat(fromIntended.percentileMillis(95)).isBetween(50.0, 65.0);
    assertThat(fromIntended.percentileMillis(50)).isLessThan(0.2);
  }

  @Test
  void a_rate_is_above_zero() {
    assertThatThrownBy(() -> new ArrivalSchedule(0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ArrivalSchedule(0, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
