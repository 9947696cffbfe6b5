package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.customer.Step.Ask;
import io.quotastack.engine.customer.Step.Rate;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes the random sequence of a seed. Every sequence first draws its own temper (how often time
 * passes and how far, how large amounts are, how often keys come again, what it is mostly about),
 * so that the sequences as a whole reach corners that one even mixture would not.
 */
final class StepGenerator {
  private static final List<String> METRICS = CustomerCheck.METRICS;
  private static final long MAX_MC = 9_007_199_254_740_991L;
  private static final int MIN_STEPS = 4;
  private static final int MAX_STEPS = 40;

  /** Some that are far from UTC, change their clocks, and are off by less than an hour. */
  private static final List<ZoneId> ZONES =
      List.of(
          ZoneId.of("UTC"),
          ZoneId.of("Europe/Berlin"),
          ZoneId.of("America/Los_Angeles"),
          ZoneId.of("Pacific/Kiritimati"),
          ZoneId.of("Asia/Kathmandu"));

  private final SplittableRandom random;
  private final boolean backwards;
  private final boolean restarts;
  private final long typicalMc;
  private final long typicalMillis;
  private final int timeWeight;
  private final int grantWeight;
  private final int useWeight;
  private final int holdWeight;
  private final int correctionWeight;
  private final int topupWeight;
  private final int repeatPercent;
  private final int pendingPercent;
  private final int scopedPercent;
  private final int periodPercent;
  private final int extremePercent;
  private final AccountPolicy policy;
  private final int otherPolicyPercent;
  private final List<Ask.Topup> topups = new ArrayList<>();
  private int keys;

  private StepGenerator(long seed, boolean backwards, boolean restarts, boolean everyday) {
    this.random = new SplittableRandom(seed);
    this.backwards = backwards && random.nextInt(3) == 0;
    this.restarts = restarts;
    this.typicalMc = everyday ? pick(30L, 1_000L) : pick(10L, 1_000L, 1_000_000L, MAX_MC / 3);
    this.typicalMillis =
        everyday
            ? pick(60_000L, 3_600_000L, 86_400_000L, 20 * 86_400_000L)
            : pick(5L, 60_000L, 3_600_000L, 86_400_000L, 20 * 86_400_000L);
    this.timeWeight = pick(1, 3, 8);
    this.grantWeight = pick(2, 5);
    this.useWeight = pick(2, 5, 10);
    this.holdWeight = pick(0, 4, 12);
    this.correctionWeight = pick(0, 2, 6);
    this.topupWeight = pick(0, 1, 4);
    this.repeatPercent = pick(0, 10, 40);
    this.pendingPercent = pick(0, 20, 70);
    this.scopedPercent = pick(0, 30, 80);
    this.periodPercent = pick(0, 30, 90);
    this.extremePercent = everyday ? pick(0, 2) : 20;
    this.policy = somePolicy();
    this.otherPolicyPercent = pick(0, 10, 50);
  }

  /** The sequence of that seed, with everything that can happen. */
  static List<Step> steps(long seed) {
    return new StepGenerator(seed, true, true, false).steps();
  }

  /** A sequence of requests and time alone, in which time never runs back. */
  static List<Step> requests(long seed) {
    return new StepGenerator(seed, false, false, false).steps();
  }

  /** Asks without end, of a customer whose days are more common than those of the sequences. */
  static StepGenerator everyday(long seed) {
    return new StepGenerator(seed, false, false, true);
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
    return switch (random.nextInt(4)) {
      case 0 -> new Step.Restart(pick(Step.From.values()));
      case 1 -> new Step.Check(use());
      default -> new Step.Look(Duration.ofMillis(random.nextLong(2 * typicalMillis)));
    };
  }

  private Step time() {
    int drawn = random.nextInt(12);
    if (drawn < 5) {
      return new Step.Clock(Duration.ofMillis(random.nextLong(1, 2 * typicalMillis)));
    }
    if (drawn < 9) {
      return new Step.ClockToDue(Duration.ofMillis(pick(0L, 0L, -1L, 1L, typicalMillis)));
    }
    if (drawn == 9 && backwards) {
      return new Step.Clock(Duration.ofMillis(-random.nextLong(1, 3 * typicalMillis)));
    }
    if (drawn == 10) {
      return new Step.ClockToMonth(pick(ZONES), Duration.ofMillis(pick(0L, -1L, 1L)));
    }
    return new Step.Clock(
        Duration.ofHours(24).plusMillis(random.nextLong(-1, 2)).multipliedBy(pick(1, 1, 7, 400)));
  }

