package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.CustomerCheck.holds;
import static io.quotastack.engine.customer.CustomerCheck.same;

import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.serialization.StoredJson;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Takes a sequence of steps with the engine and with the {@link ReferenceCustomer} at once. After
 * every step both must show the same, and everything that semantics 3 calls "always true" must hold
 * of what the engine has written.
 */
final class CustomerRun {
  static final UUID CUSTOMER_ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");

  private final CustomerDecider decider = new CustomerDecider(CUSTOMER_ID);
  private final CustomerCheck check = CustomerCheck.withVerifier(CUSTOMER_ID);
  private final ReferenceCustomer model = check.model;
  private final AskedCommands asked = new AskedCommands(check.facts);

  /** All events, as the journal has them. */
  final List<CustomerEvent> journal = new ArrayList<>();

  /** What became of all requests, in words. */
  final List<String> outcomes = new ArrayList<>();

  /** The steps that were taken: settings of the clock as time, requests as exact commands. */
  final List<Step> taken = new ArrayList<>();

  /** The alarms that are set and have not rung, as the gate would have them. */
  private final NavigableSet<Instant> alarms = new TreeSet<>();

  private Instant judgedAt = Instant.EPOCH;
  private Instant wall = Customers.START;

  /** Takes all these steps. Fails at the first one after which something is wrong. */
  static CustomerRun of(List<Step> steps) {
    var run = new CustomerRun();
    for (Step step : steps) {
      run.take(step);
      run.check.checkDetails(run.model.now(run.wall));
    }
    return run;
  }

  private void take(Step step) {
    switch (step) {
      case Step.Clock clock -> pass(clock.by());
      case Step.ClockToDue to -> {
        Instant next = model.nextChange();
        passTo(next == null ? wall : next.plus(to.further()));
      }
      case Step.ClockToMonth to ->
          passTo(
              wall.atZone(to.zone())
                  .toLocalDate()
                  .withDayOfMonth(1)
                  .plusMonths(1)
                  .atStartOfDay(to.zone())
                  .toInstant()
                  .plus(to.further()));
      case Step.Judge judge -> {
        Instant now = model.now(wall);
        judge(judge.asks().stream().map(ask -> asked.command(ask, now)).toList());
      }
      case Step.Exact exact -> judge(exact.commands());
      case Step.Look look -> look(wall.plus(look.ahead()));
      case Step.Check may -> mayUse(may.use());
      case Step.Restart restart -> check.recovered(restarted(restart.from()));
    }
  }

  private void passTo(Instant then) {
    if (then.isAfter(wall)) {
      pass(Duration.between(wall, then));
    }
  }

  private void pass(Duration time) {
    wall = wall.plus(time);
    taken.add(new Step.Clock(time));
  }

  private void judge(List<CustomerCommand> commands) {
    taken.add(new Step.Exact(commands));
    CustomerState before = check.state();
    ringAlarms();
    Instant bound = DueBound.of(before, commands, wall);
    if (bound != null) {
      setAlarm(bound);
    }
    CustomerDecider.Decision decision = decider.decide(before, commands, wall);
    journal.addAll(decision.events());
    same("outcomes", decision.outcomes().size(), commands.size());
    for (int i = 0; i < commands.size(); i++) {
      Outcome outcome = decision.outcomes().get(i);
      outcomes.add(
          check.judged(commands.get(i), outcome, wall, number -> journal.get((int) number - 1)));
    }
    CustomerState after = check.state();
    same("events", journal.size(), (int) after.version());
    same("what was decided on", decision.state().version(), after.version());
    same("its hash", decision.state().ledgerHash(), after.ledgerHash());
    same("states", decision.states().size(), decision.events().size());
    holds("no event, no change", !decision.events().isEmpty() || decision.state().equals(before));
    Due due = after.nextDue();
    holds(
        due + " has had an alarm before it was written",
        due == null || alarms.floor(due.at()) != null);
  }

  /**
   * What rings is there until all that was due is written; then what is due next has an alarm. So
   * an alarm of a time at which something was judged has rung by now.
   */
  private void ringAlarms() {
    if (alarms.floor(judgedAt) != null) {
      alarms.headSet(judgedAt, true).clear();
      Due next = check.state().nextDue();
      if (next != null) {
        setAlarm(next.at());
      }
    }
    judgedAt = wall;
  }

  private void setAlarm(Instant at) {
    if (alarms.floor(at) == null) {
      alarms.add(at);
    }
  }

