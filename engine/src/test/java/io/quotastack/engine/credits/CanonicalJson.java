package io.quotastack.engine.credits;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The canonical form of a ledger entry and its hash, made a second time: with a JSON library from
 * sorted maps, and ids through big numbers. What a client that verifies a ledger would write.
 */
public final class CanonicalJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE).build();

  private CanonicalJson() {}

  /** The text that is hashed. */
  public static String of(LedgerEntry entry, UUID customerId) {
    var json = new TreeMap<String, Object>();
    List<Object> allocations = new ArrayList<>();
    for (Allocation allocation : entry.allocations()) {
      var taken = new TreeMap<String, Object>();
      taken.put("block_id", id("blk_", customerId, allocation.block()));
      taken.put("amount", allocation.amountMc());
      allocations.add(taken);
    }
    json.put("id", id("led_", customerId, entry.number()));
    json.put("customer_id", customerId.toString());
    json.put("sequence", entry.sequence());
    json.put("type", entry.type().wire());
    json.put("delta", entry.delta());
    json.put("balance_after", entry.balanceAfter());
    json.put("reserved_after", entry.reservedAfter());
    json.put("overage_after", entry.overageAfter());
    json.put("allocations", allocations);
    Reference reference = entry.reference();
    var about = new TreeMap<String, Object>();
    if (reference != null) {
      about.put("type", reference.type());
      about.put("id", reference.id());
    }
    json.put("reference", reference == null ? MAPPER.nullNode() : about);
    String reason = entry.reason();
    json.put("reason", reason == null ? MAPPER.nullNode() : reason);
    json.put("metadata", new TreeMap<>(entry.metadata()));
    json.put("created_at", millis(entry.createdAt().toString()));
    json.put("previous_hash", entry.previousHash());
    try {
      return MAPPER.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The hash of that text. */
  public static String hash(LedgerEntry entry, UUID customerId) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(of(entry, customerId).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The id: 16 bytes of the customer and the number without leading zeros, five bits a letter. */
  public static String id(String prefix, UUID customerId, long number) {
    byte[] digits = BigInteger.valueOf(number).toByteArray();
    int sign = digits[0] == 0 && digits.length > 1 ? 1 : 0;
    ByteBuffer all =
        ByteBuffer.allocate(16 + digits.length - sign)
            .putLong(customerId.getMostSignificantBits())
            .putLong(customerId.getLeastSignificantBits())
            .put(digits, sign, digits.length - sign)
            .flip();
    var text = new StringBuilder(prefix);
    int bits = 0;
    int known = 0;
    while (known > 0 || all.hasRemaining()) {
      if (known < 5) {
        boolean more = all.hasRemaining();
        bits = more ? (bits << 8) | (all.get() & 255) : bits << (5 - known);
        known = more ? known + 8 : 5;
      }
      known -= 5;
      text.append("abcdefghijklmnopqrstuvwxyz234567".charAt((bits >> known) & 31));
    }
    return text.toString();
  }

  /** Java writes no, three, six or nine digits after the second; JSON here has three. */
  private static String millis(String instant) {
    return instant.contains(".")
        ? instant.substring(0, instant.indexOf('.') + 4) + "Z"
        : instant.replace("Z", ".000Z");
  }
}
