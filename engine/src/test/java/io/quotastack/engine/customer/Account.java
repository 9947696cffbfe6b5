package io.quotastack.engine.customer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerCommand.AdjustCredits;
import io.quotastack.engine.customer.CustomerCommand.Commit;
import io.quotastack.engine.customer.CustomerCommand.Extend;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.GrantTopup;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.customer.CustomerCommand.Release;
import io.quotastack.engine.customer.CustomerCommand.Reserve;
import io.quotastack.engine.customer.CustomerCommand.ReverseUsage;
import io.quotastack.engine.customer.CustomerCommand.SettleDue;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.customer.CustomerCommand.VoidBlock;
import io.quotastack.engine.customer.CustomerEvent.ReservationCaptured;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.customer.CustomerEvent.UsageReversed;
import io.quotastack.engine.customer.CustomerEvent.Used;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.serialization.StoredJson;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A customer whose account a test leads through its life. After every command all that semantics 3
 * calls "always true" is checked from the ledger alone, every event and the state are read back
 * from what would be stored, and what a look at that moment shows is compared with what is written.
 */
final class Account {
  static final UUID ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");

  private final CustomerDecider decider = new CustomerDecider(ID);
  private final Map<Long, Long> originalOf = new HashMap<>();
  private final Map<Long, Long> spentOf = new HashMap<>();
  private final Map<Long, Long> lostOf = new HashMap<>();
  private long sumOfDeltas;
  private String lastHash = LedgerHash.GENESIS;
  private long entries;
  private int requests;
  private int seen;

  /** All events, as the journal has them. */
  final List<CustomerEvent> journal = new ArrayList<>();

  /** The wall clock. */
  Instant wall = Customers.START;

  /** The tenant's terms, as each command brings them. */
  AccountPolicy policy = AccountPolicy.DEFAULT;

  /** The rule that prices {@code tokens}; null = none does. */
  @Nullable MeteringRule rule = Customers.ONE_MC;

  CustomerState state = CustomerState.NONE;

  /** An account of a customer who exists, so that the first grant makes block 2. */
  static Account opened() {
    var account = new Account();
    account.done(Customers.newCustomer("open"));
    return account;
  }

  // The tenant's terms.

  Account allow() {
    return terms(OveragePolicy.ALLOW, null);
  }

  Account allow(long maxMc) {
    return terms(OveragePolicy.ALLOW, maxMc);
  }

  Account tell(@Nullable Long maxMc) {
    return terms(OveragePolicy.NOTIFY, maxMc);
  }

  /** The cap means nothing unless the customer's own policy is another. */
  Account blockWithCap(long maxMc) {
    return terms(OveragePolicy.BLOCK, maxMc);
  }

  private Account terms(OveragePolicy overage, @Nullable Long maxMc) {
    policy =
        new AccountPolicy(
            policy.burnOrder(), overage, maxMc, policy.overageSettlement(), policy.timeZone());
    return this;
  }

  Account invoice(String zone) {
    policy =
        new AccountPolicy(
            policy.burnOrder(),
            policy.overagePolicy(),
            policy.maxOverageMc(),
            OverageSettlement.INVOICE,
            ZoneId.of(zone));
    return this;
  }

  Account nextGrant() {
    policy =
        new AccountPolicy(
            policy.burnOrder(),
            policy.overagePolicy(),
            policy.maxOverageMc(),
            OverageSettlement.NEXT_GRANT,
            policy.timeZone());
    return this;
  }

  Account burning(BurnOrder order) {
    policy =
        new AccountPolicy(
            order,
            policy.overagePolicy(),
            policy.maxOverageMc(),
            policy.overageSettlement(),
            policy.timeZone());
    return this;
  }

  // Time.

  void pass(Duration time) {
    wall = wall.plus(time);
  }

  /** Writes down what time has done by then. */
  void settleAt(Instant then) {
    wall = then;
    assertThat(judge(new SettleDue())).isEqualTo(new Outcome.Settled());
  }

  // Commands of which only what a test is about is told. Each has a key of its own.

