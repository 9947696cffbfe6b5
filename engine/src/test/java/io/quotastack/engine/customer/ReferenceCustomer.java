package io.quotastack.engine.customer;

import io.quotastack.engine.changes.NewText;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.customer.CustomerCommand.CreateCustomer;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.Keyed;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.customer.CustomerCommand.SettleDue;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Tier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a customer must do, written a second time in the most naive way: mutable, plain lists, exact
 * big numbers, everything sorted and scanned anew at every step. Of the engine it knows only the
 * records that carry a command's fields; it calls none of its rules.
 */
final class ReferenceCustomer {
  private static final BigInteger MAX = new BigInteger("9007199254740991");
  private static final Duration KEY_KEPT = Duration.ofHours(24);
  private static final Instant YEAR_10000 = Instant.parse("9999-12-31T23:59:59.999Z");

  /** A deposit; stays in the list when nothing is left of it. */
  static final class Deposit {
    final long number;
    final BigInteger original;
    final int priority;
    final Instant effectiveAt;
    final @Nullable Instant expiresAt;
    final boolean paid;
    final @Nullable Set<String> metricKeys;
    final Map<String, String> metadata;
    BigInteger remaining;
    boolean active;

    Deposit(
        long number,
        GrantCredits terms,
        Instant effectiveAt,
        @Nullable Instant expiresAt,
        boolean active) {
      this.number = number;
      this.original = BigInteger.valueOf(terms.creditsMc());
      this.priority = terms.priority();
      this.effectiveAt = effectiveAt;
      this.expiresAt = expiresAt;
      this.paid = terms.pricePaid() != null && terms.pricePaid().signum() > 0;
      this.metricKeys = terms.metricKeys();
      this.metadata = terms.metadata();
      this.remaining = original;
      this.active = active;
    }

    private Deposit(Deposit other) {
      this.number = other.number;
      this.original = other.original;
      this.priority = other.priority;
      this.effectiveAt = other.effectiveAt;
      this.expiresAt = other.expiresAt;
      this.paid = other.paid;
      this.metricKeys = other.metricKeys;
      this.metadata = other.metadata;
      this.remaining = other.remaining;
      this.active = other.active;
    }

    boolean live() {
      return remaining.signum() > 0;
    }

    boolean paysFor(String metricKey) {
      return metricKeys == null || metricKeys.contains(metricKey);
    }
  }

  /** A ledger entry, without what only the engine's encoding gives it. */
  record Entry(
      long number,
      long sequence,
      String type,
      BigInteger delta,
      BigInteger balanceAfter,
      List<String> allocations,
      String referenceType,
      long referenceNumber,
      @Nullable String reason,
      Map<String, String> metadata,
      Instant createdAt) {}

  private record UsedKey(String key, long fingerprint, long sequence, Instant at) {}

  private record Change(Instant at, boolean begins, Deposit deposit) {}

  final List<Deposit> deposits = new ArrayList<>();
  final List<Entry> ledger = new ArrayList<>();
  private final List<UsedKey> usedKeys = new ArrayList<>();

  /** How many events the journal must have. */
  long version;

  long webhooks;
  Instant lastAt = Instant.EPOCH;
  BigInteger granted = BigInteger.ZERO;
  BigInteger consumed = BigInteger.ZERO;

  /**
   * External id, display name, email, time zone, metadata, created, updated; null = no customer.
   */
  @Nullable List<@Nullable Object> profile;

  ReferenceCustomer() {}

  /** The same customer, to be asked "what if". */
  ReferenceCustomer copy() {
    var copy = new ReferenceCustomer();
    deposits.forEach(deposit -> copy.deposits.add(new Deposit(deposit)));
    copy.ledger.addAll(ledger);
    copy.usedKeys.addAll(usedKeys);
    copy.version = version;
    copy.webhooks = webhooks;
    copy.lastAt = lastAt;
    copy.granted = granted;
    copy.consumed = consumed;
    copy.profile = profile;
    return copy;
  }

  BigInteger balance() {
    BigInteger sum = BigInteger.ZERO;
    for (Deposit deposit : deposits) {
      if (deposit.active) {
        sum = sum.add(deposit.remaining);
      }
    }
    return sum;
  }

