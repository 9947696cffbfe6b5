package io.quotastack.engine.credits;

import io.quotastack.engine.ids.OwnedId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The hash that chains a ledger: SHA-256, in lower-case hex, over the canonical JSON (RFC 8785) of
 * the entry as the API shows it, without its {@code hash} member. {@code previous_hash} is one of
 * the members, and {@code id} and {@code customer_id} are too, so an entry proves its content, its
 * predecessor and its owner, and anybody can recompute it from what the API returns.
 */
public final class LedgerHash {
  /** What the first entry of a ledger has as its {@code previous_hash}. */
  public static final String GENESIS = "0".repeat(64);

  private static final DateTimeFormatter MILLIS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();
  private static final int TYPICAL_LENGTH = 700;

  private LedgerHash() {}

  /** The hash of this entry; its own {@code hash} member does not count. */
  public static String of(LedgerEntry entry, UUID customerId) {
    return of(canonical(entry, customerId));
  }

  /** The hash of a text in canonical form. */
  static String of(String canonical) {
    return HexFormat.of().formatHex(sha256().digest(canonical.getBytes(StandardCharsets.UTF_8)));
  }

  /** The text that is hashed: RFC 8785 JSON, members in the order of their names. */
  public static String canonical(LedgerEntry entry, UUID customerId) {
    var json = new StringBuilder(TYPICAL_LENGTH).append("{\"allocations\":[");
    String separator = "";
    for (Allocation allocation : entry.allocations()) {
      json.append(separator)
          .append("{\"amount\":")
          .append(allocation.amountMc())
          .append(",\"block_id\":\"")
          .append(OwnedId.Kind.BLOCK.text(customerId, allocation.block()))
          .append("\"}");
      separator = ",";
    }
    json.append("],\"balance_after\":").append(entry.balanceAfter());
    json.append(",\"created_at\":\"").append(instant(entry.createdAt()));
    json.append("\",\"customer_id\":\"").append(customerId);
    json.append("\",\"delta\":").append(entry.delta());
    json.append(",\"id\":\"").append(OwnedId.Kind.LEDGER_ENTRY.text(customerId, entry.number()));
    json.append("\",\"metadata\":");
    appendMap(json, entry.metadata());
    json.append(",\"overage_after\":").append(entry.overageAfter());
    json.append(",\"previous_hash\":\"").append(entry.previousHash());
    json.append("\",\"reason\":");
    appendString(json, entry.reason());
    json.append(",\"reference\":");
    Reference reference = entry.reference();
    if (reference == null) {
      json.append("null");
    } else {
      json.append("{\"id\":");
      appendString(json, reference.id());
      json.append(",\"type\":");
      appendString(json, reference.type());
      json.append('}');
    }
    json.append(",\"reserved_after\":").append(entry.reservedAfter());
    json.append(",\"sequence\":").append(entry.sequence());
    return json.append(",\"type\":\"").append(entry.type().wire()).append("\"}").toString();
  }

  /** An instant as the API and the canonical form write it: UTC with milliseconds. */
  public static String instant(Instant instant) {
    return MILLIS.format(instant);
  }

  private static void appendMap(StringBuilder json, Map<String, String> map) {
    json.append('{');
    String separator = "";
    // A TreeMap of strings sorts by UTF-16 code units, as RFC 8785 section 3.2.3 asks.
    for (Map.Entry<String, String> pair : new TreeMap<>(map).entrySet()) {
      json.append(separator);
      appendString(json, pair.getKey());
      json.append(':');
      appendString(json, pair.getValue());
      separator = ",";
    }
    json.append('}');
  }

  /**
   * RFC 8785 section 3.2.2.2: the short escapes, {@code \\u00xx} for other controls, else as is.
   */
  static void appendString(StringBuilder json, @Nullable String text) {
    if (text == null) {
      json.append("null");
      return;
    }
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\b' -> json.append("\\b");
        case '\t' -> json.append("\\t");
        case '\n' -> json.append("\\n");
        case '\f' -> json.append("\\f");
        case '\r' -> json.append("\\r");
        default -> {
          if (c < 0x20) {
            json.append("\\u00").append(HexFormat.of().toHexDigits((byte) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