  RequestKey key() {
    requests++;
    return Customers.request("request-" + requests);
  }

  private String text() {
    return key().key();
  }

  /** Grants that much for anything and for ever; its number. */
  long granted(long creditsMc) {
    return granted(creditsMc, null);
  }

  long granted(long creditsMc, @Nullable Instant expiresAt) {
    return numberOf(done(Customers.grant(text(), creditsMc, 0, expiresAt)));
  }

  long grantedFor(String metricKey, long creditsMc) {
    return grantedFor(metricKey, creditsMc, null);
  }

  long grantedFor(String metricKey, long creditsMc, @Nullable Instant expiresAt) {
    return numberOf(
        done(
            Customers.grant(text(), creditsMc, 0, null, expiresAt, null, Set.of(metricKey), null)));
  }

  long promised(long creditsMc, Instant effectiveAt) {
    return promised(creditsMc, effectiveAt, null);
  }

  long promised(long creditsMc, Instant effectiveAt, @Nullable Instant expiresAt) {
    return numberOf(done(promise(creditsMc, effectiveAt, expiresAt)));
  }

  GrantCredits promise(long creditsMc, Instant effectiveAt, @Nullable Instant expiresAt) {
    return Customers.grant(text(), creditsMc, 0, effectiveAt, expiresAt, null, null, null);
  }

  RecordUsage use(long units) {
    return use("tokens", BigDecimal.valueOf(units), Map.of());
  }

  RecordUsage use(String metricKey, BigDecimal units, Map<String, String> properties) {
    return new RecordUsage(key(), metricKey, units, pricing(), policy, null, properties, Map.of());
  }

  UsageRecorded used(long units) {
    return (UsageRecorded) done(use(units));
  }

  Pricing pricing() {
    return rule == null ? Pricing.NONE : new Pricing(List.of(rule));
  }

  AdjustCredits adjust(long deltaMc) {
    return new AdjustCredits(key(), deltaMc, "a mistake", policy.burnOrder(), Map.of());
  }

  VoidBlock voiding(long block) {
    return new VoidBlock(key(), block, "fraud");
  }

  /** What the API makes of the number of a usage event, out of the journal. */
  ReverseUsage reverse(long usage, @Nullable Long creditsMc) {
    var used = (Used) journal.get((int) usage - 1);
    List<BlockTerms> blocks =
        used.entry().allocations().stream()
            .map(Allocation::block)
            .distinct()
            .map(this::termsOf)
            .toList();
    return new ReverseUsage(
        key(),
        usage,
        Objects.requireNonNull(used.metricKey()),
        creditsMc,
        "unhappy",
        used.costMc(),
        used.overageMc(),
        used.entry().allocations(),
        blocks);
  }

  UsageReversed reversed(Used usage, @Nullable Long creditsMc) {
    return (UsageReversed) done(reverse(numberOf(usage), creditsMc));
  }

  BlockTerms termsOf(long block) {
    BlockTerms terms = journal.get((int) block - 1).madeBlock();
    if (terms == null) {
      throw new AssertionError("event " + block + " made no block");
    }
    return terms;
  }

  Reserve reserve(long units) {
    return reserve(BigDecimal.valueOf(units), Map.of(), 300);
  }

  Reserve reserve(BigDecimal units, Map<String, String> properties, long ttlSeconds) {
    return new Reserve(
        key(), "tokens", units, null, pricing(), policy, ttlSeconds, properties, Map.of());
  }

  Reserve reserveCredits(long creditsMc) {
    return new Reserve(key(), null, null, creditsMc, Pricing.NONE, policy, 300, Map.of(), Map.of());
  }

  /** Reserves that many tokens for five minutes; its number. */
  long reserved(long units) {
    return numberOf(done(reserve(units)));
  }

  long reservedCredits(long creditsMc) {
    return numberOf(done(reserveCredits(creditsMc)));
  }

  Commit commit(long reservation) {
    return new Commit(key(), reservation, null, null, true, policy, Map.of());
  }

  Commit commit(long reservation, long units) {
    return new Commit(key(), reservation, BigDecimal.valueOf(units), null, true, policy, Map.of());
  }