  BigInteger pending() {
    BigInteger sum = BigInteger.ZERO;
    for (Deposit deposit : deposits) {
      if (!deposit.active) {
        sum = sum.add(deposit.remaining);
      }
    }
    return sum;
  }

  BigInteger available(String metricKey) {
    BigInteger sum = BigInteger.ZERO;
    for (Deposit deposit : deposits) {
      if (deposit.active && deposit.paysFor(metricKey)) {
        sum = sum.add(deposit.remaining);
      }
    }
    return sum;
  }

  /** The live blocks that may pay, first to burn first. */
  List<Deposit> burning(BurnOrder order, String metricKey) {
    var burning = new ArrayList<Deposit>();
    for (Deposit deposit : deposits) {
      if (deposit.active && deposit.live() && deposit.paysFor(metricKey)) {
        burning.add(deposit);
      }
    }
    burning.sort((left, right) -> burnsBefore(order, left, right) ? -1 : 1);
    return burning;
  }

  /** All live blocks, pending ones too, first to burn first. */
  List<Deposit> live(BurnOrder order) {
    var live = new ArrayList<Deposit>();
    for (Deposit deposit : deposits) {
      if (deposit.live()) {
        live.add(deposit);
      }
    }
    live.sort((left, right) -> burnsBefore(order, left, right) ? -1 : 1);
    return live;
  }

  private static boolean burnsBefore(BurnOrder order, Deposit left, Deposit right) {
    if (order == BurnOrder.PRIORITY_FIRST && left.priority != right.priority) {
      return left.priority < right.priority;
    }
    long leftExpiry = left.expiresAt == null ? Long.MAX_VALUE : left.expiresAt.toEpochMilli();
    long rightExpiry = right.expiresAt == null ? Long.MAX_VALUE : right.expiresAt.toEpochMilli();
    if (leftExpiry != rightExpiry) {
      return leftExpiry < rightExpiry;
    }
    if (left.priority != right.priority) {
      return left.priority < right.priority;
    }
    if (left.paid != right.paid) {
      return right.paid;
    }
    return left.number < right.number;
  }

  Instant now(Instant wall) {
    return wall.compareTo(lastAt) > 0 ? wall : lastAt;
  }

  /** The next instant at which time alone changes something; null = never. */
  @Nullable Instant nextChange() {
    Change next = next(Instant.MAX);
    return next == null ? null : next.at;
  }

  private @Nullable Change next(Instant until) {
    Change first = null;
    for (Deposit deposit : deposits) {
      if (deposit.live() && !deposit.active) {
        first = earlier(first, new Change(deposit.effectiveAt, true, deposit));
      }
      if (deposit.live() && deposit.expiresAt != null) {
        first = earlier(first, new Change(deposit.expiresAt, false, deposit));
      }
    }
    return first == null || first.at.isAfter(until) ? null : first;
  }

  private static Change earlier(@Nullable Change left, Change right) {
    if (left == null) {
      return right;
    }
    if (!left.at.equals(right.at)) {
      return left.at.isBefore(right.at) ? left : right;
    }
    if (left.begins != right.begins) {
      return left.begins ? right : left;
    }
    return left.deposit.number < right.deposit.number ? left : right;
  }

  /** Lets time do all that it has to do by then. */
  void settle(Instant wall) {
    Instant now = now(wall);
    for (Change change = next(now); change != null; change = next(now)) {
      Deposit deposit = change.deposit;
      version++;
      lastAt = change.at;
      BigInteger amount = deposit.remaining;
      if (change.begins) {
        deposit.active = true;
        granted = granted.add(amount);
        enter("grant", amount, List.of(moved(deposit, amount)), "block", deposit.number)
            .with("effective", deposit.metadata);
      } else {
        deposit.remaining = BigInteger.ZERO;
        webhooks++;
        enter("expire", amount.negate(), List.of(moved(deposit, amount)), "block", deposit.number)
            .with("expired", Map.of());
      }
    }
  }

