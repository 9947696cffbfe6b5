package io.quotastack.engine.ids;

import org.jspecify.annotations.Nullable;

/**
 * Base 32 in lower case without padding (the alphabet of RFC 4648 section 6): safe in URLs and read
 * back only in its canonical form, so that one id has exactly one text.
 */
public final class Base32 {
  private static final char[] ALPHABET = "abcdefghijklmnopqrstuvwxyz234567".toCharArray();
  private static final int BITS_PER_CHAR = 5;

  private Base32() {}

  /** The text of these bytes. */
  public static String encode(byte[] bytes) {
    var text = new StringBuilder((bytes.length * Byte.SIZE + BITS_PER_CHAR - 1) / BITS_PER_CHAR);
    int buffer = 0;
    int bits = 0;
    for (byte next : bytes) {
      buffer = (buffer << Byte.SIZE) | (next & 0xff);
      bits += Byte.SIZE;
      while (bits >= BITS_PER_CHAR) {
        bits -= BITS_PER_CHAR;
        text.append(ALPHABET[(buffer >>> bits) & 31]);
      }
      buffer &= (1 << bits) - 1;
    }
    if (bits > 0) {
      text.append(ALPHABET[(buffer << (BITS_PER_CHAR - bits)) & 31]);
    }
    return text.toString();
  }

  /** The bytes of this text, or null if it is not the canonical text of any bytes. */
  public static byte @Nullable [] decode(String text) {
    int spareBits = text.length() * BITS_PER_CHAR % Byte.SIZE;
    if (spareBits >= BITS_PER_CHAR) {
      return null;
    }
    var bytes = new byte[text.length() * BITS_PER_CHAR / Byte.SIZE];
    int buffer = 0;
    int bits = 0;
    int at = 0;
    for (int i = 0; i < text.length(); i++) {
      int value = valueOf(text.charAt(i));
      if (value < 0) {
        return null;
      }
      buffer = (buffer << BITS_PER_CHAR) | value;
      bits += BITS_PER_CHAR;
      if (bits >= Byte.SIZE) {
        bits -= Byte.SIZE;
        bytes[at++] = (byte) (buffer >>> bits);
        buffer &= (1 << bits) - 1;
      }
    }
    return buffer == 0 ? bytes : null;
  }

  private static int valueOf(char c) {
    if (c >= 'a' && c <= 'z') {
      return c - 'a';
    }
    if (c >= '2' && c <= '7') {
      return c - '2' + 26;
    }
    return -1;
  }
}