  Commit commitCredits(long reservation, long creditsMc) {
    return new Commit(key(), reservation, null, creditsMc, true, policy, Map.of());
  }

  /** Captures a part: the reservation stays active. */
  Commit part(long reservation, String units) {
    return new Commit(key(), reservation, new BigDecimal(units), null, false, policy, Map.of());
  }

  Commit partCredits(long reservation, long creditsMc) {
    return new Commit(key(), reservation, null, creditsMc, false, policy, Map.of());
  }

  ReservationCaptured captured(Commit commit) {
    return (ReservationCaptured) done(commit);
  }

  Release release(long reservation) {
    return new Release(key(), reservation, null);
  }

  Extend extend(long reservation, long ttlSeconds) {
    return new Extend(key(), reservation, ttlSeconds);
  }

  Reservation reservation(long number) {
    Reservation found = state.reservations().get(number);
    if (found == null) {
      throw new AssertionError("reservation " + number + " is not active");
    }
    return found;
  }

  /** A topup of credits as such under that payment id. */
  GrantTopup topup(@Nullable String payment, long creditsMc, long bonusMc) {
    return new GrantTopup(
        key(),
        "acme",
        payment == null ? null : new RequestKey(payment, 100 * creditsMc + bonusMc),
        null,
        creditsMc,
        bonusMc,
        new BigDecimal("9.90"),
        "EUR",
        0,
        null,
        null,
        null,
        Map.of());
  }

  /** The customer's own terms; null = as the tenant has it. */
  void own(@Nullable OveragePolicy overage, @Nullable Long maxMc, @Nullable String zone) {
    done(
        new UpdateCustomer(
            key(),
            null,
            null,
            new NewValue<>(zone),
            new NewValue<>(overage),
            new NewValue<>(maxMc),
            null));
  }

  // What becomes of them.

  Outcome judge(CustomerCommand command) {
    CustomerState before = state;
    CustomerState looked = decider.settled(state, wall);
    Instant bound = DueBound.of(state, List.of(command), wall);
    CustomerDecider.Decision decision = decider.decide(state, List.of(command), wall);
    for (CustomerEvent event : decision.events()) {
      state = state.apply(event);
      journal.add(event);
      check(event);
    }
    check(decision, before);
    checkAlarm(before.nextDue(), bound);
    if (decision.outcomes().getFirst() instanceof Outcome.Refused) {
      assertThat(CustomerSnapshot.of(state))
          .as("a refused command leaves what time has done and no more")
          .isEqualTo(CustomerSnapshot.of(looked));
    }
    return decision.outcomes().getFirst();
  }

  CustomerEvent done(CustomerCommand command) {
    Outcome outcome = judge(command);
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    var done = (Outcome.Done) outcome;
    assertThat(journal.get((int) done.sequence() - 1)).isEqualTo(done.event());
    return done.event();
  }

  Refusal refused(CustomerCommand command) {
    Outcome outcome = judge(command);
    assertThat(outcome).isInstanceOf(Outcome.Refused.class);
    return ((Outcome.Refused) outcome).refusal();
  }

  /** The number of that event in the journal: that of what it made. */
  long numberOf(CustomerEvent event) {
    return journal.lastIndexOf(event) + 1L;
  }

  /** From here on {@link #ledger} tells. */
  void mark() {
    seen = journal.size();
  }

  List<CustomerEvent> events() {
    return List.copyOf(journal.subList(seen, journal.size()));
  }

  /**
   * The ledger entries since the mark, in words: type, delta, allocations, what is there after it
   * (balance / reserved / overage), what it is about, and the reason.
   */
  List<String> ledger() {
    return events().stream()
        .map(CustomerEvent::entry)
        .filter(entry -> entry != null)
        .map(this::inWords)
        .toList();
  }

  /** As {@link #ledger}, each with its instant in front, as seconds after the start. */
  List<String> datedLedger() {
    return events().stream()
        .map(CustomerEvent::entry)
        .filter(entry -> entry != null)
        .map(entry ->
            Duration.between(Customers.START, entry.createdAt()).toSeconds()
                + "s "
                + inWords(entry))
        .toList();
  }