  /** Judges a command and tells its outcome in words. */
  String judge(CustomerCommand command, Instant wall) {
    settle(wall);
    if (command instanceof SettleDue) {
      return "settled";
    }
    Keyed keyed = (Keyed) command;
    Instant now = now(wall);
    UsedKey used = null;
    for (UsedKey candidate : usedKeys) {
      if (candidate.key.equals(keyed.request().key())
          && Duration.between(candidate.at, now).compareTo(KEY_KEPT) <= 0) {
        used = candidate;
      }
    }
    if (used != null) {
      return used.fingerprint == keyed.request().fingerprint()
          ? "replayed " + used.sequence
          : "refused: key reused";
    }
    String outcome =
        switch (keyed) {
          case CreateCustomer create -> create(create, now);
          case UpdateCustomer update -> update(update, now);
          case GrantCredits grant -> grant(grant, now);
          case RecordUsage usage -> use(usage, now);
          default -> throw new AssertionError("not asked for: " + keyed);
        };
    if (outcome.startsWith("done")) {
      lastAt = now;
      usedKeys.add(new UsedKey(keyed.request().key(), keyed.request().fingerprint(), version, now));
    }
    return outcome;
  }

  private String create(CreateCustomer create, Instant now) {
    if (profile != null) {
      return "refused: customer exists as " + profile + " " + version;
    }
    version++;
    webhooks++;
    profile =
        profile(
            create.externalId(),
            create.displayName(),
            create.email(),
            create.timeZone(),
            create.metadata(),
            now,
            now);
    return "done " + version;
  }

  private String update(UpdateCustomer update, Instant now) {
    List<@Nullable Object> old = profile;
    if (old == null) {
      return "refused: customer not found";
    }
    version++;
    profile =
        profile(
            old.get(0),
            changed(update.displayName(), old.get(1)),
            changed(update.email(), old.get(2)),
            changed(update.timeZone(), old.get(3)),
            update.metadata() == null ? old.get(4) : update.metadata(),
            old.get(5),
            now);
    return "done " + version;
  }

  private static @Nullable Object changed(@Nullable NewText change, @Nullable Object old) {
    return change == null ? old : change.value();
  }

  private static List<@Nullable Object> profile(@Nullable Object... fields) {
    var profile = new ArrayList<@Nullable Object>();
    for (Object field : fields) {
      profile.add(field);
    }
    return profile;
  }

  private String grant(GrantCredits grant, Instant now) {
    if (profile == null && grant.createAs() == null) {
      return "refused: customer not found";
    }
    Instant effectiveAt = grant.effectiveAt() == null ? now : grant.effectiveAt();
    Instant expiresAt = grant.expiresAt();
    String pointer = "/expires_at";
    if (grant.expiresAfterSeconds() != null) {
      expiresAt = effectiveAt.plusSeconds(grant.expiresAfterSeconds());
      pointer = "/expires_after_seconds";
    }
    if (expiresAt != null
        && (expiresAt.compareTo(now) <= 0
            || expiresAt.compareTo(effectiveAt) <= 0
            || expiresAt.compareTo(YEAR_10000) > 0)) {
      return "refused: field " + pointer;
    }
    BigInteger credits = BigInteger.valueOf(grant.creditsMc());
    if (granted.add(pending()).add(credits).compareTo(MAX) > 0) {
      return "refused: out of range";
    }
    if (profile == null) {
      version++;
      webhooks++;
      profile = profile(grant.createAs(), null, null, null, Map.of(), now, now);
    }
    version++;
    webhooks++;
    lastAt = now;
    boolean active = effectiveAt.compareTo(now) <= 0;
    var deposit = new Deposit(version, grant, effectiveAt, expiresAt, active);
    deposits.add(deposit);
    if (active) {
      granted = granted.add(credits);
    }
    enter(
            "grant",
            active ? credits : BigInteger.ZERO,
            List.of(moved(deposit, credits)),
            "block",
            deposit.number)
        .with(grant.reason(), grant.metadata());
    return "done " + version;
  }

