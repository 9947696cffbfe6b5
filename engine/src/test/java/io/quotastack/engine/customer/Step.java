package io.quotastack.engine.customer;

import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One step of a random sequence. A step says what happens relative to where the run has come (in so
 * long, the third request again), so that a sequence still means something when steps are left out
 * of it to find the shortest one that fails.
 */
sealed interface Step {
  /** The wall clock is set forth, or back if negative. */
  record Clock(Duration by) implements Step {}

  /** The wall clock is set to the next instant at which something is due, and so much further. */
  record ClockToDue(Duration further) implements Step {}

  /** These requests are judged together, as one group commit. */
  record Judge(List<Ask> asks) implements Step {}

  /** Somebody looks, so much after now, without anything being stored. */
  record Look(Duration ahead) implements Step {}

  /** The actor starts anew from what is stored. */
  record Restart(From from) implements Step {}

  /** What an actor starts from. */
  enum From {
    /** All events, from the first one. */
    JOURNAL,
    /** All events as stored JSON, from the first one. */
    STORED_JOURNAL,
    /** A snapshot as stored JSON, taken just now. */
    SNAPSHOT,
    /** A snapshot as stored JSON that was taken at half the journal, and the events since. */
    OLD_SNAPSHOT
  }

  /** One request. {@code key} is the number of its idempotency key. */
  sealed interface Ask {
    record Create(int key, boolean named) implements Ask {}

    record Update(int key, int variant) implements Ask {}

    record Grant(
        int key,
        boolean creates,
        long creditsMc,
        BlockSource source,
        int priority,
        @Nullable Duration effectiveIn,
        @Nullable Duration expiresIn,
        @Nullable Long expiresAfterSeconds,
        @Nullable Set<String> metricKeys,
        @Nullable BigDecimal pricePaid)
        implements Ask {}

    record Use(
        int key,
        String metricKey,
        BigDecimal units,
        @Nullable Price price,
        Rounding rounding,
        BurnOrder burnOrder,
        @Nullable Duration usedIn)
        implements Ask {}

    /** The same request as so many requests before. */
    record Retry(int back) implements Ask {}

    /** Another request under the key of that of so many requests before. */
    record Reuse(int back, Ask other) implements Ask {}

    /** The alarm rings. */
    record Settle() implements Ask {}
  }
}