  String inWords(LedgerEntry entry) {
    String moved =
        entry.allocations().stream()
            .map(allocation -> allocation.block() + ":" + allocation.amountMc())
            .collect(Collectors.joining(" ", "[", "]"));
    return "%s %d %s = %d/%d/%d%s%s"
        .formatted(
            entry.type().wire(),
            entry.delta(),
            moved,
            entry.balanceAfter(),
            entry.reservedAfter(),
            entry.overageAfter(),
            about(entry.reference()),
            entry.reason() == null ? "" : " (" + entry.reason() + ")");
  }

  private String about(@Nullable Reference reference) {
    if (reference == null) {
      return "";
    }
    OwnedId.Kind kind =
        switch (reference.type()) {
          case "block" -> OwnedId.Kind.BLOCK;
          case "usage" -> OwnedId.Kind.USAGE_EVENT;
          case "reservation" -> OwnedId.Kind.RESERVATION;
          default -> throw new AssertionError("refers to what? " + reference);
        };
    OwnedId id = kind.parse(reference.id());
    assertThat(id).isNotNull();
    assertThat(id.customerId()).isEqualTo(ID);
    return " " + reference.type() + " " + id.number();
  }

  /** Balance / reserved / overage. */
  String sums() {
    return state.balanceMc() + "/" + state.blocks().heldMc() + "/" + state.overageMc();
  }

  // What must always hold.

  private void check(CustomerDecider.Decision decision, CustomerState before) {
    CustomerSnapshot stored = CustomerSnapshot.of(state);
    assertThat(CustomerSnapshot.of(decision.state())).isEqualTo(stored);
    if (decision.events().isEmpty()) {
      assertThat(stored).as("no event, no change").isEqualTo(CustomerSnapshot.of(before));
    }
    CustomerState restarted =
        StoredJson.read(StoredJson.write(stored), CustomerSnapshot.class).state();
    assertThat(CustomerSnapshot.of(restarted)).isEqualTo(stored);
    assertThat(restarted.balanceMc()).isEqualTo(state.balanceMc());
    assertThat(restarted.effectiveBalanceMc()).isEqualTo(state.effectiveBalanceMc());
    assertThat(restarted.blocks().availableMc("tokens"))
        .isEqualTo(state.blocks().availableMc("tokens"));
    assertThat(restarted.nextDue()).isEqualTo(state.nextDue());
    assertThat(state.isDue(state.now(wall))).as("all that was due is written").isFalse();
  }

  /** Of what becomes due by a command there is an alarm before the command is judged. */
  private void checkAlarm(@Nullable Due before, @Nullable Instant bound) {
    Due next = state.nextDue();
    if (next != null) {
      assertThat(
              (before != null && !before.at().isAfter(next.at()))
                  || (bound != null && !bound.isAfter(next.at())))
          .as("an alarm for %s: before it was %s, the bound %s", next, before, bound)
          .isTrue();
    }
  }

  private void check(CustomerEvent event) {
    assertThat(StoredJson.read(StoredJson.write(event), event.getClass())).isEqualTo(event);
    assertThat(state.version()).isEqualTo(journal.size());
    assertThat(state.lastAt()).isEqualTo(event.at());
    if (journal.size() > 1) {
      assertThat(event.at()).isAfterOrEqualTo(journal.get(journal.size() - 2).at());
    }
    BlockTerms made = event.madeBlock();
    if (made != null) {
      assertThat(made.number())
          .as("a block has the number of its event")
          .isEqualTo(state.version());
      originalOf.put(made.number(), made.originalAmountMc());
    }
    LedgerEntry entry = event.entry();
    if (entry != null) {
      checkEntry(event, entry);
    }
    checkInvariants();
  }

