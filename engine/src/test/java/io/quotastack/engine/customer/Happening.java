package io.quotastack.engine.customer;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An event in plain words: what the {@link ReferenceCustomer} expects to be written, and what
 * {@link EventWords} reads in what the engine has written.
 *
 * @param what the name of the event's type
 * @param key the idempotency key of the request that it answers; null = it answers none
 * @param webhook the number of its message; 0 = none
 * @param facts all else that it says, in a fixed order
 * @param entry the ledger entry that it is; null = none
 */
record Happening(
    long number,
    String what,
    Instant at,
    @Nullable String key,
    long webhook,
    List<@Nullable Object> facts,
    @Nullable Entry entry) {

  /** A ledger entry, without its hashes. */
  record Entry(
      long number,
      long sequence,
      String type,
      BigInteger delta,
      BigInteger balanceAfter,
      BigInteger reservedAfter,
      BigInteger overageAfter,
      List<String> allocations,
      @Nullable String referenceType,
      @Nullable String referenceId,
      @Nullable String reason,
      Map<String, String> metadata,
      Instant createdAt) {}

  static List<@Nullable Object> facts(@Nullable Object... facts) {
    var all = new ArrayList<@Nullable Object>(facts.length);
    for (Object fact : facts) {
      all.add(fact);
    }
    return all;
  }

  /** A decimal by its value, however many zeros it ends with. */
  static @Nullable BigDecimal plain(@Nullable BigDecimal decimal) {
    return decimal == null ? null : decimal.stripTrailingZeros();
  }
}
