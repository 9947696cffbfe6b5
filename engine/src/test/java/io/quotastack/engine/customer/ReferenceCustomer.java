package io.quotastack.engine.customer;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.CanonicalJson;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.customer.CustomerCommand.AdjustCredits;
import io.quotastack.engine.customer.CustomerCommand.Commit;
import io.quotastack.engine.customer.CustomerCommand.CreateCustomer;
import io.quotastack.engine.customer.CustomerCommand.Extend;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.GrantTopup;
import io.quotastack.engine.customer.CustomerCommand.Keyed;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.customer.CustomerCommand.RefuseTopup;
import io.quotastack.engine.customer.CustomerCommand.Release;
import io.quotastack.engine.customer.CustomerCommand.RemoveAutoTopup;
import io.quotastack.engine.customer.CustomerCommand.Reserve;
import io.quotastack.engine.customer.CustomerCommand.ReverseUsage;
import io.quotastack.engine.customer.CustomerCommand.SetAutoTopup;
import io.quotastack.engine.customer.CustomerCommand.SettleDue;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.customer.CustomerCommand.VoidBlock;
import io.quotastack.engine.customer.Happening.Entry;
import io.quotastack.engine.customer.ReferenceAccount.Deposit;
import io.quotastack.engine.customer.ReferenceAccount.Hold;
import io.quotastack.engine.customer.ReferenceAccount.Part;
import io.quotastack.engine.customer.ReferenceAccount.Terms;
import io.quotastack.engine.customer.ReferencePrices.Pinned;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a customer must do (semantics 2, 3, 4, 6, 7, 9), written a second time in the most naive
 * way: mutable, plain lists, exact big numbers, everything sorted and scanned anew at every step.
 * Of the engine it knows only the records that carry a command's fields; it calls none of its
 * rules.
 */
final class ReferenceCustomer {
  private static final BigInteger MAX = new BigInteger("9007199254740991");
  private static final BigInteger ZERO = BigInteger.ZERO;
  private static final BigInteger HUNDRED = BigInteger.valueOf(100);
  private static final Duration KEY_KEPT = Duration.ofHours(24);
  private static final Instant YEAR_10000 = Instant.parse("9999-12-31T23:59:59.999Z");
  private static final String NOT_FOUND = "refused: customer not found";
  private static final String OUT_OF_RANGE = "refused: out of range";

  private record UsedKey(String key, long fingerprint, long number, Instant at) {}

  /** What was paid, by usage or by a capture, in the order in which it was taken. */
  private record Use(
      long number,
      @Nullable String metricKey,
      @Nullable BigDecimal units,
      BigInteger cost,
      BigInteger overage,
      List<Part> taken,
      List<BigInteger> reversals) {
    BigInteger reversed() {
      BigInteger sum = ZERO;
      for (BigInteger reversal : reversals) {
        sum = sum.add(reversal);
      }
      return sum;
    }
  }

  /** A calendar month of a metric, which began with that use. */
  private record Month(String metricKey, long firstUse, Instant start, Instant end) {}

  /** What time does next: at one instant in the order of the kinds, then by number. */
  record Change(Instant at, Kind kind, long number) {
    enum Kind {
      HOLD_EXPIRY,
      OVERAGE_CLEARING,
      EXPIRY,
      ACTIVATION,
      AUTO_TOPUP
    }

    boolean before(@Nullable Change other) {
      if (other == null) {
        return true;
      }
      if (!at.equals(other.at)) {
        return at.isBefore(other.at);
      }
      return kind == other.kind ? number < other.number : kind.compareTo(other.kind) < 0;
    }
  }

  private final UUID customerId;
  private final List<UsedKey> usedKeys = new ArrayList<>();
  private final List<UsedKey> payments = new ArrayList<>();
  private final List<Use> uses = new ArrayList<>();
  private final List<Month> months = new ArrayList<>();
  private final List<Happening> news = new ArrayList<>();
  ReferenceAccount account = new ReferenceAccount();
  ReferenceTopups topups = new ReferenceTopups();

  /** How many events the journal must have, ledger entries, webhook messages. */
  long version;

  long entries;
  long webhooks;
  Instant lastAt = Instant.EPOCH;

  /**
   * External id, display name, email, time zone, overage policy, most overage, metadata, created,
   * updated; null = no customer.
   */
  @Nullable List<@Nullable Object> profile;

  ReferenceCustomer(UUID customerId) {
    this.customerId = customerId;
  }

  /** The same customer, to be asked "what if". */
  ReferenceCustomer copy() {
    var copy = new ReferenceCustomer(customerId);
    copy.account = account.copy();
    copy.topups = topups.copy();
    copy.usedKeys.addAll(usedKeys);
    copy.payments.addAll(payments);
    copy.months.addAll(months);
    for (Use use : uses) {
      var taken = new ArrayList<Part>();
      use.taken.forEach(
          part -> taken.add(new Part(copy.account.deposit(part.deposit().number), part.amount())));
      copy.uses.add(
          new Use(
              use.number,
              use.metricKey,
              use.units,
              use.cost,
              use.overage,
              taken,
              new ArrayList<>(use.reversals)));
    }
    copy.version = version;
    copy.entries = entries;
    copy.webhooks = webhooks;
    copy.lastAt = lastAt;
    copy.profile = profile;
    return copy;
  }

  /** All that must have been written since this was last asked. */
  List<Happening> takeNews() {
    var taken = List.copyOf(news);
    news.clear();
    return taken;
  }

  /** How much of each usage event was given back, of those of which some was. */
  Map<Long, BigInteger> reversed() {
    var reversed = new LinkedHashMap<Long, BigInteger>();
    for (Use use : uses) {
      if (!use.reversals.isEmpty()) {
        reversed.put(use.number, use.reversed());
      }
    }
    return reversed;
  }