  private void checkEntry(CustomerEvent event, LedgerEntry entry) {
    entries++;
    assertThat(entry.sequence()).as("no gap").isEqualTo(entries);
    assertThat(entry.number()).isEqualTo(state.version());
    assertThat(entry.createdAt()).isEqualTo(event.at());
    assertThat(entry.previousHash()).isEqualTo(lastHash);
    assertThat(entry.hash()).isEqualTo(LedgerHash.of(entry, ID)).isEqualTo(state.ledgerHash());
    lastHash = entry.hash();
    sumOfDeltas += entry.delta();
    assertThat(entry.balanceAfter()).isEqualTo(state.balanceMc());
    assertThat(entry.reservedAfter()).isEqualTo(state.blocks().heldMc());
    assertThat(entry.overageAfter()).isEqualTo(state.overageMc());
    assertThat(entry.allocations())
        .as("a block stands once")
        .extracting(Allocation::block)
        .doesNotHaveDuplicates();
    assertThat(entry.allocations()).allMatch(allocation -> allocation.amountMc() > 0);
    long movedMc = entry.allocations().stream().mapToLong(Allocation::amountMc).sum();
    boolean pending =
        entry.delta() == 0
            && (event instanceof CustomerEvent.BlockVoided
                || event instanceof CustomerEvent.CreditGranted);
    switch (entry.type()) {
      case GRANT, ADJUST, REVERSE, DEBIT, CAPTURE, EXPIRE, VOID, SETTLE ->
          assertThat(pending ? 0 : movedMc).isEqualTo(Math.abs(entry.delta()));
      case HOLD, RELEASE, OVERAGE -> assertThat(entry.delta()).isZero();
    }
    for (Allocation allocation : entry.allocations()) {
      long block = allocation.block();
      switch (entry.type()) {
        case GRANT, HOLD, RELEASE, OVERAGE -> {}
        case DEBIT, CAPTURE, SETTLE -> spentOf.merge(block, allocation.amountMc(), Long::sum);
        case ADJUST -> {
          if (entry.delta() < 0) {
            spentOf.merge(block, allocation.amountMc(), Long::sum);
          }
        }
        case EXPIRE, VOID -> lostOf.merge(block, allocation.amountMc(), Long::sum);
        case REVERSE -> {
          if (block != entry.number()) {
            spentOf.merge(block, -allocation.amountMc(), Long::sum);
          }
        }
      }
    }
  }

  private void checkInvariants() {
    long balanceMc = 0;
    long heldMc = 0;
    for (Map.Entry<Long, Long> block : originalOf.entrySet()) {
      Block live = state.blocks().get(block.getKey());
      long remainingMc = live == null ? 0 : live.remainingMc();
      long spentMc = spentOf.getOrDefault(block.getKey(), 0L);
      long lostMc = lostOf.getOrDefault(block.getKey(), 0L);
      assertThat(remainingMc + spentMc + lostMc)
          .as("block %d: original = remaining + spent + expired + voided", block.getKey())
          .isEqualTo(block.getValue());
      assertThat(spentMc).isNotNegative();
      if (live != null) {
        balanceMc += live.isPending() ? 0 : remainingMc;
        heldMc += live.heldMc();
        assertThat(live.heldMc()).isBetween(0L, remainingMc);
      }
    }
    assertThat(state.balanceMc()).isEqualTo(balanceMc).isEqualTo(sumOfDeltas);
    assertThat(state.blocks().heldMc())
        .isEqualTo(heldMc)
        .isEqualTo(state.reservations().all().stream().mapToLong(Reservation::heldMc).sum());
    assertThat(state.effectiveBalanceMc()).isNotNegative();
    assertThat(state.overageMc()).isNotNegative();
    assertThat(state.overage().nextGrantMc()).isNotNegative();
    assertThat(state.overage().invoiceMc()).isNotNegative();
    assertThat(state.overage().clearsAt() == null).isEqualTo(state.overage().invoiceMc() == 0);
    assertThat(state.lifetimeConsumedMc()).isNotNegative();
    for (Reservation reservation : state.reservations().all()) {
      for (Allocation held : reservation.held()) {
        assertThat(state.blocks().get(held.block())).isNotNull();
      }
    }
  }
}
