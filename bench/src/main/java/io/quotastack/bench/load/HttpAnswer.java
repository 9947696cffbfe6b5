package io.quotastack.bench.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One HTTP/1.1 answer as it arrives: finds where it ends and gives its status and members.
 *
 * <p>It reads what the load generator needs and no more: answers with a {@code Content-Length}, one
 * at a time per connection, up to {@value #BYTES_MAX} bytes. Everything else is a {@link
 * BadAnswerException}, so that nothing is counted that was not understood.
 */
final class HttpAnswer {
  static final int BYTES_MAX = 64 * 1024;

  /** An answer that is not what this client can read. */
  static final class BadAnswerException extends Exception {
    private static final long serialVersionUID = 1L;

    BadAnswerException(String message) {
      super(message);
    }
  }

  private static final byte[] STATUS_LINE = ascii("HTTP/1.1 ");
  private static final byte[] CONTENT_LENGTH = ascii("\r\ncontent-length:");
  private static final byte[] HEAD_END = ascii("\r\n\r\n");
  private static final byte[] QUOTE = ascii("\"");
  private static final byte[] NO_TEXT = {};
  private static final int UNKNOWN = -1;

  private final byte[] bytes = new byte[BYTES_MAX];
  private final ByteBuffer space = ByteBuffer.wrap(bytes);
  private int bodyStart = UNKNOWN;
  private int bodyEnd = UNKNOWN;

  /** Where the next bytes from the connection go. */
  ByteBuffer space() {
    return space;
  }

  /** Forgets the answer; the next bytes begin a new one. */
  void clear() {
    space.clear();
    bodyStart = UNKNOWN;
    bodyEnd = UNKNOWN;
  }

  /** Whether the answer is whole, after more bytes have come. */
  boolean isWhole() throws BadAnswerException {
    int length = space.position();
    if (bodyStart == UNKNOWN) {
      int headEnd = indexOf(HEAD_END, 0, length);
      if (headEnd == UNKNOWN) {
        return refuseIfFull();
      }
      bodyStart = headEnd + HEAD_END.length;
      bodyEnd = bodyStart + contentLength(headEnd);
    }
    if (length > bodyEnd) {
      throw new BadAnswerException("more bytes than Content-Length tells: " + text());
    }
    return length == bodyEnd || refuseIfFull();
  }

  private boolean refuseIfFull() throws BadAnswerException {
    if (!space.hasRemaining()) {
      throw new BadAnswerException("an answer of more than " + BYTES_MAX + " bytes");
    }
    return false;
  }

  private int contentLength(int headEnd) throws BadAnswerException {
    if (!startsWith(STATUS_LINE)) {
      throw new BadAnswerException("not an HTTP/1.1 status line: " + text());
    }
    int at = contentLengthAt(headEnd);
    if (at == UNKNOWN) {
      throw new BadAnswerException("no Content-Length: " + text());
    }
    long length = number(at, headEnd);
    if (length < 0 || length > BYTES_MAX - bodyStart) {
      throw new BadAnswerException("a Content-Length out of bounds: " + text());
    }
    return (int) length;
  }

  /** The status of a whole answer. */
  int status() {
    return (int) number(STATUS_LINE.length, bodyStart);
  }

  /**
   * The first integer member of this name in the body, or {@link Long#MIN_VALUE}.
   *
   * @param quotedName the name as it stands in JSON, made by {@link #quoted}
   */
  long integer(byte[] quotedName) {
    int at = indexOf(quotedName, bodyStart, bodyEnd);
    if (at == UNKNOWN) {
      return Long.MIN_VALUE;
    }
    return number(at + quotedName.length, bodyEnd);
  }

  /**
   * The first text member of this name in the body, as it stands there; empty if there is none.
   *
   * @param quotedName the name as it stands in JSON, made by {@link #quoted}
   */
  byte[] text(byte[] quotedName) {
    int at = indexOf(quotedName, bodyStart, bodyEnd);
    if (at == UNKNOWN) {
      return NO_TEXT;
    }
    int from = afterBlanks(at + quotedName.length, bodyEnd);
    if (from == bodyEnd || bytes[from] != '"') {
      return NO_TEXT;
    }
    int to = indexOf(QUOTE, from + 1, bodyEnd);
    return to == UNKNOWN ? NO_TEXT : Arrays.copyOfRange(bytes, from + 1, to);
  }

  /** Whether these bytes stand anywhere in the body. */
  boolean bodyContains(byte[] wanted) {
    return indexOf(wanted, bodyStart, bodyEnd) != UNKNOWN;
  }

  /** Whether the body is exactly these bytes. */
  boolean bodyIs(byte[] wanted) {
    return bodyEnd - bodyStart == wanted.length && indexOf(wanted, bodyStart, bodyEnd) == bodyStart;
  }

  /** The answer as far as it has come, cut to a length that a report can show. */
  String text() {
    return new String(bytes, 0, Math.min(space.position(), 600), StandardCharsets.UTF_8);
  }

  /** A member's name as the bytes that stand before its value. */
  static byte[] quoted(String name) {
    return ascii("\"" + name + "\":");
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The decimal integer that begins here after blanks, or {@link Long#MIN_VALUE}. */
  private long number(int from, int to) {
    int at = afterBlanks(from, to);
    boolean negative = at < to && bytes[at] == '-';
    if (negative) {
      at++;
    }
    int firstDigit = at;
    long value = 0;
    while (at < to && bytes[at] >= '0' && bytes[at] <= '9') {
      value = value * 10 + (bytes[at] - '0');
      at++;
    }
    if (at == firstDigit) {
      return Long.MIN_VALUE;
    }
    return negative ? -value : value;
  }

  private int afterBlanks(int from, int to) {
    int at = from;
    while (at < to && bytes[at] == ' ') {
      at++;
    }
    return at;
  }

  private boolean startsWith(byte[] wanted) {
    return indexOf(wanted, 0, wanted.length) == 0;
  }

  private int indexOf(byte[] wanted, int from, int to) {
    for (int at = from; at <= to - wanted.length; at++) {
      if (matches(wanted, at)) {
        return at;
      }
    }
    return UNKNOWN;
  }

  private boolean matches(byte[] wanted, int at) {
    for (int i = 0; i < wanted.length; i++) {
      if (bytes[at + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Where the value of the Content-Length begins; the names of headers have no case. */
  private int contentLengthAt(int headEnd) {
    for (int at = 0; at <= headEnd - CONTENT_LENGTH.length; at++) {
      int matched = 0;
      while (matched < CONTENT_LENGTH.length
          && Character.toLowerCase(bytes[at + matched]) == CONTENT_LENGTH[matched]) {
        matched++;
      }
      if (matched == CONTENT_LENGTH.length) {
        return at + matched;
      }
    }
    return UNKNOWN;
  }
}
