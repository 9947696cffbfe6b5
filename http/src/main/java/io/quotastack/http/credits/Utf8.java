package io.quotastack.http.credits;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Text out of bytes, without a replacement for what is none. */
final class Utf8 {
  private Utf8() {}

  /** The text that these bytes are in UTF-8, or null if they are none. */
  static @Nullable String strict(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      return null;
    }
  }
}
