package io.quotastack.http.json;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Instants as text: RFC 3339 in, {@code yyyy-MM-ddTHH:mm:ss.SSSZ} out. Written by hand because each
 * answer carries several and {@link java.time.format.DateTimeFormatter} would be most of its cost.
 */
public final class Timestamps {
  private static final long MILLIS_PER_DAY = 86_400_000;
  private static final int FORMATTED_LENGTH = "yyyy-MM-ddTHH:mm:ss.SSSZ".length();
  private static final int FRACTION_AT = "yyyy-MM-ddTHH:mm:ss".length();
  private static final int OFFSET_LENGTH = "+hh:mm".length();
  private static final int NANO_DIGITS = 9;
  private static final int MAX_OFFSET_HOURS = 18;
  private static final int MIN_YEAR = 1970;
  private static final int MAX_YEAR = 9999;

  private Timestamps() {}

  /**
   * The instant as {@code yyyy-MM-ddTHH:mm:ss.SSSZ}; what is finer than a millisecond is cut off.
   *
   * @throws IllegalArgumentException if its year does not have four digits
   */
  public static String format(Instant instant) {
    long millis = instant.toEpochMilli();
    LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(millis, MILLIS_PER_DAY));
    int ofDay = (int) Math.floorMod(millis, MILLIS_PER_DAY);
    if (date.getYear() < 0 || date.getYear() > MAX_YEAR) {
      throw new IllegalArgumentException("the year of " + instant + " does not have four digits");
    }
    var text = new byte[FORMATTED_LENGTH];
    put(text, 0, 4, date.getYear());
    text[4] = '-';
    put(text, 5, 2, date.getMonthValue());
    text[7] = '-';
    put(text, 8, 2, date.getDayOfMonth());
    text[10] = 'T';
    put(text, 11, 2, ofDay / 3_600_000);
    text[13] = ':';
    put(text, 14, 2, ofDay / 60_000 % 60);
    text[16] = ':';
    put(text, 17, 2, ofDay / 1000 % 60);
    text[19] = '.';
    put(text, 20, 3, ofDay % 1000);
    text[23] = 'Z';
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static void put(byte[] text, int at, int digits, int value) {
    int rest = value;
    for (int i = at + digits - 1; i >= at; i--) {
      text[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /**
   * The instant that an RFC 3339 date-time names, cut to milliseconds; null if the text is none or
   * its year (in UTC) is not in 1970-9999. A leap second is refused: no {@link Instant} is one.
   */
  public static @Nullable Instant parse(String text) {
    int offsetAt = fractionEnd(text);
    if (offsetAt < 0) {
      return null;
    }
    int offsetMinutes = offsetMinutes(text, offsetAt);
    int year = digits(text, 0, 4);
    int month = digits(text, 5, 2);
    int day = digits(text, 8, 2);
    int hour = digits(text, 11, 2);
    int minute = digits(text, 14, 2);
    int second = digits(text, 17, 2);
    if (offsetMinutes == Integer.MIN_VALUE
        || (year | month | day | hour | minute | second) < 0
        || !punctuated(text)) {
      return null;
    }
    try {
      long epochSecond =
          LocalDate.of(year, month, day)
                  .toEpochSecond(LocalTime.of(hour, minute, second), ZoneOffset.UTC)
              - offsetMinutes * 60L;
      Instant instant = Instant.ofEpochSecond(epochSecond, millisOf(text, offsetAt) * 1_000_000L);
      return inRange(instant) ? instant : null;
    } catch (DateTimeException _) {
      return null; // the 30th of February, 25 o'clock
    }
  }

  /** Whether the instant's year in UTC is one that the API accepts: 1970-9999. */
  public static boolean inRange(Instant instant) {
    return instant.getEpochSecond() >= 0
        && LocalDate.ofEpochDay(instant.getEpochSecond() / 86_400).getYear() <= MAX_YEAR;
  }

  /** What a text must be to be read by {@link #parse}, for an error's detail. */
  public static String expectation() {
    return "must be a date and time with offset as in RFC 3339, such as 2026-01-31T12:00:00Z, of"
        + " the years "
        + MIN_YEAR
        + " to "
        + MAX_YEAR;
  }

  private static boolean punctuated(String text) {
    char t = text.charAt(10);
    return text.charAt(4) == '-'
        && text.charAt(7) == '-'
        && (t == 'T' || t == 't')
        && text.charAt(13) == ':'
        && text.charAt(16) == ':';
  }

  /**
   * Where the offset begins: after the seconds or their fraction; -1 if the text is no date-time.
   */
  private static int fractionEnd(String text) {
    if (text.length() <= FRACTION_AT) {
      return -1;
    }
    if (text.charAt(FRACTION_AT) != '.') {
      return FRACTION_AT;
    }
    int end = FRACTION_AT + 1;
    while (end < text.length() && isDigit(text.charAt(end))) {
      end++;
    }
    int count = end - FRACTION_AT - 1;
    return count == 0 || count > NANO_DIGITS || end == text.length() ? -1 : end;
  }

  private static int millisOf(String text, int offsetAt) {
    int millis = 0;
    for (int i = 1; i <= 3; i++) {
      int at = FRACTION_AT + i;
      millis = millis * 10 + (at < offsetAt ? text.charAt(at) - '0' : 0);
    }
    return millis;
  }

  /** The offset from UTC in minutes, or {@link Integer#MIN_VALUE} if that is no offset. */
  private static int offsetMinutes(String text, int at) {
    char sign = text.charAt(at);
    if (sign == 'Z' || sign == 'z') {
      return text.length() == at + 1 ? 0 : Integer.MIN_VALUE;
    }
    if ((sign != '+' && sign != '-')
        || text.length() != at + OFFSET_LENGTH
        || text.charAt(at + 3) != ':') {
      return Integer.MIN_VALUE;
    }
    int hours = digits(text, at + 1, 2);
    int minutes = digits(text, at + 4, 2);
    if (hours < 0 || hours > MAX_OFFSET_HOURS || minutes < 0 || minutes > 59) {
      return Integer.MIN_VALUE;
    }
    int total = hours * 60 + minutes;
    return sign == '-' ? -total : total;
  }

  /** The number that these digits write, or -1 if one of them is none. */
  private static int digits(String text, int at, int count) {
    int value = 0;
    for (int i = at; i < at + count; i++) {
      char c = text.charAt(i);
      if (!isDigit(c)) {
        return -1;
      }
      value = value * 10 + (c - '0');
    }
    return value;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
