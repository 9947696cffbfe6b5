package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.CanonicalJson;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerVerifier;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.reservations.Reservation;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Holds what the engine writes and answers for one customer against the {@link ReferenceCustomer}
 * and against all that semantics 3 calls "always true", which it counts for itself from the ledger.
 * The state is that which the events give.
 */
final class CustomerCheck {
  private static final long MAX_MC = 9_007_199_254_740_991L;
  static final List<String> METRICS = List.of("tokens", "images", "calls_2");

  /** What became of a block, by the ledger. */
  private static final class Tally {
    long originalMc;
    long spentMc;
    long expiredMc;
    long voidedMc;
    long heldMc;
  }

  private final UUID customerId;
  private final @Nullable LedgerVerifier verifier;
  private final Map<String, Instant> effectOfKey = new HashMap<>();
  private final Set<String> payments = new HashSet<>();
  private final Map<Long, Tally> tallies = new HashMap<>();
  private long sumOfDeltasMc;
  private long entries;
  private String lastHash = "0".repeat(64);
  private Instant lastAt = Instant.EPOCH;
  private CustomerState state = CustomerState.NONE;

  /** What the customer must be. */
  final ReferenceCustomer model;

  /** What its journal says that requests refer to. */
  final JournalFacts facts = new JournalFacts();

  /** Has the verifier of ledgers look at each entry too. */
  static CustomerCheck withVerifier(UUID customerId) {
    return new CustomerCheck(customerId, new LedgerVerifier(customerId));
  }

  static CustomerCheck withoutVerifier(UUID customerId) {
    return new CustomerCheck(customerId, null);
  }

  private CustomerCheck(UUID customerId, @Nullable LedgerVerifier verifier) {
    this.customerId = customerId;
    this.model = new ReferenceCustomer(customerId);
    this.verifier = verifier;
  }

  /** The state that all events so far give. */
  CustomerState state() {
    return state;
  }

  /** Goes on with a state that was recovered; must be the same. */
  void recovered(CustomerState from) {
    same("recovered", withoutKeys(from), withoutKeys(state));
    for (String key : effectOfKey.keySet()) {
      same(
          "recovered key " + key,
          from.window().find(key, lastAt),
          state.window().find(key, lastAt));
    }
    for (String payment : payments) {
      same(
          "recovered " + payment,
          from.payments().find(payment, lastAt),
          state.payments().find(payment, lastAt));
    }
    state = from;
  }

  /** How keys are grouped in memory depends on when the state was last stored. */
  private static CustomerSnapshot withoutKeys(CustomerState of) {
    return CustomerSnapshot.of(
        new CustomerState(
            of.profile(),
            of.blocks(),
            of.reservations(),
            of.overage(),
            of.lifetimeGrantedMc(),
            of.lifetimeConsumedMc(),
            of.periods(),
            of.reversed(),
            of.voided(),
            IdempotencyWindow.endless(),
            of.autoTopup(),
            of.ledgerSequence(),
            of.ledgerHash(),
            of.webhookSequence(),
            of.version(),
            of.lastAt(),
            IdempotencyWindow.empty()));
  }

  /**
   * Holds a command that the engine has judged against the model, and all events up to its own.
   *
   * @param journal gives the event of that number
   * @return the outcome in words
   */
  String judged(
      CustomerCommand command, Outcome outcome, Instant wall, LongFunction<CustomerEvent> journal) {
    String expected = model.judge(command, wall);
    String actual = EventWords.outcome(outcome);
    if (!actual.equals(expected)) {
      throw new AssertionError("is " + actual + "\nshould be " + expected + "\n" + command);
    }
    takeNews(journal);
    if (outcome instanceof Outcome.Done done) {
      same("what was done", done.event(), journal.apply(done.sequence()));
    }
    return expected;
  }

  /**
   * Holds a command against the model whose answer got lost after it was judged.
   *
   * @param journal gives the event of that number
   * @return the outcome in words
   */
  String unanswered(CustomerCommand command, Instant wall, LongFunction<CustomerEvent> journal) {
    String expected = model.judge(command, wall);
    takeNews(journal);
    return expected;
  }

