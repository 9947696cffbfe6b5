package io.quotastack.engine.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The idempotency keys that an owner remembers. */
class IdempotencyWindowTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void an_empty_window_remembers_nothing() {
    assertThat(IdempotencyWindow.empty().find("a", START)).isNull();
    assertThat(IdempotencyWindow.empty().size()).isZero();
    assertThat(IdempotencyWindow.ofBytes(new byte[0]).find("a", START)).isNull();
  }

  @Test
  void a_key_is_remembered_with_its_request_and_its_event() {
    var window =
        IdempotencyWindow.empty()
            .remember(new RequestKey("a", 17), 3, START)
            .remember(new RequestKey("b", -1), 4, START);

    assertThat(window.find("a", START)).isEqualTo(new Remembered(17, 3));
    assertThat(window.find("b", START)).isEqualTo(new Remembered(-1, 4));
    assertThat(window.find("c", START)).isNull();
    assertThat(window.find("A", START)).isNull();
  }

  @Test
  void a_key_is_kept_for_24_hours_and_not_a_millisecond_more() {
    var window = IdempotencyWindow.empty().remember(new RequestKey("a", 1), 1, START);

    assertThat(window.find("a", START.plus(Duration.ofHours(24)))).isNotNull();
    assertThat(window.find("a", START.plus(Duration.ofHours(24)).plusMillis(1))).isNull();
  }

  @Test
  void a_key_that_was_forgotten_can_stand_for_something_else() {
    Instant later = START.plus(Duration.ofDays(2));
    var window =
        IdempotencyWindow.empty()
            .remember(new RequestKey("a", 1), 1, START)
            .remember(new RequestKey("a", 2), 2, later);

    assertThat(window.find("a", later)).isEqualTo(new Remembered(2, 2));
  }

  @Test
  void remembering_leaves_the_window_before_as_it_was() {
    var before = IdempotencyWindow.empty();
    for (int i = 0; i < 1_000; i++) {
      before = before.remember(new RequestKey("key-" + i, i), i + 1, START);
    }
    int size = before.size();
    var after = before.remember(new RequestKey("new", 5), 1_001, START);

    assertThat(before.find("new", START)).isNull();
    assertThat(before.size()).isEqualTo(size);
    assertThat(after.find("new", START)).isEqualTo(new Remembered(5, 1_001));
  }

  /** Some thousand keys, some used again; time by time so slow that all or almost none is kept. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1_000, 20_000, 60_000, 3_600_000})
  void any_number_of_keys_is_found_like_in_a_map(long millisBetween) {
    var random = new Random(millisBetween);
    var window = IdempotencyWindow.empty();
    Map<String, Remembered> model = new HashMap<>();
    Map<String, Instant> usedAt = new HashMap<>();
    Instant now = START;
    for (int sequence = 1; sequence <= 12_000; sequence++) {
      now = now.plusMillis(millisBetween == 0 ? 0 : random.nextLong(2 * millisBetween));
      String key = "key-" + (random.nextInt(5) == 0 ? random.nextInt(sequence) : sequence);
      Instant before = usedAt.get(key);
      if (before == null || before.isBefore(now.minus(Duration.ofHours(24)))) {
        assertThat(window.find(key, now)).as("%s before its use", key).isNull();
        var used = new Remembered(random.nextLong(), sequence);
        window = window.remember(new RequestKey(key, used.fingerprint()), sequence, now);
        model.put(key, used);
        usedAt.put(key, now);
      } else {
        assertThat(window.find(key, now)).isEqualTo(model.get(key));
      }
      if (sequence % 997 == 0) {
        window = IdempotencyWindow.ofBytes(window.toBytes());
      }
      if (sequence % 4_000 == 0) {
        assertSame(window, model, usedAt, now);
      }
    }
    assertSame(IdempotencyWindow.ofBytes(window.toBytes()), model, usedAt, now);
  }

  private static void assertSame(
      IdempotencyWindow window,
      Map<String, Remembered> model,
      Map<String, Instant> usedAt,
      Instant now) {
    Instant oldest = now.minus(Duration.ofHours(24));
    model.forEach((key, used) -> {
      boolean kept = !usedAt.getOrDefault(key, now).isBefore(oldest);
      assertThat(window.find(key, now)).as(key).isEqualTo(kept ? used : null);
    });
    assertThat(window.find("never used", now)).isNull();
  }

  @Test
  void what_is_too_old_does_not_fill_the_memory() {
    var window = IdempotencyWindow.empty();
    int keysPerDay = 2_000;
    for (int i = 0; i < 20 * keysPerDay; i++) {
      Instant at = START.plus(Duration.ofDays(1).dividedBy(keysPerDay).multipliedBy(i));
      window = window.remember(new RequestKey("key-" + i, i), i + 1, at);
    }

    assertThat(window.size()).isBetween(keysPerDay, 4 * keysPerDay);
  }

  @Test
  void a_key_takes_40_bytes() {
    var window = IdempotencyWindow.empty();
    for (int i = 0; i < 10_000; i++) {
      window = window.remember(new RequestKey("key-" + i, i), i + 1, START);
    }

    assertThat(window.size()).isEqualTo(10_000);
    assertThat(window.toBytes().length).isBetween(400_000, 400_200);
  }

  @Test
  void bytes_that_were_written_once_can_be_read_for_ever() {
    // One run of one row: the number of rows, 128 bits of SHA-256("key-1"), fingerprint 7,
    // sequence 9, 2026-01-01T00:00:00Z in milliseconds.
    byte[] stored =
        HexFormat.of()
            .parseHex(
                "0000000000000001"
                    + "be2974546978e3739e6d6da85c4be9f3"
                    + "0000000000000007"
                    + "0000000000000009"
                    + "0000019b76daa800");
    var window = IdempotencyWindow.ofBytes(stored);

    assertThat(window.find("key-1", START)).isEqualTo(new Remembered(7, 9));
    assertThat(window.find("key-2", START)).isNull();
    assertThat(IdempotencyWindow.empty().remember(new RequestKey("key-1", 7), 9, START).toBytes())
        .isEqualTo(stored);
  }

  // The variant that forgets nothing.

  @Test
  void an_endless_window_finds_a_key_after_any_time() {
    var window =
        IdempotencyWindow.endless()
            .remember(new RequestKey("a", 17), 3, Instant.EPOCH)
            .remember(new RequestKey("b", -1), 4, Instant.parse("9999-12-31T23:59:59.999Z"));

    for (Instant now :
        new Instant[] {Instant.EPOCH, START, Instant.parse("9999-12-31T00:00:00Z")}) {
      assertThat(window.find("a", now)).isEqualTo(new Remembered(17, 3));
      assertThat(window.find("b", now)).isEqualTo(new Remembered(-1, 4));
      assertThat(window.find("c", now)).isNull();
    }
    assertThat(IdempotencyWindow.endless().size()).isZero();
    assertThat(IdempotencyWindow.endlessOfBytes(new byte[0]).find("a", START)).isNull();
  }

  @Test
  void an_endless_window_loses_no_key_while_runs_are_frozen_merged_stored_and_read() {
    var window = IdempotencyWindow.endless();
    Instant now = START;
    for (int i = 0; i < 5_000; i++) {
      now = now.plus(Duration.ofDays(1));
      window = window.remember(new RequestKey("pay-" + i, 7L * i), i + 1, now);
      if (i % 997 == 0) {
        window = IdempotencyWindow.endlessOfBytes(window.toBytes());
      }
    }

    assertThat(window.size()).isEqualTo(5_000);
    for (var each :
        new IdempotencyWindow[] {window, IdempotencyWindow.endlessOfBytes(window.toBytes())}) {
      for (int i = 0; i < 5_000; i++) {
        assertThat(each.find("pay-" + i, now)).isEqualTo(new Remembered(7L * i, i + 1));
      }
      assertThat(each.find("pay-5000", now)).isNull();
    }
  }

  @Test
  void what_an_endless_window_wrote_is_the_same_as_what_the_other_would_write() {
    var endless = IdempotencyWindow.endless();
    var window = IdempotencyWindow.empty();
    for (int i = 0; i < 1_000; i++) {
      var key = new RequestKey("key-" + i, i);
      endless = endless.remember(key, i + 1, START);
      window = window.remember(key, i + 1, START);
    }

    assertThat(endless.toBytes()).isEqualTo(window.toBytes());
    assertThat(
            IdempotencyWindow.ofBytes(endless.toBytes())
                .find("key-7", START.plus(Duration.ofDays(2))))
        .isNull();
    assertThat(
            IdempotencyWindow.endlessOfBytes(window.toBytes())
                .find("key-7", START.plus(Duration.ofDays(2))))
        .isEqualTo(new Remembered(7, 8));
  }
}
