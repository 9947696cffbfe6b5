package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
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

  /** The wall clock is set to the end of the calendar month in that zone, and so much further. */
  record ClockToMonth(ZoneId zone, Duration further) implements Step {}

  /** These requests are judged together, as one group commit. */
  record Judge(List<Ask> asks) implements Step {}

  /** These commands are judged together: requests as another run has made them. */
  record Exact(List<CustomerCommand> commands) implements Step {}

  /** Somebody looks, so much after now, without anything being stored. */
  record Look(Duration ahead) implements Step {}

  /** Somebody asks whether that usage is allowed, and nothing is stored. */
  record Check(Ask.Use use) implements Step {}

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

  /**
   * What one version of a rule asks.
   *
   * @param effectiveIn from when on, from now
   */
  record Rate(
      @Nullable Price price,
      TierScope scope,
      List<Dimension> dimensions,
      Rounding rounding,
      Duration effectiveIn) {}

  /** One request. {@code key} is the number of its idempotency key. */
  sealed interface Ask {
    record Create(int key, boolean named, int variant, long amountMc) implements Ask {}

    record Update(int key, int variant, long amountMc) implements Ask {}

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

    record Adjust(int key, long deltaMc, BurnOrder burnOrder) implements Ask {}

    /** The block that was made so many blocks before the last one. */
    record VoidBlock(int key, int back) implements Ask {}

    record Use(
        int key,
        String metricKey,
        BigDecimal units,
        List<Rate> rates,
        AccountPolicy policy,
        @Nullable Duration usedIn,
        Map<String, String> properties)
        implements Ask {}

    /** The usage that was recorded so many usages before the last one. */
    record Reverse(int key, int back, @Nullable Long creditsMc) implements Ask {}

    /** Units of a metric, or credits if there is no metric. */
    record Reserve(
        int key,
        @Nullable String metricKey,
        BigDecimal units,
        long creditsMc,
        List<Rate> rates,
        AccountPolicy policy,
        long ttlSeconds,
        Map<String, String> properties)
        implements Ask {}

    /** The reservation that was made so many reservations before the last one. */
    record Commit(
        int key,
        int back,
        @Nullable BigDecimal units,
        @Nullable Long creditsMc,
        boolean last,
        AccountPolicy policy)
        implements Ask {}

    record Release(int key, int back, @Nullable String note) implements Ask {}

    record Extend(int key, int back, long ttlSeconds) implements Ask {}

    /**
     * A topup.
     *
     * @param payment the number of the payment; null = not told
     */
    record Topup(
        int key,
        boolean creates,
        @Nullable Integer payment,
        @Nullable String packageKey,
        long creditsMc,
        long bonusMc,
        int priority,
        @Nullable BigDecimal pricePaid,
        @Nullable Duration expiresIn,
        @Nullable Long expiresAfterSeconds,
        @Nullable Set<String> metricKeys)
        implements Ask {}

    record SetAutoTopup(AutoTopup.Settings settings) implements Ask {}

    record RemoveAutoTopup(int key) implements Ask {}

    record RefuseTopup(int key) implements Ask {}

    /** The same request as so many requests before. */
    record Retry(int back) implements Ask {}

    /** Another request under the key of that of so many requests before. */
    record Reuse(int back, Ask other) implements Ask {}

    /** The alarm rings. */
    record Settle() implements Ask {}
  }
}
