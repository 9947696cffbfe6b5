package io.quotastack.engine.idempotency;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An {@link IdempotencyWindow} as it is stored. In JSON it is one text in base 64, which is written
 * and read in pieces: of a million keys it has 53 MB, and no second copy of it is made as a string.
 */
public final class StoredKeys {
  /** Not to be changed: it is not copied. */
  private final byte[] bytes;

  private StoredKeys(byte[] bytes) {
    this.bytes = bytes;
  }

  /** What was stored as that. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static StoredKeys ofBytes(byte[] bytes) {
    return new StoredKeys(bytes);
  }

  /** All keys that this window remembers. */
  public static StoredKeys of(IdempotencyWindow window) {
    return new StoredKeys(window.toBytes());
  }

  /** As the JSON has it, in base 64. */
  @JsonValue
  public byte[] bytes() {
    return bytes;
  }

  /** The keys as a window that forgets. */
  public IdempotencyWindow window() {
    return IdempotencyWindow.ofBytes(bytes);
  }

  /** The keys as a window that does not. */
  public IdempotencyWindow endlessWindow() {
    return IdempotencyWindow.endlessOfBytes(bytes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StoredKeys keys && Arrays.equals(bytes, keys.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "StoredKeys[" + bytes.length + " bytes]";
  }
}