  /** How many events there must be once all that is due by then is written. */
  long versionAt(Instant wall) {
    model.settle(wall);
    return model.version;
  }

  /** Holds what time alone has done by then against the model. */
  void settled(Instant wall, LongFunction<CustomerEvent> journal) {
    model.settle(wall);
    takeNews(journal);
  }

  private void takeNews(LongFunction<CustomerEvent> journal) {
    List<Happening> news = model.takeNews();
    for (Happening expected : news) {
      long number = expected.number();
      CustomerEvent event = journal.apply(number);
      same("event", EventWords.of(number, event), expected);
      state = state.apply(event);
      facts.accept(number, event);
      checkEvent(event);
      checkInvariants();
    }
    if (news.isEmpty()) {
      return;
    }
    for (Block block : state.blocks().all()) {
      holds(
          "what has ended is there for its holds alone",
          block.ended() == null || block.remainingMc() == block.heldMc());
    }
    checkSame(state, model);
  }

  private void checkEvent(CustomerEvent event) {
    holds("time never runs backwards inside a customer", !event.at().isBefore(lastAt));
    lastAt = event.at();
    RequestKey request = event.request();
    if (request != null) {
      Instant earlier = effectOfKey.put(request.key(), event.at());
      holds(
          "invariant 5: a key changes state once within 24 hours",
          earlier == null
              || Duration.between(earlier, event.at()).compareTo(Duration.ofHours(24)) > 0);
    }
    if (event instanceof CustomerEvent.TopupGranted topup && topup.payment() != null) {
      holds("a payment is granted once for ever", payments.add(topup.payment().key()));
    }
    LedgerEntry entry = event.entry();
    if (entry != null) {
      checkEntry(event, entry);
    }
  }

  private void checkEntry(CustomerEvent event, LedgerEntry entry) {
    entries++;
    same("invariant 4: sequence", entry.sequence(), entries);
    same("invariant 4: previous hash", entry.previousHash(), lastHash);
    same("invariant 4: hash", entry.hash(), CanonicalJson.hash(entry, customerId));
    lastHash = entry.hash();
    sumOfDeltasMc = Math.addExact(sumOfDeltasMc, entry.delta());
    tally(event, entry);
    if (verifier != null) {
      verifier.accept(entry);
      same(
          "what the verifier says",
          verifier.verdict(state.ledgerSequence(), state.ledgerHash(), state.balanceMc()),
          new LedgerVerifier.Verdict(true, entries, lastHash, null, null));
    }
  }

  /** Counts, from what the entry and its event tell, where the credits of each block went. */
  private void tally(CustomerEvent event, LedgerEntry entry) {
    switch (event) {
      case CustomerEvent.CreditGranted granted -> begin(granted.block());
      case CustomerEvent.TopupGranted topup -> begin(topup.block());
      case CustomerEvent.CreditAdjusted adjusted -> {
        BlockTerms made = adjusted.block();
        if (made == null) {
          spend(entry.allocations(), 1);
        } else {
          begin(made);
        }
      }
      case CustomerEvent.BlockActivated activated ->
          same("activated", entry.delta(), tallyOf(activated.block()).originalMc);
      case CustomerEvent.BlockExpired ignored ->
          entry.allocations().forEach(each -> tallyOf(each.block()).expiredMc += each.amountMc());
      case CustomerEvent.BlockVoided ignored ->
          entry.allocations().forEach(each -> tallyOf(each.block()).voidedMc += each.amountMc());
      case CustomerEvent.UsageRecorded ignored -> spend(entry.allocations(), 1);
      case CustomerEvent.OverageSettled ignored -> spend(entry.allocations(), 1);
      case CustomerEvent.ReservationCaptured captured -> {
        spend(entry.allocations(), 1);
        hold(captured.fromHeld(), -1);
        hold(captured.returned(), -1);
      }
      case CustomerEvent.UsageReversed back -> {
        BlockTerms refund = back.refund();
        var returned = new ArrayList<>(entry.allocations());
        if (refund != null) {
          begin(refund);
          returned.removeIf(each -> each.block() == refund.number());
        }
        spend(returned, -1);
      }
      case CustomerEvent.CreditsReserved ignored -> hold(entry.allocations(), 1);
      case CustomerEvent.ReservationReleased ignored -> hold(entry.allocations(), -1);
      case CustomerEvent.OverageBooked ignored -> {}
      case CustomerEvent.CustomerCreated ignored -> throw new AssertionError("has no entry");
      case CustomerEvent.CustomerUpdated ignored -> throw new AssertionError("has no entry");
      case CustomerEvent.ReservationExtended ignored -> throw new AssertionError("has no entry");
      case CustomerEvent.AutoTopupSet ignored -> throw new AssertionError("has no entry");
      case CustomerEvent.TopupRequested ignored -> throw new AssertionError("has no entry");
      case CustomerEvent.TopupRefused ignored -> throw new AssertionError("has no entry");
    }
    for (Allocation each : entry.allocations()) {
      holds("an allocation moves something", each.amountMc() > 0);
      check(each.block(), tallyOf(each.block()));
    }
  }