  /** The units of that metric in its month, if that instant is in it. */
  BigDecimal unitsInMonth(String metricKey, Instant now) {
    Month month = month(metricKey, now);
    BigDecimal sum = BigDecimal.ZERO;
    if (month != null) {
      for (Use use : uses) {
        if (use.number >= month.firstUse && metricKey.equals(use.metricKey) && use.units != null) {
          sum = sum.add(use.units);
        }
      }
    }
    return sum;
  }

  private @Nullable Month month(String metricKey, Instant now) {
    Month last = null;
    for (Month month : months) {
      if (month.metricKey.equals(metricKey)) {
        last = month;
      }
    }
    return last != null && now.compareTo(last.start) >= 0 && now.compareTo(last.end) < 0
        ? last
        : null;
  }

  /** In whole milliseconds, and never before the last event. */
  Instant now(Instant wall) {
    Instant millis = Instant.ofEpochMilli(wall.toEpochMilli());
    return millis.compareTo(lastAt) > 0 ? millis : lastAt;
  }

  // --- Time

  /** The next instant at which time alone changes something; null = never. */
  @Nullable Instant nextChange() {
    Change next = null;
    for (Change change : changes()) {
      next = change.before(next) ? change : next;
    }
    return next == null ? null : next.at;
  }

  /** All that time will do as things are, in no order. */
  List<Change> changes() {
    var changes = new ArrayList<Change>();
    for (Hold hold : account.holds) {
      changes.add(new Change(hold.expiresAt, Change.Kind.HOLD_EXPIRY, hold.number));
    }
    if (account.invoicedAt != null) {
      changes.add(new Change(account.invoicedAt, Change.Kind.OVERAGE_CLEARING, 0));
    }
    for (Deposit deposit : account.live()) {
      if (deposit.expiresAt != null && deposit.ended == null) {
        changes.add(new Change(deposit.expiresAt, Change.Kind.EXPIRY, deposit.number));
      }
      if (deposit.pending()) {
        changes.add(new Change(deposit.effectiveAt, Change.Kind.ACTIVATION, deposit.number));
      }
    }
    Instant topup = topups.next(account, lastAt);
    if (topup != null) {
      changes.add(new Change(topup, Change.Kind.AUTO_TOPUP, 0));
    }
    return changes;
  }

  /** Lets time do all that it has to do by then. */
  void settle(Instant wall) {
    Instant now = now(wall);
    while (true) {
      Change next = null;
      for (Change change : changes()) {
        next = change.before(next) ? change : next;
      }
      if (next == null || next.at.isAfter(now)) {
        return;
      }
      Instant at = next.at;
      switch (next.kind) {
        case HOLD_EXPIRY ->
            letGo(Objects.requireNonNull(account.activeHold(next.number)), null, null, at);
        case OVERAGE_CLEARING -> invoice(at);
        case EXPIRY -> end(account.deposit(next.number), at);
        case ACTIVATION -> begin(account.deposit(next.number), at);
        case AUTO_TOPUP -> {
          if (topups.pendingUntil == null) {
            requestTopup(at);
          } else {
            refuseTopup(null, at);
          }
        }
      }
    }
  }

  private void invoice(Instant at) {
    BigInteger amount = account.owedToInvoice;
    account.owedToInvoice = ZERO;
    account.invoicedAt = null;
    happens("OverageSettled", at, null, false, facts(amount, OverageSettlement.INVOICE))
        .entry("settle", ZERO, List.of(), null, 0, "invoice", Map.of());
  }

  private void begin(Deposit deposit, Instant at) {
    deposit.begun = true;
    account.granted = account.granted.add(deposit.remaining);
    happens("BlockActivated", at, null, false, facts(deposit.number))
        .entry(
            "grant",
            deposit.remaining,
            List.of(new Part(deposit, deposit.remaining)),
            "block",
            deposit.number,
            "effective",
            metadataOf(deposit));
    payOverage(deposit, at);
  }

  /** What is free of it is gone; what is held stays for its holds. */
  private void end(Deposit deposit, Instant at) {
    BigInteger amount = account.free(deposit);
    deposit.ended = "EXPIRED";
    deposit.remaining = deposit.remaining.subtract(amount);
    deposit.expired = deposit.expired.add(amount);
    happens("BlockExpired", at, null, amount.signum() > 0, facts(deposit.number))
        .entry(
            "expire",
            amount.negate(),
            amount.signum() == 0 ? List.of() : List.of(new Part(deposit, amount)),
            "block",
            deposit.number,
            "expired",
            Map.of());
  }

  private void takeBack(Deposit deposit, @Nullable String key, String reason, Instant at) {
    BigInteger amount = account.free(deposit);
    deposit.ended = "VOIDED";
    deposit.remaining = deposit.remaining.subtract(amount);
    deposit.voided = deposit.voided.add(amount);
    happens(
            "BlockVoided",
            at,
            key,
            true,
            facts(deposit.terms, deposit.remaining, deposit.remaining, "VOIDED"))
        .entry(
            "void",
            deposit.begun ? amount.negate() : ZERO,
            List.of(new Part(deposit, amount)),
            "block",
            deposit.number,
            reason,
            Map.of());
  }

  /** What came back to deposits that can't be spent any more is gone at once. */
  private void lose(List<Part> cameBack, Instant at) {
    for (Part part : cameBack) {
      Deposit deposit = part.deposit();
      if (account.free(deposit).signum() == 0) {
        continue;
      }
      if ("VOIDED".equals(deposit.ended)) {
        takeBack(deposit, null, "voided", at);
      } else if ("EXPIRED".equals(deposit.ended)) {
        end(deposit, at);
      }
    }
  }

