package io.quotastack.http.server;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The ids by which requests are found again in answers and logs: the client's own, else {@code
 * req_} and the 32 hexadecimal digits of a version 7 UUID, so that they sort by time. They are
 * names, not secrets.
 */
final class RequestIds {
  private static final int MAX_LENGTH = 128;
  private static final byte[] PREFIX = "req_".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final long VERSION_7 = 0x7000;
  private static final long VARIANT = 0x8000_0000_0000_0000L;

  private final InstantSource clock;

  RequestIds(InstantSource clock) {
    this.clock = clock;
  }

  /** The client's id if it is 1 to 128 visible ASCII characters, else a new one. */
  String of(@Nullable String sent) {
    return sent != null && isValid(sent) ? sent : next();
  }

  /** A new id. */
  String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = clock.millis() << 16 | VERSION_7 | (random.nextInt() & 0xfff);
    long low = VARIANT | (random.nextLong() >>> 2);
    var text = new byte[PREFIX.length + 32];
    System.arraycopy(PREFIX, 0, text, 0, PREFIX.length);
    for (int i = 0; i < 16; i++) {
      int shift = 60 - 4 * i;
      text[PREFIX.length + i] = HEX[(int) (high >>> shift) & 15];
      text[PREFIX.length + 16 + i] = HEX[(int) (low >>> shift) & 15];
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static boolean isValid(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }
}
