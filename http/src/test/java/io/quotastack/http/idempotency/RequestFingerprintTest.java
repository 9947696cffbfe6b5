package io.quotastack.http.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.http.Samples;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;

class RequestFingerprintTest {

  private static long of(String method, String target, String body) {
    return RequestFingerprint.of(method, target, body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void it_is_sha_256_over_the_parts_and_their_lengths() throws Exception {
    byte[] input = "\0\0\0\4POST\0\0\0\2/a\0\0\0\2{}".getBytes(StandardCharsets.ISO_8859_1);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(input);
    assertThat(of("POST", "/a", "{}")).isEqualTo(ByteBuffer.wrap(digest).getLong());
  }

  @Test
  void each_part_counts() {
    long fingerprint = of("POST", "/a?b=1", "{}");
    assertThat(of("POST", "/a?b=1", "{}")).isEqualTo(fingerprint);
    assertThat(of("PATCH", "/a?b=1", "{}")).isNotEqualTo(fingerprint);
    assertThat(of("POST", "/a?b=2", "{}")).isNotEqualTo(fingerprint);
    assertThat(of("POST", "/a?b=1", "{ }")).isNotEqualTo(fingerprint);
  }

  @Test
  void nothing_moves_from_one_part_to_the_next_unseen() {
    Samples.check(random -> {
      String target = Samples.text(random);
      String moved = "m" + Samples.text(random);
      String body = Samples.text(random);
      assertThat(of("POST", target + moved, body)).isNotEqualTo(of("POST", target, moved + body));
    });
  }
}
