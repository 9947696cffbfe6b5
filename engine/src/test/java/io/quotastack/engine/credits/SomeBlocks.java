package io.quotastack.engine.credits;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Blocks for tests, of which only what a test is about is told. */
final class SomeBlocks {
  static final Instant GRANTED = Instant.parse("2026-01-01T00:00:00Z");
  static final long AMOUNT_MC = 1_000;

  private SomeBlocks() {}

  static BlockTerms terms(long number, int priority, @Nullable Instant expiresAt, boolean paid) {
    return terms(
        number, priority, expiresAt, paid ? new BigDecimal("0.01") : BigDecimal.ZERO, null);
  }

  static BlockTerms terms(
      long number,
      int priority,
      @Nullable Instant expiresAt,
      @Nullable BigDecimal pricePaid,
      @Nullable Set<String> metricKeys) {
    return new BlockTerms(
        number,
        AMOUNT_MC,
        priority,
        GRANTED,
        expiresAt,
        BlockSource.PROMOTIONAL,
        pricePaid,
        null,
        metricKeys,
        null,
        Map.of(),
        GRANTED);
  }

  static BlockTerms effectiveAt(BlockTerms terms, Instant effectiveAt) {
    return new BlockTerms(
        terms.number(),
        terms.originalAmountMc(),
        terms.priority(),
        effectiveAt,
        terms.expiresAt(),
        terms.source(),
        terms.pricePaid(),
        terms.currency(),
        terms.metricKeys(),
        terms.reason(),
        terms.metadata(),
        terms.createdAt());
  }

  /** An active block with that much left of {@link #AMOUNT_MC}. */
  static Block active(BlockTerms terms, long remainingMc) {
    return new Block(terms, remainingMc, 0, true);
  }

  /** A block that has not taken effect. */
  static Block pending(BlockTerms terms) {
    return new Block(terms, terms.originalAmountMc(), 0, false);
  }
}
