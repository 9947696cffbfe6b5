package io.quotastack.http.lists;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a list goes on: opaque to clients. It carries the kind of list that it was made for, so
 * that one list's cursor is refused by another, and the values by which the next page is found.
 *
 * @param kind the list, such as {@code ledger}
 * @param values the position, such as a sequence number
 */
public record Cursor(String kind, List<String> values) {
  private static final int MAX_TEXT_LENGTH = 2048;
  private static final byte VERSION = 1;

  /** Copies the values. */
  public Cursor {
    values = List.copyOf(values);
  }

  /** A position in a list that is told by texts. */
  public static Cursor at(String kind, String... values) {
    return new Cursor(kind, List.of(values));
  }

  /** A position in a list that is told by a number, such as a sequence number. */
  public static Cursor at(String kind, long number) {
    return at(kind, Long.toString(number));
  }

  /**
   * The text that clients get: URL-safe base 64.
   *
   * @throws IllegalStateException if it is longer than {@link #decode} reads
   */
  public String encode() {
    var parts = new ArrayList<byte[]>(values.size() + 1);
    parts.add(kind.getBytes(StandardCharsets.UTF_8));
    int length = 1;
    for (String value : values) {
      parts.add(value.getBytes(StandardCharsets.UTF_8));
    }
    for (byte[] part : parts) {
      length += Short.BYTES + part.length;
    }
    if (length > MAX_TEXT_LENGTH / 4 * 3) {
      throw new IllegalStateException("a cursor of " + length + " bytes is too long");
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).put(VERSION);
    for (byte[] part : parts) {
      bytes.putShort((short) part.length).put(part);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /**
   * The cursor that a text is, or null if it is none of that kind with that many values.
   *
   * @param count how many values its kind has
   */
  public static @Nullable Cursor decode(String text, String kind, int count) {
    List<String> parts = text.length() > MAX_TEXT_LENGTH ? null : parts(text);
    return parts != null && parts.size() == count + 1 && parts.getFirst().equals(kind)
        ? new Cursor(kind, parts.subList(1, parts.size()))
        : null;
  }

  private static @Nullable List<String> parts(String text) {
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
    } catch (IllegalArgumentException _) {
      return null;
    }
    if (!bytes.hasRemaining() || bytes.get() != VERSION) {
      return null;
    }
    var parts = new ArrayList<String>();
    while (bytes.hasRemaining()) {
      int length = bytes.remaining() < Short.BYTES ? -1 : Short.toUnsignedInt(bytes.getShort());
      if (length < 0 || length > bytes.remaining()) {
        return null;
      }
      try {
        parts.add(
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(bytes.slice(bytes.position(), length))
                .toString());
      } catch (CharacterCodingException _) {
        return null;
      }
      bytes.position(bytes.position() + length);
    }
    return parts;
  }

  /** A value that is a number of 0 or more; null if it is not. */
  public @Nullable Long number(int index) {
    String value = values.get(index);
    if (value.isEmpty()
        || value.length() > 18
        || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return null;
    }
    return Long.valueOf(value);
  }
}