  /** The next request. */
  Ask ask() {
    if (random.nextInt(100) < repeatPercent) {
      int back = random.nextInt(3) == 0 ? random.nextInt(20) : random.nextInt(3);
      return random.nextInt(4) == 0 ? new Ask.Reuse(back, fresh()) : new Ask.Retry(back);
    }
    return fresh();
  }

  private Ask fresh() {
    int drawn =
        random.nextInt(3 + grantWeight + useWeight + holdWeight + correctionWeight + topupWeight);
    switch (drawn) {
      case 0 -> {
        return new Ask.Create(keys++, random.nextBoolean(), random.nextInt(60), creditsMc());
      }
      case 1 -> {
        return new Ask.Update(keys++, random.nextInt(840), random.nextLong(2 * typicalMc));
      }
      case 2 -> {
        return new Ask.Settle();
      }
      default -> drawn -= 3;
    }
    if (drawn < grantWeight) {
      return grant();
    }
    drawn -= grantWeight;
    if (drawn < useWeight) {
      return use();
    }
    drawn -= useWeight;
    if (drawn < holdWeight) {
      return hold();
    }
    return drawn - holdWeight < correctionWeight ? correction() : topup();
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

  private Ask.Use use() {
    String metric = pick(METRICS);
    return new Ask.Use(
        keys++,
        metric,
        units(),
        rates(),
        policy(),
        switch (random.nextInt(12)) {
          case 0 -> Duration.ofDays(-30).minusMillis(random.nextLong(-1, 2));
          case 1 -> Duration.ofMinutes(5).plusMillis(random.nextLong(-1, 2));
          case 2 -> Duration.ofHours(-3);
          default -> null;
        },
        properties());
  }

  private Ask hold() {
    return switch (random.nextInt(10)) {
      case 0, 1, 2, 3 ->
          new Ask.Reserve(
              keys++,
              random.nextInt(3) == 0 ? null : pick(METRICS),
              units().max(new BigDecimal("0.000000001")),
              creditsMc(),
              rates(),
              policy(),
              ttlSeconds(),
              properties());
      case 4, 5, 6, 7 -> commit();
      case 8 -> new Ask.Release(keys++, back(), pick(null, "not needed"));
      default -> new Ask.Extend(keys++, back(), ttlSeconds());
    };
  }

  private Ask commit() {
    int by = random.nextInt(4);
    return new Ask.Commit(
        keys++,
        back(),
        by < 2 ? units() : null,
        by == 2 ? creditsMc() : null,
        random.nextInt(5) > 1,
        policy());
  }

  private Ask correction() {
    return switch (random.nextInt(6)) {
      case 0 -> new Ask.Adjust(keys++, creditsMc(), pick(BurnOrder.values()));
      case 1 -> new Ask.Adjust(keys++, -creditsMc(), pick(BurnOrder.values()));
      case 2 -> new Ask.VoidBlock(keys++, back());
      default ->
          new Ask.Reverse(
              keys++,
              back(),
              random.nextInt(3) == 0 ? null : random.nextLong(1, Math.max(2, typicalMc)));
    };
  }

  private Ask topup() {
    return switch (random.nextInt(9)) {
      case 0, 1 ->
          new Ask.SetAutoTopup(
              new AutoTopup.Settings(
                  random.nextLong(1, 2 * typicalMc),
                  random.nextBoolean() ? "small" : null,
                  random.nextBoolean() ? typicalMc : null,
                  random.nextInt(1, 4),
                  Math.max(1, random.nextLong(4 * typicalMillis / 1_000 + 1))));
      case 2 -> random.nextInt(3) == 0 ? new Ask.RemoveAutoTopup(keys++) : new Ask.Settle();
      case 3 -> new Ask.RefuseTopup(keys++);
      default -> payment();
    };
  }

  /** Often one that was told before, with the same terms or with others. */
  private Ask payment() {
    boolean again = !topups.isEmpty() && random.nextInt(3) == 0;
    Ask.Topup topup = again ? topups.get(random.nextInt(topups.size())) : newPayment();
    long credits = again && random.nextInt(4) == 0 ? amountMc() : topup.creditsMc();
    topups.add(topup);
    return new Ask.Topup(
        keys++,
        topup.creates(),
        topup.payment(),
        topup.packageKey(),
        credits,
        topup.bonusMc(),
        topup.priority(),
        topup.pricePaid(),
        topup.expiresIn(),
        topup.expiresAfterSeconds(),
        topup.metricKeys());
  }

  private Ask.Topup newPayment() {
    boolean ends = random.nextInt(4) == 0;
    boolean asInstant = random.nextBoolean();
    return new Ask.Topup(
        0,
        random.nextInt(10) < 8,
        random.nextInt(5) == 0 ? null : topups.size(),
        pick(null, "small"),
        amountMc(),
        random.nextInt(3) == 0 ? amountMc() : 0,
        random.nextInt(4),
        pick(null, BigDecimal.ZERO, new BigDecimal("4.99")),
        ends && asInstant ? (random.nextInt(6) == 0 ? past() : lapse(0, 6)) : null,
        ends && !asInstant ? Math.max(1, lapse(0, 6).toSeconds()) : null,
        random.nextInt(300) < scopedPercent ? someMetrics() : null);
  }

  private AccountPolicy policy() {
    return random.nextInt(100) < otherPolicyPercent ? somePolicy() : policy;
  }

  private AccountPolicy somePolicy() {
    return new AccountPolicy(
        pick(BurnOrder.values()),
        pick(OveragePolicy.BLOCK, OveragePolicy.BLOCK, OveragePolicy.ALLOW, OveragePolicy.NOTIFY),
        pick(null, 0L, typicalMc, 10 * typicalMc),
        pick(OverageSettlement.values()),
        pick(ZONES));
  }

  /** How far back in the list of what there is: mostly the last. */
  private int back() {
    return random.nextInt(3) == 0 ? random.nextInt(6) : random.nextInt(2);
  }

  private long ttlSeconds() {
    return random.nextInt(3) == 0
        ? pick(1L, 300L)
        : 1 + random.nextLong(2 * typicalMillis / 1_000 + 2);
  }

  /** No more than the HTTP door lets in where no sum would show that it is too much. */
  private long creditsMc() {
    return Math.min(amountMc(), MAX_MC);
  }

  private long amountMc() {
    if (random.nextInt(100) >= extremePercent) {
      return random.nextLong(1, 2 * typicalMc);
    }
    return switch (random.nextInt(4)) {
      case 0 -> 1;
      case 1 -> MAX_MC;
      case 2 -> MAX_MC - random.nextLong(2 * typicalMc);
      default -> random.nextInt(4) == 0 ? MAX_MC + 1 : random.nextLong(1, 2 * typicalMc);
    };
  }

  private BigDecimal units() {
    if (random.nextInt(100) < extremePercent && random.nextInt(3) == 0) {
      return pick(new BigDecimal("999999999999999.999999999"), new BigDecimal("0.000000001"));
    }
    return switch (random.nextInt(10)) {
      case 0 -> BigDecimal.ZERO;
      case 1, 2 -> BigDecimal.ONE;
      case 3 -> new BigDecimal("2.50");
      case 4, 5, 6 -> BigDecimal.valueOf(random.nextInt(1, 20));
      default -> new BigDecimal(BigInteger.valueOf(random.nextLong(1, 100_000)), random.nextInt(4));
    };
  }

  private static final Map<String, String> LARGE = Map.of("model", "large");

  private Map<String, String> properties() {
    return switch (random.nextInt(4)) {
      case 0 -> Map.of();
      case 1 -> LARGE;
      case 2 -> Map.of("model", "large", "direction", "output");
      default -> Map.of("model", "small");
    };
  }

  /** Mostly one rule; at times none, or others that take effect just now, or only soon. */
  private List<Rate> rates() {
    int count =
        switch (random.nextInt(25)) {
          case 0 -> 0;
          case 1, 2, 3 -> 2;
          case 4 -> 3;
          default -> 1;
        };
    var rates = new ArrayList<Rate>(count);
    for (int i = 0; i < count; i++) {
      rates.add(rate(Duration.ofMillis(i == 0 ? -random.nextLong(1, 4) : random.nextLong(-2, 3))));
    }
    return rates;
  }

  private Rate rate(Duration effectiveIn) {
    boolean period = random.nextInt(100) < periodPercent;
    var dimensions = new ArrayList<Dimension>();
    if (random.nextInt(4) == 0) {
      dimensions.add(new Dimension(Map.of("model", "large", "direction", "output"), price(period)));
      if (random.nextBoolean()) {
        dimensions.add(new Dimension(LARGE, price(period)));
      }
    }
    boolean priced = dimensions.isEmpty() || random.nextInt(3) > 0;
    return new Rate(
        priced ? price(period) : null,
        period ? TierScope.PERIOD : TierScope.EVENT,
        dimensions,
        pick(Rounding.values()),
        effectiveIn);
  }

  /** Mostly tiers, where they run over a period. */
  private Price price(boolean period) {
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
    return switch (period ? random.nextInt(1, 6) : random.nextInt(8)) {
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