  /** Reads at that time of the wall clock; nothing is stored by it. */
  private void look(Instant at) {
    ReferenceCustomer then = model.copy();
    then.settle(at);
    Instant now = then.now(at);
    CustomerState seen = decider.settled(check.state(), at);
    CustomerCheck.checkSame(seen, then);
    CustomerCheck.checkDetails(seen, then, now);
    for (BurnOrder order : BurnOrder.values()) {
      List<Long> expected = then.account.live(order).stream().map(each -> each.number).toList();
      CustomerView view = CustomerReader.answer(seen, new CustomerQuery.ReadCredits(order), now);
      if (then.profile == null) {
        same("view", view, new CustomerView.NotFound());
        continue;
      }
      var credits = (CustomerView.Credits) view;
      same("blocks", numbers(Objects.requireNonNull(credits.blocks())), expected);
      checkBalances(credits.balances(), then);
      same("pages", pageByPage(seen, order, now), expected);
    }
    if (then.profile != null) {
      lookAtTimeline(seen, then, now);
      lookAtReservations(seen, then, now);
    }
  }

  private static void checkBalances(CustomerView.Balances balances, ReferenceCustomer then) {
    same("balance", BigInteger.valueOf(balances.balanceMc()), then.account.balance());
    same("reserved", BigInteger.valueOf(balances.reservedMc()), then.account.reserved());
    same("overage", BigInteger.valueOf(balances.overageMc()), then.account.overage());
    same("effective", BigInteger.valueOf(balances.effectiveMc()), then.account.effective());
  }

  private static void lookAtTimeline(CustomerState seen, ReferenceCustomer then, Instant now) {
    List<ReferenceCustomer.Change> changes = then.changes();
    changes.sort((left, right) -> left.before(right) ? -1 : 1);
    var timeline =
        (CustomerView.Timeline)
            CustomerReader.answer(seen, new CustomerQuery.ReadTimeline(1_000), now);
    var inWords = new ArrayList<String>();
    for (CustomerView.Next next : timeline.next()) {
      inWords.add(next.due().at() + " " + next.due().kind() + " " + next.due().number());
    }
    var expected = new ArrayList<String>();
    for (ReferenceCustomer.Change change : changes) {
      expected.add(change.at() + " " + change.kind() + " " + change.number());
    }
    same("timeline", inWords, expected);
  }

  private static void lookAtReservations(CustomerState seen, ReferenceCustomer then, Instant now) {
    var newestFirst = new ArrayList<Long>();
    Long before = null;
    while (true) {
      var page =
          (CustomerView.ReservationPage)
              CustomerReader.answer(seen, new CustomerQuery.ListReservations(before, 2), now);
      for (Reservation reservation : page.reservations()) {
        before = reservation.terms().number();
        newestFirst.add(before);
        var alone =
            (CustomerView.ActiveReservation)
                CustomerReader.answer(seen, new CustomerQuery.ReadReservation(before), now);
        same("reservation", alone.reservation(), reservation);
        checkBalances(alone.balances(), then);
      }
      if (!page.hasMore()) {
        break;
      }
    }
    var expected = new ArrayList<Long>();
    for (ReferenceAccount.Hold hold : then.account.holds) {
      expected.addFirst(hold.number);
    }
    same("active reservations", newestFirst, expected);
  }

  /** A check allows what would be done, and says what it would cost. */
  private void mayUse(Step.Ask.Use ask) {
    Instant now = model.now(wall);
    RecordUsage use = AskedCommands.checked(ask, now);
    if (use.units().signum() == 0 || use.timestamp() != null) {
      return;
    }
    ReferenceCustomer then = model.copy();
    BigInteger consumed = then.account.consumed;
    String outcome = then.judge(use, wall);
    CustomerView view =
        CustomerReader.answer(
            decider.settled(check.state(), wall),
            new CustomerQuery.CheckEntitlement(
                use.metricKey(), null, use.pricing(), use.policy(), use.units(), use.properties()),
            now);
    if (view instanceof CustomerView.NotFound) {
      same("unknown", outcome, "refused: customer not found");
      return;
    }
    var checked = (CustomerView.Checked) view;
    if (!outcome.equals("refused: out of range")) {
      same(
          "allowed, where it would be " + outcome,
          checked.entitlement().allowed(),
          outcome.startsWith("done"));
    }
    if (outcome.startsWith("done")) {
      same(
          "estimated cost",
          checked.entitlement().estimatedCostMc(),
          then.account.consumed.subtract(consumed).longValueExact());
    }
  }

  private static List<Long> pageByPage(CustomerState seen, BurnOrder order, Instant now) {
    var all = new ArrayList<Long>();
    CustomerQuery.BurnPlace after = null;
    while (true) {
      var page =
          (CustomerView.BlockPage)
              CustomerReader.answer(seen, new CustomerQuery.ListBlocks(order, null, after, 2), now);
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
      case SNAPSHOT -> stored(check.state());
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
}
