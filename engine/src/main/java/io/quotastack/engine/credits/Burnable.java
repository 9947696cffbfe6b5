package io.quotastack.engine.credits;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What decides a block's place in the burn order: also a place in a list to go on from. */
public interface Burnable {
  /** The block's number within its customer; greater = younger. */
  long number();

  /** 0 to 255, lower burns earlier. */
  int priority();

  /** When it expires; null = never. */
  @Nullable Instant expiresAt();

  /** Whether the customer paid for it. */
  boolean paid();
}
