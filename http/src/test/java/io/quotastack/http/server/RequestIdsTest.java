package io.quotastack.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIdsTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00.123Z");

  private final RequestIds ids = new RequestIds(() -> NOW);

  @ParameterizedTest
  @ValueSource(strings = {"x", "req_1", "a/b?c=d#e~!", "0190c9a4-6f5e-7c31-9c55-3f0c7a1d2b44"})
  void a_client_s_own_id_is_kept(String sent) {
    assertThat(ids.of(sent)).isEqualTo(sent);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a\r\nX: y", "ä", "\u007f"})
  void one_that_is_not_visible_ascii_is_replaced(String sent) {
    assertThat(ids.of(sent)).startsWith("req_");
  }

  @Test
  void one_that_is_too_long_is_replaced() {
    assertThat(ids.of("x".repeat(128))).hasSize(128);
    assertThat(ids.of("x".repeat(129))).startsWith("req_");
  }

  @Test
  void a_new_id_is_a_version_7_uuid() {
    String id = ids.of(null);
    assertThat(id).matches("req_[0-9a-f]{32}");
    var uuid =
        new UUID(
            Long.parseUnsignedLong(id.substring(4, 20), 16),
            Long.parseUnsignedLong(id.substring(20), 16));
    assertThat(uuid.version()).isEqualTo(7);
    assertThat(uuid.variant()).isEqualTo(2);
    assertThat(uuid.getMostSignificantBits() >>> 16).isEqualTo(NOW.toEpochMilli());
  }

  @Test
  void new_ids_differ() {
    var seen = new HashSet<String>();
    for (int i = 0; i < 10_000; i++) {
      assertThat(seen.add(ids.next())).isTrue();
    }
  }
}
