package io.quotastack.engine.customer;

import io.quotastack.engine.changes.NewText;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.CanonicalJson;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerVerifier;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerCommand.CreateCustomer;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.Keyed;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.customer.CustomerCommand.SettleDue;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.customer.CustomerEvent.BlockActivated;
import io.quotastack.engine.customer.CustomerEvent.BlockExpired;
import io.quotastack.engine.customer.CustomerEvent.CreditGranted;
import io.quotastack.engine.customer.CustomerEvent.CustomerCreated;
import io.quotastack.engine.customer.CustomerEvent.CustomerUpdated;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.customer.ReferenceCustomer.Deposit;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.serialization.StoredJson;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Takes a sequence of steps with the engine and with the {@link ReferenceCustomer} at once. After
 * every step both must show the same, and everything that semantics 3 calls "always true" must hold
 * of what the engine has written.
 */
final class CustomerRun {
  static final UUID CUSTOMER_ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final List<String> METRICS = List.of("tokens", "images", "calls_2");

  private final CustomerDecider decider = new CustomerDecider(CUSTOMER_ID);
  private final ReferenceCustomer model = new ReferenceCustomer();
  private final LedgerVerifier verifier = new LedgerVerifier(CUSTOMER_ID);
  private final List<Keyed> asked = new ArrayList<>();
  private final Map<String, Instant> effectOfKey = new HashMap<>();
  private final Map<Long, BigInteger> originalOf = new HashMap<>();
  private final Map<Long, BigInteger> spentOf = new HashMap<>();
  private final Map<Long, BigInteger> expiredOf = new HashMap<>();
  private BigInteger sumOfDeltas = BigInteger.ZERO;
  private String lastHash = "0".repeat(64);
  private int checkedEvents;

  /** All events, as the journal has them. */
  final List<CustomerEvent> journal = new ArrayList<>();

  /** What became of all requests, in words. */
  final List<String> outcomes = new ArrayList<>();

  /** The steps that were taken, each setting of the clock as the time that passed by it. */
  final List<Step> taken = new ArrayList<>();

  private CustomerState state = CustomerState.NONE;
  private Instant wall = START;

  /** Takes all these steps. Fails at the first one after which something is wrong. */
  static CustomerRun of(List<Step> steps) {
    var run = new CustomerRun();
    for (Step step : steps) {
      Instant before = run.wall;
      run.take(step);
      run.check();
      run.taken.add(
          step instanceof Step.ClockToDue
              ? new Step.Clock(Duration.between(before, run.wall))
              : step);
    }
    return run;
  }

  private void take(Step step) {
    switch (step) {
      case Step.Clock clock -> wall = wall.plus(clock.by());
      case Step.ClockToDue to -> {
        Instant next = model.nextChange();
        Instant then = next == null ? wall : next.plus(to.further());
        if (then.isAfter(wall)) {
          wall = then;
        }
      }
      case Step.Judge judge -> judge(judge.asks());
      case Step.Look look -> look(wall.plus(look.ahead()));
      case Step.Restart restart -> state = restarted(restart.from());
    }
  }

  private void judge(List<Step.Ask> asks) {
    List<CustomerCommand> commands = asks.stream().map(this::command).toList();
    CustomerDecider.Decision decision = decider.decide(state, commands, wall);
    List<String> expected = commands.stream().map(command -> model.judge(command, wall)).toList();
    outcomes.addAll(expected);
    CustomerState before = state;
    for (CustomerEvent event : decision.events()) {
      state = state.apply(event);
      journal.add(event);
    }
    same("outcomes", decision.outcomes().stream().map(this::inWords).toList(), expected);
    same(
        "what was decided on and what the events give",
        decision.state().version(),
        state.version());
    same("its hash", decision.state().ledgerHash(), state.ledgerHash());
    holds("no event, no change", !decision.events().isEmpty() || decision.state().equals(before));
  }

