package io.quotastack.http.input;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads percent-encoded text (RFC 3986), strictly: nothing that is broken is guessed at. */
public final class PercentEncoding {

  private PercentEncoding() {}

  /**
   * The text that a part of a request target stands for, or null if an escape is broken or its
   * bytes are not UTF-8.
   *
   * @param plusIsSpace whether {@code +} is a space, as it is in queries that forms and most
   *     clients write
   */
  public static @Nullable String decode(String text, boolean plusIsSpace) {
    boolean plain = text.indexOf('%') < 0 && !(plusIsSpace && text.indexOf('+') >= 0);
    return plain ? text : decodeEscapes(text, plusIsSpace);
  }

  private static @Nullable String decodeEscapes(String text, boolean plusIsSpace) {
    var bytes = new byte[text.length()];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        if (i + 2 >= text.length()) {
          return null;
        }
        int high = Character.digit(text.charAt(i + 1), 16);
        int low = Character.digit(text.charAt(i + 2), 16);
        if (high < 0 || low < 0) {
          return null;
        }
        bytes[length++] = (byte) (high << 4 | low);
        i += 2;
      } else if (c > 0x7e) {
        return null; // a request target is ASCII
      } else {
        bytes[length++] = (byte) (c == '+' && plusIsSpace ? ' ' : c);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, length))
          .toString();
    } catch (CharacterCodingException _) {
      return null;
    }
  }
}