  /** How much of what came back belongs to deposits that can't be spent any more. */
  private static BigInteger lost(List<Part> cameBack) {
    BigInteger sum = ZERO;
    for (Part part : cameBack) {
      sum = part.deposit().ended == null ? sum : sum.add(part.amount());
    }
    return sum;
  }

  private static boolean isOver(Deposit deposit, Instant at) {
    return deposit.expiresAt != null && deposit.expiresAt.compareTo(at) <= 0;
  }

  /** A deposit that pays for anything and has just begun pays what is owed to it. */
  private void payOverage(Deposit deposit, Instant at) {
    BigInteger amount = paysOverage(deposit, ZERO);
    if (amount.signum() > 0) {
      account.owedToNextGrant = account.owedToNextGrant.subtract(amount);
      List<Part> paid = List.of(new Part(deposit, amount));
      account.spend(paid);
      happens("OverageSettled", at, null, false, facts(amount, OverageSettlement.NEXT_GRANT))
          .entry("settle", amount.negate(), paid, "block", deposit.number, "next_grant", Map.of());
    }
  }

  private BigInteger paysOverage(@Nullable Deposit deposit, BigInteger paidBefore) {
    return deposit == null || deposit.metricKeys != null || !deposit.active()
        ? ZERO
        : account.owedToNextGrant.subtract(paidBefore).min(deposit.original);
  }

  private void requestTopup(Instant at) {
    topups.ask(at);
    happens(
        "TopupRequested",
        at,
        null,
        true,
        facts(topups.settings, account.effective(), topups.pendingUntil));
  }

  private void refuseTopup(@Nullable String key, Instant at) {
    topups.refuse(at);
    happens("TopupRefused", at, key, false, facts(topups.pausedUntil));
  }

  // --- Requests

  /** Judges a command and tells its outcome in words. */
  String judge(CustomerCommand command, Instant wall) {
    settle(wall);
    Instant now = now(wall);
    if (command instanceof SettleDue) {
      return "settled";
    }
    if (command instanceof Keyed keyed) {
      // Not by now: a clock that is set back makes a key young again, an event never does.
      usedKeys.removeIf(used -> Duration.between(used.at, lastAt).compareTo(KEY_KEPT) > 0);
      UsedKey used = null;
      for (UsedKey candidate : usedKeys) {
        if (candidate.key.equals(keyed.request().key())
            && Duration.between(candidate.at, now).compareTo(KEY_KEPT) <= 0) {
          used = candidate;
        }
      }
      if (used != null) {
        return used.fingerprint == keyed.request().fingerprint()
            ? "replayed " + used.number
            : "refused: key reused";
      }
    }
    String outcome = take(command, now);
    if (outcome.startsWith("done")) {
      if (command instanceof Keyed keyed) {
        long number = Long.parseLong(outcome.substring("done ".length()));
        usedKeys.add(
            new UsedKey(keyed.request().key(), keyed.request().fingerprint(), number, now));
      }
      if (topups.wanted(account, now)) {
        requestTopup(now);
      }
    }
    return outcome;
  }

  private String take(CustomerCommand command, Instant now) {
    return switch (command) {
      case CreateCustomer create -> create(create, now);
      case UpdateCustomer update -> update(update, now);
      case GrantCredits grant -> grant(grant, now);
      case AdjustCredits adjust -> adjust(adjust, now);
      case VoidBlock gone -> voidBlock(gone, now);
      case RecordUsage usage -> use(usage, now);
      case ReverseUsage reverse -> reverse(reverse, now);
      case Reserve reserve -> reserve(reserve, now);
      case Commit commit -> commit(commit, now);
      case Release release -> release(release, now);
      case Extend extend -> extend(extend, now);
      case GrantTopup topup -> topup(topup, now);
      case SetAutoTopup set -> setAutoTopup(null, set.settings(), now);
      case RemoveAutoTopup remove -> setAutoTopup(remove.request().key(), null, now);
      case RefuseTopup refuse -> refuse(refuse, now);
      case SettleDue ignored -> "settled";
    };
  }

  // --- Who it is

  private String create(CreateCustomer create, Instant now) {
    if (profile != null) {
      return "refused: customer exists as " + profile + " " + version;
    }
    profile =
        facts(
            create.externalId(),
            create.displayName(),
            create.email(),
            create.timeZone(),
            create.overagePolicy(),
            create.maxOverageMc(),
            create.metadata(),
            now,
            now);
    happens("CustomerCreated", now, create.request().key(), true, profile);
    return "done " + version;
  }

  private void createNamed(@Nullable String externalId, Instant now) {
    if (profile == null) {
      profile = facts(externalId, null, null, null, null, null, Map.of(), now, now);
      happens("CustomerCreated", now, null, true, profile);
    }
  }

  private String update(UpdateCustomer update, Instant now) {
    List<@Nullable Object> old = profile;
    if (old == null) {
      return NOT_FOUND;
    }
    profile =
        facts(
            old.get(0),
            changed(update.displayName(), old.get(1)),
            changed(update.email(), old.get(2)),
            changed(update.timeZone(), old.get(3)),
            changed(update.overagePolicy(), old.get(4)),
            changed(update.maxOverageMc(), old.get(5)),
            update.metadata() == null ? old.get(6) : update.metadata(),
            old.get(7),
            now);
    happens("CustomerUpdated", now, update.request().key(), false, profile);
    return "done " + version;
  }