  private String use(RecordUsage usage, Instant now) {
    if (profile == null) {
      return "refused: customer not found";
    }
    MeteringRule rule = usage.pricing().at(now);
    if (rule == null) {
      return "refused: no rule for " + usage.metricKey();
    }
    Instant timestamp = usage.timestamp() == null ? now : usage.timestamp();
    if (timestamp.compareTo(now.minus(Duration.ofDays(30))) < 0
        || timestamp.compareTo(now.plus(Duration.ofMinutes(5))) > 0) {
      return "refused: timestamp";
    }
    BigInteger cost = cost(rule, usage.units());
    if (cost.compareTo(MAX) > 0) {
      return "refused: out of range";
    }
    if (available(usage.metricKey()).compareTo(cost) < 0) {
      return "refused: insufficient " + cost + " of " + available(usage.metricKey());
    }
    var taken = new ArrayList<String>();
    BigInteger missing = cost;
    for (Deposit deposit : burning(usage.policy().burnOrder(), usage.metricKey())) {
      if (missing.signum() == 0) {
        break;
      }
      BigInteger amount = missing.min(deposit.remaining);
      deposit.remaining = deposit.remaining.subtract(amount);
      missing = missing.subtract(amount);
      taken.add(moved(deposit, amount));
    }
    version++;
    webhooks++;
    lastAt = now;
    consumed = consumed.add(cost);
    enter("debit", cost.negate(), taken, "usage", version).with(null, usage.metadata());
    return "done " + version;
  }

  /** One package after the other until they hold all units. */
  private static BigDecimal packages(Price.PerPackage price, BigDecimal units) {
    BigDecimal[] whole = units.divideAndRemainder(price.packageSize());
    BigDecimal count = whole[1].signum() == 0 ? whole[0] : whole[0].add(BigDecimal.ONE);
    return count.multiply(price.packageCost());
  }

  /** Takes the units apart at the tiers' ends; by volume, only the last piece's price counts. */
  private static BigDecimal sliceBySlice(List<Tier> tiers, BigDecimal units, boolean graduated) {
    BigDecimal left = units;
    BigDecimal end = BigDecimal.ZERO;
    BigDecimal sum = BigDecimal.ZERO;
    for (Tier tier : tiers) {
      if (left.signum() == 0) {
        return sum;
      }
      BigDecimal room = tier.upTo() == null ? left : tier.upTo().subtract(end).min(left);
      BigDecimal priced = graduated ? room : units;
      BigDecimal cost = priced.multiply(tier.unitCost()).add(tier.flatCost());
      sum = graduated ? sum.add(cost) : cost;
      left = left.subtract(room);
      end = end.add(room);
    }
    return sum;
  }

  /** What the units cost: exact, then rounded once by dividing whole numbers. */
  static BigInteger cost(MeteringRule rule, BigDecimal units) {
    BigDecimal exact =
        switch (Objects.requireNonNull(rule.price())) {
          case Price.Flat flat -> flat.flatCost();
          case Price.PerUnit perUnit -> units.multiply(perUnit.unitCost());
          case Price.PerPackage packages -> packages(packages, units);
          case Price.Tiered tiered -> sliceBySlice(tiered.tiers(), units, false);
          case Price.Graduated graduated -> sliceBySlice(graduated.tiers(), units, true);
        };
    BigInteger divisor = BigInteger.TEN.pow(Math.max(exact.scale(), 0));
    BigInteger digits =
        exact.unscaledValue().multiply(BigInteger.TEN.pow(Math.max(-exact.scale(), 0)));
    BigInteger[] parts = digits.divideAndRemainder(divisor);
    boolean roundsUp =
        switch (rule.rounding()) {
          case UP -> parts[1].signum() > 0;
          case HALF_UP -> parts[1].shiftLeft(1).compareTo(divisor) >= 0;
          case DOWN -> false;
        };
    return roundsUp ? parts[0].add(BigInteger.ONE) : parts[0];
  }

  private static String moved(Deposit deposit, BigInteger amount) {
    return deposit.number + ":" + amount;
  }

  /** Begins a ledger entry; {@link Draft#with} ends it. */
  private Draft enter(
      String type,
      BigInteger delta,
      List<String> allocations,
      String referenceType,
      long referenceNumber) {
    return (reason, metadata) ->
        ledger.add(
            new Entry(
                version,
                ledger.size() + 1L,
                type,
                delta,
                balance(),
                allocations,
                referenceType,
                referenceNumber,
                reason,
                metadata,
                lastAt));
  }

  private interface Draft {
    void with(@Nullable String reason, Map<String, String> metadata);
  }
}
