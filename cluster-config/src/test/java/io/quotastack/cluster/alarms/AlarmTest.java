package io.quotastack.cluster.alarms;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When an alarm rings, what its row is called, and how long it is put off. */
class AlarmTest {
  private final CustomerRef customer =
      CustomerRef.ofExternalId(new TenantRef(TenantRef.newTenantId(), Environment.LIVE), "a@b|c@1");

  @Test
  void an_alarm_never_rings_before_its_time() {
    assertThat(at("2026-01-15T09:00:00.123Z")).isEqualTo("2026-01-15T09:00:00.123Z");
    assertThat(at("2026-01-15T09:00:00.123000001Z")).isEqualTo("2026-01-15T09:00:00.124Z");
    assertThat(at("2026-01-15T09:00:00.999999999Z")).isEqualTo("2026-01-15T09:00:01Z");
  }

  private String at(String instant) {
    return Alarm.of(customer, Instant.parse(instant)).at().toString();
  }

  @Test
  void any_instant_can_be_had() {
    assertThat(Alarm.of(customer, Instant.MIN).at()).isEqualTo(Instant.EPOCH);
    assertThat(Alarm.of(customer, Instant.MAX).at()).isEqualTo("9999-12-31T23:59:59.999Z");
  }

  @Test
  void the_row_s_name_tells_the_customer() {
    String name = Alarm.of(customer, Instant.ofEpochMilli(1_768_467_600_123L)).rowName();

    assertThat(name).isEqualTo(customer.entityId() + "@1768467600123");
    assertThat(Alarm.customerOf(name)).isEqualTo(customer);
  }

  @Test
  void what_fails_again_and_again_is_put_off_for_ever_longer_up_to_a_minute() {
    assertThat(
            IntStream.of(0, 1, 2, 3, 4, 5, 6, 7, 100, Integer.MAX_VALUE)
                .mapToObj(failures -> AlarmScheduler.pause(failures).toSeconds()))
        .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L, 60L);
  }
}