  private static @Nullable Object changed(@Nullable NewValue<?> change, @Nullable Object old) {
    return change == null ? old : change.value();
  }

  private OveragePolicy overagePolicy(AccountPolicy tenants) {
    Object own = profile == null ? null : profile.get(4);
    return own == null ? tenants.overagePolicy() : (OveragePolicy) own;
  }

  private @Nullable BigInteger maxOverage(AccountPolicy tenants) {
    Object own = profile == null ? null : profile.get(5);
    Long max = own == null ? tenants.maxOverageMc() : (Long) own;
    return max == null ? null : BigInteger.valueOf(max);
  }

  private ZoneId timeZone(AccountPolicy tenants) {
    Object own = profile == null ? null : profile.get(3);
    return own == null ? tenants.timeZone() : ZoneId.of((String) own);
  }

  private static Instant monthStart(Instant now, ZoneId zone) {
    ZonedDateTime local = now.atZone(zone);
    return local.toLocalDate().minusDays(local.getDayOfMonth() - 1L).atStartOfDay(zone).toInstant();
  }

  private static Instant monthEnd(Instant now, ZoneId zone) {
    return now.atZone(zone)
        .toLocalDate()
        .withDayOfMonth(1)
        .plus(1, ChronoUnit.MONTHS)
        .atStartOfDay(zone)
        .toInstant();
  }

  // --- Credits

  private String grant(GrantCredits grant, Instant now) {
    if (profile == null && grant.createAs() == null) {
      return NOT_FOUND;
    }
    Instant effectiveAt = grant.effectiveAt() == null ? now : grant.effectiveAt();
    if (effectiveAt.isAfter(YEAR_10000)) {
      return "refused: field /effective_at";
    }
    Instant expiresAt = expiry(effectiveAt, grant.expiresAt(), grant.expiresAfterSeconds());
    if (isBadExpiry(expiresAt, effectiveAt, now)) {
      return grant.expiresAfterSeconds() == null
          ? "refused: field /expires_at"
          : "refused: field /expires_after_seconds";
    }
    BigInteger credits = BigInteger.valueOf(grant.creditsMc());
    if (hasNoRoomFor(credits)) {
      return OUT_OF_RANGE;
    }
    createNamed(grant.createAs(), now);
    Deposit deposit =
        deposit(
            new Terms(
                version + 1,
                credits,
                grant.priority(),
                effectiveAt,
                expiresAt,
                grant.source().name(),
                grant.pricePaid(),
                grant.currency(),
                grant.metricKeys(),
                grant.reason(),
                grant.metadata(),
                now),
            now);
    granted(
        "CreditGranted",
        grant.request().key(),
        facts(deposit.terms, paysOverage(deposit, ZERO)),
        deposit,
        now);
    long number = version;
    payOverage(deposit, now);
    return "done " + number;
  }

  private static @Nullable Instant expiry(
      Instant from, @Nullable Instant expiresAt, @Nullable Long seconds) {
    return seconds == null ? expiresAt : from.plusSeconds(seconds);
  }

  private static boolean isBadExpiry(@Nullable Instant expiresAt, Instant from, Instant now) {
    return expiresAt != null
        && (expiresAt.compareTo(now) <= 0
            || expiresAt.compareTo(from) <= 0
            || expiresAt.compareTo(YEAR_10000) > 0);
  }

  /** All that was ever granted, and what is promised, must stay in range. */
  private boolean hasNoRoomFor(BigInteger credits) {
    return account.granted.add(account.pending()).add(credits).compareTo(MAX) > 0;
  }

  private Deposit deposit(Terms terms, Instant now) {
    boolean begun = terms.effectiveAt().compareTo(now) <= 0;
    var deposit = new Deposit(terms, begun);
    account.deposits.add(deposit);
    if (begun) {
      account.granted = account.granted.add(terms.amount());
    }
    return deposit;
  }

  private void granted(
      String what,
      @Nullable String key,
      List<@Nullable Object> facts,
      Deposit deposit,
      Instant now) {
    happens(what, now, key, true, facts)
        .entry(
            "grant",
            deposit.begun ? deposit.original : ZERO,
            List.of(new Part(deposit, deposit.original)),
            "block",
            deposit.number,
            (String) deposit.terms.get(9),
            metadataOf(deposit));
  }

  @SuppressWarnings("unchecked") // That is what its terms hold there.
  private static Map<String, String> metadataOf(Deposit deposit) {
    return (Map<String, String>) Objects.requireNonNull(deposit.terms.get(10));
  }

  private String adjust(AdjustCredits adjust, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    BigInteger delta = BigInteger.valueOf(adjust.deltaMc());
    return delta.signum() > 0
        ? adjustUp(adjust, delta, now)
        : adjustDown(adjust, delta.negate(), now);
  }

  private String adjustUp(AdjustCredits adjust, BigInteger amount, Instant now) {
    if (hasNoRoomFor(amount)) {
      return OUT_OF_RANGE;
    }
    Deposit deposit =
        deposit(correction("ADJUSTMENT", amount, adjust.reason(), adjust.metadata(), now), now);
    happens(
            "CreditAdjusted",
            now,
            adjust.request().key(),
            true,
            facts(deposit.terms, paysOverage(deposit, ZERO)))
        .entry(
            "adjust",
            amount,
            List.of(new Part(deposit, amount)),
            "block",
            deposit.number,
            adjust.reason(),
            adjust.metadata());
    long number = version;
    payOverage(deposit, now);
    return "done " + number;
  }

  private Terms correction(
      String source, BigInteger amount, String reason, Object metadata, Instant now) {
    return new Terms(
        version + 1, amount, 0, now, null, source, null, null, null, reason, metadata, now);
  }

