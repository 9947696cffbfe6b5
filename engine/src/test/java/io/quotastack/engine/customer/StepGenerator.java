package io.quotastack.engine.customer;

import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.customer.Step.Ask;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes the random sequence of a seed. Every sequence first draws its own temper (how often time
 * passes and how far, how large amounts are, how often keys come again), so that the sequences as a
 * whole reach corners that one even mixture would not.
 */
final class StepGenerator {
  private static final List<String> METRICS = List.of("tokens", "images", "calls_2");
  private static final long MAX_MC = 9_007_199_254_740_991L;
  private static final int MIN_STEPS = 4;
  private static final int MAX_STEPS = 30;

  private final SplittableRandom random;
  private final boolean backwards;
  private final boolean restarts;
  private final boolean oneOrder;
  private final BurnOrder order;
  private final long typicalMc;
  private final long typicalMillis;
  private final int timeWeight;
  private final int useWeight;
  private final int repeatPercent;
  private final int pendingPercent;
  private final int scopedPercent;
  private int keys;

  private StepGenerator(long seed, boolean backwards, boolean restarts) {
    this.random = new SplittableRandom(seed);
    this.backwards = backwards && random.nextInt(3) == 0;
    this.restarts = restarts;
    this.oneOrder = random.nextBoolean();
    this.order = pick(BurnOrder.values());
    this.typicalMc = pick(10L, 1_000L, 1_000_000L, MAX_MC / 3);
    this.typicalMillis = pick(5L, 60_000L, 3_600_000L, 86_400_000L, 20 * 86_400_000L);
    this.timeWeight = pick(1, 3, 8);
    this.useWeight = pick(2, 5, 10);
    this.repeatPercent = pick(0, 10, 40);
    this.pendingPercent = pick(0, 20, 70);
    this.scopedPercent = pick(0, 30, 80);
  }

  /** The sequence of that seed, with everything that can happen. */
  static List<Step> steps(long seed) {
    return new StepGenerator(seed, true, true).steps();
  }

  /** A sequence of requests and time alone, in which time never runs back. */
  static List<Step> requests(long seed) {
    return new StepGenerator(seed, false, false).steps();
  }

  private List<Step> steps() {
    int count = random.nextInt(MIN_STEPS, MAX_STEPS);
    var steps = new ArrayList<Step>(count);
    for (int i = 0; i < count; i++) {
      steps.add(step());
    }
    return steps;
  }

  private Step step() {
    int drawn = random.nextInt(timeWeight + 10 + (restarts ? 3 : 0));
    if (drawn < timeWeight) {
      return time();
    }
    if (drawn < timeWeight + 10) {
      var asks = new ArrayList<Ask>();
      int count = random.nextInt(4) == 0 ? random.nextInt(1, 7) : 1;
      for (int i = 0; i < count; i++) {
        asks.add(ask());
      }
      return new Step.Judge(asks);
    }
    return random.nextInt(3) == 0
        ? new Step.Restart(pick(Step.From.values()))
        : new Step.Look(Duration.ofMillis(random.nextLong(2 * typicalMillis)));
  }

  private Step time() {
    int drawn = random.nextInt(10);
    if (drawn < 5) {
      return new Step.Clock(Duration.ofMillis(random.nextLong(1, 2 * typicalMillis)));
    }
    if (drawn < 8) {
      return new Step.ClockToDue(Duration.ofMillis(pick(0L, 0L, -1L, 1L, typicalMillis)));
    }
    if (drawn == 8 && backwards) {
      return new Step.Clock(Duration.ofMillis(-random.nextLong(1, 3 * typicalMillis)));
    }
    return new Step.Clock(
        Duration.ofHours(24).plusMillis(random.nextLong(-1, 2)).multipliedBy(pick(1, 1, 7, 400)));
  }

  private Ask ask() {
    if (random.nextInt(100) < repeatPercent) {
      int back = random.nextInt(3) == 0 ? random.nextInt(20) : random.nextInt(3);
      return random.nextInt(4) == 0 ? new Ask.Reuse(back, fresh()) : new Ask.Retry(back);
    }
    return fresh();
  }

  private Ask fresh() {
    int drawn = random.nextInt(8 + useWeight);
    return switch (drawn) {
      case 0 -> new Ask.Create(keys++, random.nextBoolean());
      case 1 -> new Ask.Update(keys++, random.nextInt(8));
      case 2 -> new Ask.Settle();
      case 3, 4, 5, 6, 7 -> grant();
      default -> use();
    };
  }