  private void begin(BlockTerms terms) {
    var tally = new Tally();
    tally.originalMc = terms.originalAmountMc();
    holds("a block is made once", tallies.put(terms.number(), tally) == null);
  }

  private void spend(List<Allocation> allocations, int sign) {
    allocations.forEach(each -> tallyOf(each.block()).spentMc += sign * each.amountMc());
  }

  private void hold(List<Allocation> allocations, int sign) {
    allocations.forEach(each -> tallyOf(each.block()).heldMc += sign * each.amountMc());
  }

  private Tally tallyOf(long block) {
    return Objects.requireNonNull(tallies.get(block));
  }

  /** Invariant 2. */
  private void check(long number, Tally tally) {
    Block live = state.blocks().get(number);
    long remainingMc = live == null ? 0 : live.remainingMc();
    holds(
        "invariant 2: what a block had is somewhere",
        remainingMc + tally.spentMc + tally.expiredMc + tally.voidedMc == tally.originalMc);
    holds(
        "invariant 2: what is held of it is what holds took and let go",
        (live == null ? 0 : live.heldMc()) == tally.heldMc);
    holds("invariant 2: held", 0 <= tally.heldMc && tally.heldMc <= remainingMc);
    holds(
        "nothing is gone that never was",
        tally.spentMc >= 0 && tally.expiredMc >= 0 && tally.voidedMc >= 0);
  }

  /** A block that is not live and was not moved is what it was when it was last looked at. */
  private void checkInvariants() {
    long remainingMc = 0;
    long heldMc = 0;
    for (Block block : state.blocks().all()) {
      check(block.terms().number(), tallyOf(block.terms().number()));
      holds("what is used up leaves", block.remainingMc() > 0);
      heldMc += block.heldMc();
      if (block.isPending()) {
        holds("what is pending is not held", block.heldMc() == 0);
      } else {
        remainingMc += block.remainingMc();
      }
    }
    same("invariant 1: balance and blocks", state.balanceMc(), remainingMc);
    same("invariant 1: balance and deltas", state.balanceMc(), sumOfDeltasMc);
    same("reserved and blocks", state.blocks().heldMc(), heldMc);
    long reservedMc = 0;
    for (Reservation reservation : state.reservations().all()) {
      reservedMc += reservation.heldMc();
    }
    same("reserved and reservations", reservedMc, heldMc);
    holds("invariant 3: nothing is spent twice", state.effectiveBalanceMc() >= 0);
    holds("overage", state.overageMc() >= 0);
    holds("in range", state.balanceMc() <= MAX_MC && state.overageMc() <= MAX_MC);
  }