  private String adjustDown(AdjustCredits adjust, BigInteger amount, Instant now) {
    if (amount.compareTo(account.effective()) > 0) {
      return insufficient(amount, account.effective());
    }
    List<Part> burned = account.parts(account.burningAnything(adjust.burnOrder()), amount);
    account.spend(burned);
    happens("CreditAdjusted", now, adjust.request().key(), true, facts(null, ZERO))
        .entry("adjust", amount.negate(), burned, null, 0, adjust.reason(), adjust.metadata());
    return "done " + version;
  }

  private static String insufficient(BigInteger required, BigInteger available) {
    return "refused: insufficient " + required + " of " + available;
  }

  private String voidBlock(VoidBlock gone, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    Deposit deposit = account.find(gone.block());
    if (deposit == null || deposit.ended != null || account.free(deposit).signum() == 0) {
      return "refused: block " + gone.block() + " not live";
    }
    takeBack(deposit, gone.request().key(), gone.reason(), now);
    return "done " + version;
  }

  // --- Usage

  private String use(RecordUsage usage, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    MeteringRule rule = ReferencePrices.active(usage.pricing().rules(), now);
    if (rule == null) {
      return "refused: no rule for " + usage.metricKey();
    }
    Instant timestamp = usage.timestamp() == null ? now : usage.timestamp();
    if (timestamp.compareTo(now.minus(Duration.ofDays(30))) < 0
        || timestamp.compareTo(now.plus(Duration.ofMinutes(5))) > 0) {
      return "refused: timestamp";
    }
    BigDecimal before = unitsInMonth(usage.metricKey(), now);
    Pinned pinned = ReferencePrices.pinned(rule, usage.properties(), before);
    if (pinned == null) {
      return "refused: no price for " + usage.metricKey();
    }
    BigInteger cost = pinned.cost(usage.units());
    String refusal = refusal(usage.policy(), usage.metricKey(), cost, ZERO);
    if (refusal != null) {
      return refusal;
    }
    List<Part> taken = take(usage.policy(), usage.metricKey(), cost);
    BigInteger rest = cost.subtract(ReferenceAccount.sum(taken));
    Month begun = count(usage.metricKey(), usage.policy(), now);
    uses.add(
        new Use(
            version + 1, usage.metricKey(), usage.units(), cost, rest, taken, new ArrayList<>()));
    happens(
            "UsageRecorded",
            now,
            usage.request().key(),
            true,
            facts(
                usage.metricKey(),
                usage.units(),
                cost,
                rule.id(),
                rule.version(),
                timestamp,
                usage.properties(),
                rest,
                inWords(begun),
                rule.tierScope() == TierScope.PERIOD ? Happening.plain(before) : null))
        .entry("debit", rest.subtract(cost), taken, "usage", version, null, usage.metadata());
    long number = version;
    bookOverage(usage.policy(), rest, "usage", number, now);
    return "done " + number;
  }

  /** Why that much can't be paid beyond what a hold pays; null = it can. */
  private @Nullable String refusal(
      AccountPolicy policy, @Nullable String metricKey, BigInteger cost, BigInteger held) {
    if (cost.add(held).compareTo(MAX) > 0) {
      return OUT_OF_RANGE;
    }
    BigInteger available = account.available(metricKey);
    BigInteger rest = cost.subtract(available).max(ZERO);
    if (rest.signum() > 0) {
      BigInteger max = maxOverage(policy);
      if (overagePolicy(policy) == OveragePolicy.BLOCK) {
        return insufficient(cost.add(held), available.add(held));
      }
      if (max != null && account.overage().add(rest).compareTo(max) > 0) {
        BigInteger room = max.subtract(account.overage()).max(ZERO);
        return insufficient(cost.add(held), available.add(held).add(room));
      }
      if (account.overage().add(rest).compareTo(MAX) > 0) {
        return OUT_OF_RANGE;
      }
    }
    return account.consumed.add(cost).add(held).compareTo(MAX) > 0 ? OUT_OF_RANGE : null;
  }

  /** What the blocks give of that cost. */
  private List<Part> take(AccountPolicy policy, @Nullable String metricKey, BigInteger cost) {
    List<Part> taken = account.parts(account.burning(policy.burnOrder(), metricKey), cost);
    account.spend(taken);
    account.consumed = account.consumed.add(cost);
    return taken;
  }

  /** The month that begins with the use that is about to happen; null = it is under way. */
  private @Nullable Month count(String metricKey, AccountPolicy policy, Instant now) {
    if (month(metricKey, now) != null) {
      return null;
    }
    ZoneId zone = timeZone(policy);
    var begun = new Month(metricKey, version + 1, monthStart(now, zone), monthEnd(now, zone));
    months.add(begun);
    return begun;
  }

  private static @Nullable List<@Nullable Object> inWords(@Nullable Month month) {
    return month == null ? null : facts(month.start, month.end);
  }

  private void bookOverage(
      AccountPolicy policy, BigInteger amount, String referenceType, long number, Instant now) {
    if (amount.signum() == 0) {
      return;
    }
    BigInteger before = account.overage();
    OverageSettlement settlement = policy.overageSettlement();
    account.owe(amount, settlement, monthEnd(now, timeZone(policy)));
    happens(
            "OverageBooked",
            now,
            null,
            overagePolicy(policy) == OveragePolicy.NOTIFY
                && isTold(maxOverage(policy), before, account.overage()),
            facts(
                amount,
                settlement,
                settlement == OverageSettlement.INVOICE ? account.invoicedAt : null))
        .entry("overage", ZERO, List.of(), referenceType, number, null, Map.of());
  }