  private String inWords(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done done -> {
        same("what was done", done.event(), journal.get((int) done.sequence() - 1));
        yield "done " + done.sequence();
      }
      case Outcome.Replayed replayed -> "replayed " + replayed.sequence();
      case Outcome.Settled ignored -> "settled";
      case Outcome.Refused refused ->
          "refused: "
              + switch (refused.refusal()) {
                case Refusal.CustomerNotFound ignored -> "customer not found";
                case Refusal.CustomerExists exists ->
                    "customer exists as " + fields(exists.profile()) + " " + exists.version();
                case Refusal.InsufficientCredits insufficient ->
                    "insufficient "
                        + insufficient.requiredMc()
                        + " of "
                        + insufficient.availableMc();
                case Refusal.AmountOutOfRange ignored -> "out of range";
                case Refusal.NoMeteringRule none -> "no rule for " + none.metricKey();
                case Refusal.TimestampOutOfRange ignored -> "timestamp";
                case Refusal.KeyReused ignored -> "key reused";
                case Refusal.InvalidField field -> "field " + field.pointer();
                case Refusal other -> throw new AssertionError("not asked for: " + other);
              };
    };
  }

  private CustomerCommand command(Step.Ask ask) {
    CustomerCommand command =
        switch (ask) {
          case Step.Ask.Retry retry ->
              asked.isEmpty()
                  ? new SettleDue()
                  : asked.get(Math.max(0, asked.size() - 1 - retry.back()));
          case Step.Ask.Reuse reuse -> {
            if (asked.isEmpty()) {
              yield fresh(reuse.other(), null);
            }
            Keyed first = asked.get(Math.max(0, asked.size() - 1 - reuse.back()));
            yield fresh(reuse.other(), first.request().key());
          }
          default -> fresh(ask, null);
        };
    if (command instanceof Keyed keyed) {
      asked.add(keyed);
    }
    return command;
  }

  private CustomerCommand fresh(Step.Ask ask, @Nullable String usedKey) {
    Instant now = model.now(wall);
    return switch (ask) {
      case Step.Ask.Create create ->
          new CreateCustomer(
              request(create.key(), usedKey),
              create.named() ? "acme" : null,
              "Acme",
              null,
              null,
              null,
              null,
              Map.of("tier", "gold"));
      case Step.Ask.Update update ->
          new UpdateCustomer(
              request(update.key(), usedKey),
              update.variant() % 2 == 0 ? null : new NewText("name " + update.variant()),
              update.variant() < 3 ? new NewText(null) : new NewText("a@b"),
              update.variant() < 6 ? null : new NewText("Europe/Berlin"),
              null,
              null,
              update.variant() == 4 ? Map.of("tier", "iron") : null);
      case Step.Ask.Grant grant ->
          new GrantCredits(
              request(grant.key(), usedKey),
              grant.creates() ? "acme" : null,
              grant.creditsMc(),
              grant.source(),
              grant.priority() % 2 == 0 ? null : "because\n\u0001\"of\" ü€",
              grant.priority(),
              plus(now, grant.effectiveIn()),
              plus(now, grant.expiresIn()),
              grant.expiresAfterSeconds(),
              grant.metricKeys(),
              grant.pricePaid(),
              grant.pricePaid() == null ? null : "EUR",
              grant.priority() % 3 == 0 ? Map.of("b", "2", "a", "\\", "é", "") : Map.of());
      case Step.Ask.Use use ->
          new RecordUsage(
              request(use.key(), usedKey),
              use.metricKey(),
              use.units(),
              use.price() == null
                  ? Pricing.NONE
                  : new Pricing(
                      List.of(
                          new MeteringRule(
                              "rul_1",
                              use.metricKey(),
                              1,
                              use.price(),
                              TierScope.EVENT,
                              List.of(),
                              use.rounding(),
                              START,
                              START))),
              Customers.burning(use.burnOrder()),
              plus(now, use.usedIn()),
              Map.of("model", "large"),
              use.key() % 2 == 0 ? Map.of() : Map.of("job", "j-" + use.key()));
      default -> new SettleDue();
    };
  }

  private static @Nullable Instant plus(Instant now, @Nullable Duration by) {
    return by == null ? null : now.plus(by);
  }

  private static RequestKey request(int key, @Nullable String usedKey) {
    return new RequestKey(usedKey == null ? "key-" + key : usedKey, 31L * key + 7);
  }

  /** Reads at that time of the wall clock; nothing is stored by it. */
  private void look(Instant at) {
    ReferenceCustomer then = model.copy();
    then.settle(at);
    CustomerState seen = decider.settled(state, at);
    checkSame(seen, then);
    for (BurnOrder order : BurnOrder.values()) {
      List<Long> expected = then.live(order).stream().map(block -> block.number).toList();
      CustomerView view = CustomerReader.answer(seen, new CustomerQuery.ReadCredits(order), at);
      if (then.profile == null) {
        same("view", view, new CustomerView.NotFound());
        continue;
      }
      var credits = (CustomerView.Credits) view;
      same("blocks", numbers(Objects.requireNonNull(credits.blocks())), expected);
      same("balance", BigInteger.valueOf(credits.balances().balanceMc()), then.balance());
      same("pages", pageByPage(seen, order), expected);
    }
  }

  private static List<Long> pageByPage(CustomerState seen, BurnOrder order) {
    var all = new ArrayList<Long>();
    CustomerQuery.BurnPlace after = null;
    while (true) {
      var page =
          (CustomerView.BlockPage)
              CustomerReader.answer(
                  seen, new CustomerQuery.ListBlocks(order, null, after, 2), seen.lastAt());
      all.addAll(numbers(page.blocks()));
      if (!page.hasMore()) {
        return all;
      }
      var last = page.blocks().getLast().terms();
      after =
          new CustomerQuery.BurnPlace(
              last.number(), last.priority(), last.expiresAt(), last.paid());
    }
  }

  private static List<Long> numbers(List<Block> blocks) {
    return blocks.stream().map(block -> block.terms().number()).toList();
  }

  private CustomerState restarted(Step.From from) {
    return switch (from) {
      case JOURNAL -> replayed(CustomerState.NONE, journal);
      case STORED_JOURNAL ->
          replayed(CustomerState.NONE, journal.stream().map(CustomerRun::stored).toList());
      case SNAPSHOT -> stored(state);
      case OLD_SNAPSHOT -> {
        int half = journal.size() / 2;
        CustomerState old = stored(replayed(CustomerState.NONE, journal.subList(0, half)));
        yield replayed(old, journal.subList(half, journal.size()));
      }
    };
  }

  static CustomerState replayed(CustomerState from, List<CustomerEvent> events) {
    CustomerState replayed = from;
    for (CustomerEvent event : events) {
      replayed = replayed.apply(event);
    }
    return replayed;
  }

  private static CustomerState stored(CustomerState state) {
    return StoredJson.read(StoredJson.write(CustomerSnapshot.of(state)), CustomerSnapshot.class)
        .state();
  }

  private static CustomerEvent stored(CustomerEvent event) {
    CustomerEvent read = StoredJson.read(StoredJson.write(event), event.getClass());
    same("read from JSON", read, event);
    return read;
  }

  private void check() {
    int firstNew = checkedEvents;
    for (; checkedEvents < journal.size(); checkedEvents++) {
      CustomerEvent before = checkedEvents == 0 ? null : journal.get(checkedEvents - 1);
      checkEvent(checkedEvents + 1L, before, journal.get(checkedEvents));
    }
    same("events", journal.size(), (int) state.version());
    same(
        "what the verifier says",
        verifier.verdict(state.ledgerSequence(), state.ledgerHash(), state.balanceMc()),
        new LedgerVerifier.Verdict(true, model.ledger.size(), lastHash, null, null));
    checkSame(state, model);
    checkInvariants();
    if (firstNew < checkedEvents) {
      METRICS.forEach(this::checkBurning);
    }
  }

  private void checkBurning(String metric) {
    same(
        "available for " + metric,
        BigInteger.valueOf(state.blocks().availableMc(metric)),
        model.available(metric));
    for (BurnOrder order : BurnOrder.values()) {
      var burning = new ArrayList<Long>();
      for (Block block : state.blocks().inBurnOrder(order, metric)) {
        burning.add(block.terms().number());
      }
      var expected = new ArrayList<Long>();
      for (ReferenceCustomer.Deposit deposit : model.burning(order, metric)) {
        expected.add(deposit.number);
      }
      same("burn order", burning, expected);
    }
  }

  private void checkEvent(long number, @Nullable CustomerEvent before, CustomerEvent event) {
    holds(
        "time never runs backwards inside a customer",
        before == null || !event.at().isBefore(before.at()));
    RequestKey request = event.request();
    if (request != null) {
      Instant earlier = effectOfKey.put(request.key(), event.at());
      holds(
          "invariant 5: a key changes state once within 24 hours",
          earlier == null
              || Duration.between(earlier, event.at()).compareTo(Duration.ofHours(24)) > 0);
    }
    LedgerEntry entry = event.entry();
    same(
        "has no entry",
        entry == null,
        event instanceof CustomerCreated || event instanceof CustomerUpdated);
    if (entry != null) {
      checkEntry(number, event, entry);
    }
  }

  private void checkEntry(long number, CustomerEvent event, LedgerEntry entry) {
    ReferenceCustomer.Entry expected = model.ledger.get((int) entry.sequence() - 1);
    Reference reference = Objects.requireNonNull(entry.reference());
    same(
        "reference",
        reference.id(),
        CanonicalJson.id(
            expected.referenceType().equals("block") ? "blk_" : "use_",
            CUSTOMER_ID,
            expected.referenceNumber()));
    var allocations = new ArrayList<String>();
    for (Allocation allocation : entry.allocations()) {
      allocations.add(allocation.block() + ":" + allocation.amountMc());
    }
    same(
        "ledger entry",
        new ReferenceCustomer.Entry(
            entry.number(),
            entry.sequence(),
            entry.type().wire(),
            BigInteger.valueOf(entry.delta()),
            BigInteger.valueOf(entry.balanceAfter()),
            allocations,
            reference.type(),
            expected.referenceNumber(),
            entry.reason(),
            entry.metadata(),
            entry.createdAt()),
        expected);
    same("number", entry.number(), number);
    same("created_at", entry.createdAt(), event.at());
    same("reserved_after", entry.reservedAfter(), 0L);
    same("overage_after", entry.overageAfter(), 0L);
    same("invariant 4: previous hash", entry.previousHash(), lastHash);
    same("invariant 4: hash", entry.hash(), CanonicalJson.hash(entry, CUSTOMER_ID));
    lastHash = entry.hash();
    sumOfDeltas = sumOfDeltas.add(BigInteger.valueOf(entry.delta()));
    verifier.accept(entry);
    for (Allocation allocation : entry.allocations()) {
      BigInteger amount = BigInteger.valueOf(allocation.amountMc());
      switch (event) {
        case CreditGranted granted -> {
          same("number of the block", granted.block().number(), number);
          same("allocated block", allocation.block(), number);
          originalOf.put(number, amount);
        }
        case BlockActivated activated ->
            same("activated", amount, originalOf.get(activated.block()));
        case BlockExpired expired -> expiredOf.merge(expired.block(), amount, BigInteger::add);
        case UsageRecorded ignored -> spentOf.merge(allocation.block(), amount, BigInteger::add);
        case CustomerCreated ignored -> throw new AssertionError("has no entry");
        case CustomerUpdated ignored -> throw new AssertionError("has no entry");
        case CustomerEvent other -> throw new AssertionError("not asked for: " + other);
      }
    }
    if (event instanceof UsageRecorded used) {
      same("cost", used.costMc(), -used.entry().delta());
    }
  }

  private void checkInvariants() {
    BigInteger remainingSum = BigInteger.ZERO;
    for (Map.Entry<Long, BigInteger> block : originalOf.entrySet()) {
      Block live = state.blocks().get(block.getKey());
      long remainingMc = live == null ? 0 : live.remainingMc();
      same(
          "invariant 2: what a block had is somewhere",
          BigInteger.valueOf(remainingMc)
              .add(spentOf.getOrDefault(block.getKey(), BigInteger.ZERO))
              .add(expiredOf.getOrDefault(block.getKey(), BigInteger.ZERO)),
          block.getValue());
      if (live != null) {
        holds("invariant 2: held", 0 <= live.heldMc() && live.heldMc() <= remainingMc);
        holds("what is used up leaves", remainingMc > 0);
        if (live.active()) {
          remainingSum = remainingSum.add(BigInteger.valueOf(remainingMc));
        }
      }
    }
    BigInteger balance = BigInteger.valueOf(state.balanceMc());
    same("invariant 1: balance and blocks", balance, remainingSum);
    same("invariant 1: balance and deltas", balance, sumOfDeltas);
    holds("invariant 3", state.effectiveBalanceMc() >= 0);
    holds("in range", state.balanceMc() <= 9_007_199_254_740_991L);
  }

  private static void checkSame(CustomerState state, ReferenceCustomer model) {
    same("profile", fields(state.profile()), model.profile);
    same("balance", BigInteger.valueOf(state.balanceMc()), model.balance());
    same("pending", BigInteger.valueOf(state.blocks().pendingMc()), model.pending());
    same("granted", BigInteger.valueOf(state.lifetimeGrantedMc()), model.granted);
    same("consumed", BigInteger.valueOf(state.lifetimeConsumedMc()), model.consumed);
    same("overage", state.overageMc(), 0L);
    same("ledger entries", state.ledgerSequence(), (long) model.ledger.size());
    same("webhooks", state.webhookSequence(), model.webhooks);
    same("version", state.version(), model.version);
    same("last event at", state.lastAt(), model.lastAt);
    Due nextDue = state.blocks().nextDue();
    same("next due", nextDue == null ? null : nextDue.at(), model.nextChange());
    var live = new ArrayList<Deposit>();
    for (Deposit deposit : model.deposits) {
      if (deposit.live()) {
        live.add(deposit);
      }
    }
    same("live blocks", state.blocks().size(), live.size());
    int at = 0;
    for (Block block : state.blocks().all()) {
      Deposit expected = live.get(at++);
      BlockTerms terms = block.terms();
      if (terms.number() != expected.number
          || block.active() != expected.active
          || terms.priority() != expected.priority
          || terms.paid() != expected.paid
          || !BigInteger.valueOf(block.remainingMc()).equals(expected.remaining)
          || !BigInteger.valueOf(terms.originalAmountMc()).equals(expected.original)
          || !terms.effectiveAt().equals(expected.effectiveAt)
          || !Objects.equals(terms.expiresAt(), expected.expiresAt)
          || !Objects.equals(terms.metricKeys(), expected.metricKeys)
          || !terms.metadata().equals(expected.metadata)) {
        throw new AssertionError(
            block + " should be " + expected.number + " with " + expected.remaining);
      }
    }
  }

  private static void holds(String what, boolean holds) {
    if (!holds) {
      throw new AssertionError("does not hold: " + what);
    }
  }

  /** As AssertJ would, but there are some hundred million of these. */
  private static void same(String what, @Nullable Object actual, @Nullable Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError(what + "\n    is " + actual + "\nshould be " + expected);
    }
  }

  private static @Nullable List<@Nullable Object> fields(@Nullable Profile profile) {
    return profile == null
        ? null
        : Arrays.asList(
            profile.externalId(),
            profile.displayName(),
            profile.email(),
            profile.timeZone(),
            profile.metadata(),
            profile.createdAt(),
            profile.updatedAt());
  }
}