  private Ask grant() {
    boolean ends = random.nextInt(10) < 7;
    boolean asInstant = random.nextBoolean();
    return new Ask.Grant(
        keys++,
        random.nextInt(10) < 8,
        amountMc(),
        pick(BlockSource.values()),
        random.nextInt(3) == 0 ? random.nextInt(256) : random.nextInt(3),
        random.nextInt(100) < pendingPercent ? lapse(1, 4) : random.nextInt(6) == 0 ? past() : null,
        ends && asInstant ? (random.nextInt(12) == 0 ? past() : lapse(0, 6)) : null,
        ends && !asInstant ? Math.max(1, lapse(0, 6).toSeconds()) : null,
        random.nextInt(100) < scopedPercent ? someMetrics() : null,
        pick(null, BigDecimal.ZERO, new BigDecimal("9.99")));
  }

  private Ask use() {
    return new Ask.Use(
        keys++,
        pick(METRICS),
        units(),
        price(),
        pick(Rounding.values()),
        oneOrder ? order : pick(BurnOrder.values()),
        switch (random.nextInt(12)) {
          case 0 -> Duration.ofDays(-30).minusMillis(random.nextLong(-1, 2));
          case 1 -> Duration.ofMinutes(5).plusMillis(random.nextLong(-1, 2));
          case 2 -> Duration.ofHours(-3);
          default -> null;
        });
  }

  private long amountMc() {
    return switch (random.nextInt(20)) {
      case 0 -> 1;
      case 1 -> MAX_MC;
      case 2 -> MAX_MC - random.nextLong(2 * typicalMc);
      case 3 -> Long.MAX_VALUE;
      default -> random.nextLong(1, 2 * typicalMc);
    };
  }

  private BigDecimal units() {
    return switch (random.nextInt(10)) {
      case 0 -> BigDecimal.ZERO;
      case 1 -> new BigDecimal("999999999999999.999999999");
      case 2 -> new BigDecimal("0.000000001");
      case 3 -> BigDecimal.ONE;
      case 4 -> new BigDecimal("2.50");
      default -> new BigDecimal(BigInteger.valueOf(random.nextLong(1, 100_000)), random.nextInt(4));
    };
  }

  private @Nullable Price price() {
    long rough = Math.max(1, typicalMc / random.nextLong(1, 2_000));
    BigDecimal cost =
        switch (random.nextInt(8)) {
          case 0 -> BigDecimal.ZERO;
          case 1 -> new BigDecimal("0.6");
          case 2 -> new BigDecimal("0.000000001");
          case 3 -> new BigDecimal("0.5");
          case 4 -> BigDecimal.valueOf(2 * rough + 1, 1);
          default -> BigDecimal.valueOf(random.nextLong(1, 2 * rough + 1), random.nextInt(3));
        };
    return random.nextInt(25) == 0
        ? null
        : switch (random.nextInt(8)) {
          case 0, 1 -> new Price.Flat(cost);
          case 2 -> new Price.PerPackage(BigDecimal.valueOf(random.nextInt(1, 40), 1), cost);
          case 3 -> new Price.Tiered(tiers(cost));
          case 4 -> new Price.Graduated(tiers(cost));
          default -> new Price.PerUnit(cost);
        };
  }

  private List<Tier> tiers(BigDecimal cost) {
    var tiers = new ArrayList<Tier>();
    BigDecimal upTo = BigDecimal.ZERO;
    for (int more = random.nextInt(3); more > 0; more--) {
      upTo = upTo.add(BigDecimal.valueOf(random.nextInt(1, 60), random.nextInt(2)));
      tiers.add(new Tier(upTo, cost, BigDecimal.valueOf(random.nextInt(5))));
    }
    BigDecimal lower = cost.divide(BigDecimal.TWO, cost.scale() + 1, RoundingMode.DOWN);
    tiers.add(new Tier(null, lower, BigDecimal.valueOf(random.nextInt(3))));
    return tiers;
  }

  private Set<String> someMetrics() {
    var some = new HashSet<String>();
    some.add(pick(METRICS));
    if (random.nextInt(3) == 0) {
      some.add(pick(METRICS));
    }
    return some;
  }

  private Duration lapse(int from, int to) {
    return Duration.ofMillis(random.nextLong(from, to * typicalMillis + from + 1));
  }

  private Duration past() {
    return Duration.ofMillis(-random.nextLong(3 * typicalMillis));
  }

  @SafeVarargs
  private <T extends @Nullable Object> T pick(T... from) {
    return from[random.nextInt(from.length)];
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