  /** When overage starts, and when it comes to 50, 80 or 100 percent of the most. */
  private static boolean isTold(@Nullable BigInteger max, BigInteger before, BigInteger after) {
    boolean told = before.signum() == 0;
    if (max != null) {
      for (long percent : new long[] {50, 80, 100}) {
        BigInteger threshold = max.multiply(BigInteger.valueOf(percent));
        told |=
            before.multiply(HUNDRED).compareTo(threshold) < 0
                && after.multiply(HUNDRED).compareTo(threshold) >= 0;
      }
    }
    return told;
  }

  private String reverse(ReverseUsage reverse, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    Use use = null;
    for (Use candidate : uses) {
      if (candidate.number == reverse.usage()) {
        use = candidate;
      }
    }
    if (use == null || use.metricKey == null) {
      throw new AssertionError(reverse.usage() + " is no usage event that could be reversed");
    }
    BigInteger before = use.reversed();
    BigInteger left = use.cost.subtract(before);
    BigInteger amount =
        reverse.creditsMc() == null ? left : BigInteger.valueOf(reverse.creditsMc());
    if (left.signum() == 0 || amount.compareTo(left) > 0) {
      return "refused: field /credits";
    }
    // Mc by mc from the end of what was taken: what came back before, then what comes back now.
    BigInteger skip = before;
    BigInteger missing = amount;
    BigInteger skipped = skip.min(use.overage);
    BigInteger ofOverage = missing.min(use.overage.subtract(skipped));
    skip = skip.subtract(skipped);
    missing = missing.subtract(ofOverage);
    var back = new ArrayList<Part>();
    for (int i = use.taken.size() - 1; i >= 0; i--) {
      Part taken = use.taken.get(i);
      skipped = skip.min(taken.amount());
      BigInteger part = missing.min(taken.amount().subtract(skipped));
      skip = skip.subtract(skipped);
      missing = missing.subtract(part);
      if (part.signum() > 0) {
        back.add(new Part(taken.deposit(), part));
      }
    }
    BigInteger reduces = ofOverage.min(account.overage());
    BigInteger refunded = ofOverage.subtract(reduces);
    if (refunded.signum() > 0 && hasNoRoomFor(refunded)) {
      return OUT_OF_RANGE;
    }
    return reversed(reverse, use, amount, reduces, refunded, back, now);
  }

  private String reversed(
      ReverseUsage reverse,
      Use use,
      BigInteger amount,
      BigInteger reduces,
      BigInteger refunded,
      List<Part> back,
      Instant now) {
    use.reversals.add(amount);
    account.consumed = account.consumed.subtract(amount);
    account.oweLess(reduces);
    Deposit refund = null;
    var moved = new ArrayList<Part>();
    if (refunded.signum() > 0) {
      refund = deposit(correction("REFUND", refunded, reverse.reason(), Map.of(), now), now);
      moved.add(new Part(refund, refunded));
    }
    moved.addAll(back);
    BigInteger expired = ZERO;
    BigInteger voided = ZERO;
    var to = new ArrayList<@Nullable Object>();
    for (Part part : back) {
      Deposit deposit = part.deposit();
      deposit.remaining = deposit.remaining.add(part.amount());
      deposit.spent = deposit.spent.subtract(part.amount());
      to.add(deposit.terms);
      if ("VOIDED".equals(deposit.ended)) {
        voided = voided.add(part.amount());
      } else if (isOver(deposit, now)) {
        deposit.ended = "EXPIRED";
        expired = expired.add(part.amount());
      }
    }
    happens(
            "UsageReversed",
            now,
            reverse.request().key(),
            true,
            facts(
                use.number,
                use.metricKey,
                amount,
                use.reversed(),
                reduces,
                expired,
                voided,
                refund == null ? null : refund.terms,
                to))
        .entry(
            "reverse",
            amount.subtract(reduces),
            moved,
            "usage",
            use.number,
            reverse.reason(),
            Map.of());
    long number = version;
    lose(back, now);
    return "done " + number;
  }

  // --- Reservations

  private String reserve(Reserve reserve, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    MeteringRule rule = null;
    Pinned pinned = null;
    BigInteger amount;
    if (reserve.metricKey() == null) {
      amount = BigInteger.valueOf(Objects.requireNonNull(reserve.creditsMc()));
    } else {
      rule = ReferencePrices.active(reserve.pricing().rules(), now);
      if (rule == null) {
        return "refused: no rule for " + reserve.metricKey();
      }
      BigDecimal before = unitsInMonth(reserve.metricKey(), now);
      pinned = ReferencePrices.pinned(rule, reserve.properties(), before);
      if (pinned == null) {
        return "refused: no price for " + reserve.metricKey();
      }
      amount = pinned.cost(Objects.requireNonNull(reserve.estimatedUnits()));
      if (amount.compareTo(MAX) > 0) {
        return OUT_OF_RANGE;
      }
    }
    BigInteger available = account.available(reserve.metricKey());
    if (amount.compareTo(available) > 0) {
      return insufficient(amount, available);
    }
    List<Part> parts =
        account.parts(account.burning(reserve.policy().burnOrder(), reserve.metricKey()), amount);
    var hold =
        new Hold(
            version + 1,
            reserve.metricKey(),
            facts(
                version + 1,
                reserve.metricKey(),
                rule == null ? null : rule.id(),
                rule == null ? null : rule.version(),
                reserve.estimatedUnits(),
                amount,
                reserve.properties(),
                reserve.metadata(),
                now),
            pinned,
            reserve.estimatedUnits(),
            parts,
            now.plusSeconds(reserve.ttlSeconds()));
    account.holds.add(hold);
    happens(
            "CreditsReserved",
            now,
            reserve.request().key(),
            false,
            facts(hold.inWords(), priceInWords(hold)))
        .entry("hold", ZERO, parts, "reservation", hold.number, null, reserve.metadata());
    return "done " + version;
  }

