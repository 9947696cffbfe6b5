package io.quotastack.engine.ids;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The id of a thing that belongs to a customer. It carries its customer and the number of the
 * journal event that made the thing, so that any node routes it without a look-up and reads it with
 * one row (semantics 1). It does not carry the tenant: that comes from the API key alone.
 *
 * @param kind what the thing is
 * @param customerId the owner
 * @param number the sequence number, in the owner's journal, of the event that made it; above 0
 */
public record OwnedId(Kind kind, UUID customerId, long number) {
  private static final int UUID_BYTES = 16;

  /** Asserts that the number can be one of a journal event. */
  public OwnedId {
    if (number < 1) {
      throw new IllegalArgumentException("numbers begin at 1, got " + number);
    }
  }

  /** The kinds of owned things and the prefixes of their ids. */
  public enum Kind {
    BLOCK("blk_"),
    LEDGER_ENTRY("led_"),
    USAGE_EVENT("use_"),
    RESERVATION("res_"),
    TOPUP("top_");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }

    /** The text of the id of the thing that this event of this customer made. */
    public String text(UUID customerId, long number) {
      return new OwnedId(this, customerId, number).text();
    }

    /** The id that this text is, or null if it is none of this kind. */
    public @Nullable OwnedId parse(String text) {
      if (!text.startsWith(prefix)) {
        return null;
      }
      byte[] bytes = Base32.decode(text.substring(prefix.length()));
      if (bytes == null
          || bytes.length <= UUID_BYTES
          || bytes.length > UUID_BYTES + Long.BYTES
          || bytes[UUID_BYTES] == 0) {
        return null;
      }
      var buffer = ByteBuffer.wrap(bytes);
      var customerId = new UUID(buffer.getLong(), buffer.getLong());
      long number = 0;
      while (buffer.hasRemaining()) {
        number = (number << Byte.SIZE) | (buffer.get() & 0xff);
      }
      return number < 1 ? null : new OwnedId(this, customerId, number);
    }
  }

  /** The id as text: the prefix, then customer and number in base 32. */
  public String text() {
    int numberBytes = (Long.SIZE - Long.numberOfLeadingZeros(number) + 7) / Byte.SIZE;
    var buffer =
        ByteBuffer.allocate(UUID_BYTES + Long.BYTES)
            .putLong(customerId.getMostSignificantBits())
            .putLong(customerId.getLeastSignificantBits());
    for (int i = numberBytes - 1; i >= 0; i--) {
      buffer.put((byte) (number >>> (i * Byte.SIZE)));
    }
    return kind.prefix + Base32.encode(Arrays.copyOf(buffer.array(), buffer.position()));
  }
}