  /** Whether the state is what the model is. */
  static void checkSame(CustomerState state, ReferenceCustomer model) {
    ReferenceAccount account = model.account;
    same("profile", EventWords.profile(state.profile()), model.profile);
    same("balance", EventWords.big(state.balanceMc()), account.balance());
    same("reserved", EventWords.big(state.blocks().heldMc()), account.reserved());
    same("overage", EventWords.big(state.overageMc()), account.overage());
    same(
        "for the next grant",
        EventWords.big(state.overage().nextGrantMc()),
        account.owedToNextGrant);
    same("pending", EventWords.big(state.blocks().pendingMc()), account.pending());
    same("granted", EventWords.big(state.lifetimeGrantedMc()), account.granted);
    same("consumed", EventWords.big(state.lifetimeConsumedMc()), account.consumed);
    same("ledger entries", state.ledgerSequence(), model.entries);
    same("webhooks", state.webhookSequence(), model.webhooks);
    same("version", state.version(), model.version);
    same("last event at", state.lastAt(), model.lastAt);
    Due nextDue = state.nextDue();
    same("next due", nextDue == null ? null : nextDue.at(), model.nextChange());
    same("auto-topup", EventWords.autoTopup(state.autoTopup()), model.topups.inWords());
    checkBlocks(state, account);
    checkReservations(state, account);
  }

  private static void checkBlocks(CustomerState state, ReferenceAccount account) {
    List<ReferenceAccount.Deposit> live = account.live();
    same("live blocks", state.blocks().size(), live.size());
    int at = 0;
    for (Block block : state.blocks().all()) {
      ReferenceAccount.Deposit expected = live.get(at++);
      String ended = block.ended() == null ? null : block.status().name();
      if (block.terms().number() != expected.number
          || block.active() != expected.active()
          || !Objects.equals(ended, expected.ended)
          || !EventWords.big(block.remainingMc()).equals(expected.remaining)
          || !EventWords.big(block.heldMc()).equals(account.held(expected))) {
        throw new AssertionError(block + " should be " + expected);
      }
    }
  }

  private static void checkReservations(CustomerState state, ReferenceAccount account) {
    same("active reservations", state.reservations().size(), account.holds.size());
    int at = 0;
    for (Reservation reservation : state.reservations().all()) {
      ReferenceAccount.Hold expected = account.holds.get(at++);
      same("reservation", EventWords.reservation(reservation), expected.inWords());
      same(
          "its price",
          EventWords.price(reservation.quote()),
          ReferenceCustomer.priceInWords(expected));
    }
  }

  /** What is not looked at after every step: terms, units, reversals, and what would burn. */
  void checkDetails(Instant now) {
    checkDetails(state, model, now);
  }

  static void checkDetails(CustomerState state, ReferenceCustomer model, Instant now) {
    List<ReferenceAccount.Deposit> live = model.account.live();
    int at = 0;
    for (Block block : state.blocks().all()) {
      same("terms", EventWords.terms(block.terms()), live.get(at++).terms);
    }
    var reversed = new HashMap<Long, BigInteger>();
    state.reversed().forEach((usage, mc) -> reversed.put(usage, EventWords.big(mc)));
    same("reversed", reversed, model.reversed());
    for (String metric : METRICS) {
      same(
          "units of " + metric,
          Happening.plain(state.unitsInPeriod(metric, now)),
          Happening.plain(model.unitsInMonth(metric, now)));
      checkBurning(state, model, metric);
    }
    checkBurning(state, model, null);
  }

  private static void checkBurning(
      CustomerState state, ReferenceCustomer model, @Nullable String metric) {
    same(
        "available for " + metric,
        EventWords.big(state.blocks().availableMc(metric)),
        model.account.available(metric));
    for (BurnOrder order : BurnOrder.values()) {
      var burning = new ArrayList<Long>();
      for (Block block : state.blocks().inBurnOrder(order, metric)) {
        burning.add(block.terms().number());
      }
      var expected = new ArrayList<Long>();
      for (ReferenceAccount.Deposit deposit : model.account.burning(order, metric)) {
        expected.add(deposit.number);
      }
      same("burn order", burning, expected);
    }
  }

  static void holds(String what, boolean holds) {
    if (!holds) {
      throw new AssertionError("does not hold: " + what);
    }
  }

  /** As AssertJ would, but there are some hundred million of these. */
  static void same(String what, @Nullable Object actual, @Nullable Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError(what + "\n    is " + actual + "\nshould be " + expected);
    }
  }
}