  /** As the engine's state tells it. */
  static @Nullable List<@Nullable Object> priceInWords(Hold hold) {
    return hold.price == null
        ? null
        : facts(
            hold.price.price(),
            hold.price.rounding(),
            hold.price.before() == null ? BigDecimal.ZERO : Happening.plain(hold.price.before()));
  }

  private String commit(Commit commit, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    Hold hold = account.activeHold(commit.reservation());
    if (hold == null) {
      return notActive(commit.reservation());
    }
    if (hold.price == null && commit.actualUnits() != null) {
      return "refused: field /actual_units";
    }
    boolean byDefault = commit.actualUnits() == null && commit.creditsMc() == null;
    if (byDefault && !commit.last()) {
      return "refused: field ";
    }
    BigDecimal units = commit.actualUnits();
    if (byDefault && hold.estimate != null) {
      units = hold.estimate.subtract(hold.capturedUnits).max(BigDecimal.ZERO);
    }
    BigInteger cost;
    if (units != null) {
      BigInteger all = Objects.requireNonNull(hold.price).cost(hold.capturedUnits.add(units));
      if (all.compareTo(MAX) > 0) {
        return OUT_OF_RANGE;
      }
      cost = all.subtract(hold.chargedForUnits).max(ZERO);
    } else if (byDefault) {
      cost = hold.held();
    } else {
      cost = BigInteger.valueOf(Objects.requireNonNull(commit.creditsMc()));
    }
    BigInteger fromHeld = cost.min(hold.held());
    String refusal = refusal(commit.policy(), hold.metricKey, cost.subtract(fromHeld), fromHeld);
    return refusal == null ? capture(commit, hold, units, cost, fromHeld, now) : refusal;
  }

  private String capture(
      Commit commit,
      Hold hold,
      @Nullable BigDecimal units,
      BigInteger cost,
      BigInteger fromHeld,
      Instant now) {
    var captured = new ArrayList<Part>();
    var left = new ArrayList<Part>();
    BigInteger missing = fromHeld;
    for (Part part : hold.parts) {
      BigInteger taken = missing.min(part.amount());
      missing = missing.subtract(taken);
      if (taken.signum() > 0) {
        captured.add(new Part(part.deposit(), taken));
      }
      if (part.amount().compareTo(taken) > 0) {
        left.add(new Part(part.deposit(), part.amount().subtract(taken)));
      }
    }
    hold.parts = commit.last() ? List.of() : left;
    account.spend(captured);
    account.consumed = account.consumed.add(fromHeld);
    List<Part> beyond = new ArrayList<>();
    BigInteger rest = ZERO;
    if (cost.compareTo(fromHeld) > 0) {
      BigInteger excess = cost.subtract(fromHeld);
      beyond = take(commit.policy(), hold.metricKey, excess);
      rest = excess.subtract(ReferenceAccount.sum(beyond));
    }
    hold.captured = hold.captured.add(cost);
    if (commit.last()) {
      hold.status = "COMMITTED";
      account.holds.remove(hold);
    }
    Month begun = null;
    if (units != null) {
      hold.capturedUnits = hold.capturedUnits.add(units);
      hold.chargedForUnits = hold.chargedForUnits.add(cost);
      begun = count(Objects.requireNonNull(hold.metricKey), commit.policy(), now);
    }
    List<Part> together = together(captured, beyond);
    uses.add(new Use(version + 1, hold.metricKey, units, cost, rest, together, new ArrayList<>()));
    List<Part> returned = commit.last() ? left : List.of();
    happens(
            "ReservationCaptured",
            now,
            commit.request().key(),
            true,
            facts(
                hold.inWords(),
                cost,
                units,
                ReferenceAccount.moved(captured),
                ReferenceAccount.moved(beyond),
                ReferenceAccount.moved(returned),
                lost(returned),
                rest,
                inWords(begun)))
        .entry(
            "capture",
            rest.subtract(cost),
            together,
            "reservation",
            hold.number,
            null,
            commit.metadata());
    long number = version;
    if (hold.metricKey == null) {
      bookOverage(commit.policy(), rest, "reservation", hold.number, now);
    } else {
      bookOverage(commit.policy(), rest, "usage", number, now);
    }
    lose(returned, now);
    return "done " + number;
  }

  /** Both, with a deposit that is in both once. */
  private static List<Part> together(List<Part> first, List<Part> then) {
    var all = new ArrayList<Part>(first);
    for (Part part : then) {
      boolean added = false;
      for (int i = 0; i < first.size(); i++) {
        Part same = all.get(i);
        if (same.deposit() == part.deposit()) {
          all.set(i, new Part(same.deposit(), same.amount().add(part.amount())));
          added = true;
        }
      }
      if (!added) {
        all.add(part);
      }
    }
    return all;
  }

  private static String notActive(long number) {
    return "refused: reservation " + number + " not active";
  }

  private String release(Release release, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    Hold hold = account.activeHold(release.reservation());
    if (hold == null) {
      return notActive(release.reservation());
    }
    return "done " + letGo(hold, release.request().key(), release.note(), now);
  }

  /** By request if there is a key, else because its time is over. */
  private long letGo(Hold hold, @Nullable String key, @Nullable String note, Instant at) {
    List<Part> returned = hold.parts;
    hold.parts = List.of();
    hold.status = key == null ? "EXPIRED" : "RELEASED";
    account.holds.remove(hold);
    happens(
            "ReservationReleased",
            at,
            key,
            key == null,
            facts(hold.inWords(), note, lost(returned)))
        .entry(
            "release",
            ZERO,
            returned,
            "reservation",
            hold.number,
            key == null ? "expired" : "released",
            Map.of());
    long number = version;
    lose(returned, at);
    return number;
  }

  private String extend(Extend extend, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    Hold hold = account.activeHold(extend.reservation());
    if (hold == null) {
      return notActive(extend.reservation());
    }
    hold.expiresAt = now.plusSeconds(extend.ttlSeconds());
    happens("ReservationExtended", now, extend.request().key(), false, facts(hold.inWords()));
    return "done " + version;
  }

  // --- Topups

  private String topup(GrantTopup topup, Instant now) {
    if (topup.payment() != null) {
      for (UsedKey payment : payments) {
        if (payment.key.equals(topup.payment().key())) {
          return payment.fingerprint == topup.payment().fingerprint()
              ? "replayed " + payment.number
              : "refused: payment conflict with " + payment.number;
        }
      }
    }
    if (profile == null && topup.createAs() == null) {
      return NOT_FOUND;
    }
    Instant expiresAt = expiry(now, topup.expiresAt(), topup.expiresAfterSeconds());
    if (isBadExpiry(expiresAt, now, now)) {
      return topup.expiresAfterSeconds() == null
          ? "refused: field /expires_at"
          : "refused: field /expires_after_seconds";
    }
    BigInteger credits = BigInteger.valueOf(topup.creditsMc());
    BigInteger extra = BigInteger.valueOf(topup.bonusMc());
    if (hasNoRoomFor(credits.add(extra))) {
      return OUT_OF_RANGE;
    }
    createNamed(topup.createAs(), now);
    Terms boughtTerms = topupTerms(topup, version + 1, credits, true, expiresAt, now);
    Terms bonusTerms = topupTerms(topup, version + 2, extra, false, expiresAt, now);
    Deposit bought = deposit(boughtTerms, now);
    Deposit bonus = extra.signum() == 0 ? null : new Deposit(bonusTerms, true);
    BigInteger settles = paysOverage(bought, ZERO);
    BigInteger bonusSettles = paysOverage(bonus, settles);
    topups.topUp();
    granted(
        "TopupGranted",
        topup.request().key(),
        facts(
            topup.payment(),
            topup.packageKey(),
            bought.terms,
            bonus == null ? null : bonus.terms,
            settles,
            bonusSettles),
        bought,
        now);
    long number = version;
    if (topup.payment() != null) {
      payments.add(new UsedKey(topup.payment().key(), topup.payment().fingerprint(), number, now));
    }
    if (bonus != null) {
      account.deposits.add(bonus);
      account.granted = account.granted.add(extra);
      granted("CreditGranted", null, facts(bonus.terms, bonusSettles), bonus, now);
    }
    payOverage(bought, now);
    if (bonus != null) {
      payOverage(bonus, now);
    }
    return "done " + number;
  }

  private static Terms topupTerms(
      GrantTopup topup,
      long number,
      BigInteger amount,
      boolean paid,
      @Nullable Instant expiresAt,
      Instant now) {
    return new Terms(
        number,
        amount,
        topup.priority(),
        now,
        expiresAt,
        "TOPUP",
        paid ? topup.pricePaid() : null,
        paid ? topup.currency() : null,
        topup.metricKeys(),
        paid ? null : "bonus",
        topup.metadata(),
        now);
  }

  private String setAutoTopup(
      @Nullable String key, AutoTopup.@Nullable Settings settings, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    topups.set(settings);
    happens("AutoTopupSet", now, key, false, facts(settings));
    return "done " + version;
  }

  private String refuse(RefuseTopup refuse, Instant now) {
    if (profile == null) {
      return NOT_FOUND;
    }
    if (topups.pendingUntil == null) {
      return "refused: no topup pending";
    }
    refuseTopup(refuse.request().key(), now);
    return "done " + version;
  }

  // --- What is written down

  private static List<@Nullable Object> facts(@Nullable Object... facts) {
    return Happening.facts(facts);
  }

  /** An event comes next; what changed with it has changed already. */
  private Written happens(
      String what, Instant at, @Nullable String key, boolean told, List<@Nullable Object> facts) {
    version++;
    lastAt = at;
    if (told) {
      webhooks++;
    }
    var happening = new Happening(version, what, at, key, told ? webhooks : 0, facts, null);
    news.add(happening);
    return new Written(happening);
  }

  /** The last event, which may be a ledger entry too. */
  private final class Written {
    private final Happening happening;

    Written(Happening happening) {
      this.happening = happening;
    }

    void entry(
        String type,
        BigInteger delta,
        List<Part> parts,
        @Nullable String referenceType,
        long referenceNumber,
        @Nullable String reason,
        Map<String, String> metadata) {
      entries++;
      String prefix =
          switch (referenceType) {
            case null -> null;
            case "block" -> "blk_";
            case "usage" -> "use_";
            case "reservation" -> "res_";
            default -> throw new AssertionError(referenceType);
          };
      var entry =
          new Entry(
              version,
              entries,
              type,
              delta,
              account.balance(),
              account.reserved(),
              account.overage(),
              ReferenceAccount.moved(parts),
              referenceType,
              prefix == null ? null : CanonicalJson.id(prefix, customerId, referenceNumber),
              reason,
              metadata,
              lastAt);
      news.set(
          news.size() - 1,
          new Happening(
              happening.number(),
              happening.what(),
              happening.at(),
              happening.key(),
              happening.webhook(),
              happening.facts(),
              entry));
    }
  }
}
