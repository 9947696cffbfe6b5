package io.quotastack.engine.customer;

import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.customer.CustomerCommand.Keyed;
import io.quotastack.engine.customer.CustomerMessage.Read;
import io.quotastack.engine.customer.CustomerMessage.ReadReply;
import io.quotastack.engine.customer.CustomerMessage.Ring;
import io.quotastack.engine.customer.CustomerMessage.Stop;
import io.quotastack.engine.customer.CustomerMessage.Unavailable;
import io.quotastack.engine.customer.CustomerMessage.Write;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.ids.CustomerRef;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/**
 * All that asks something of one customer, in place of its shard too: sends what its seed gives to
 * the customer's actor, has it restart, crash, fail and leave memory, and holds every answer, every
 * event and every view against its {@link CustomerCheck}.
 */
final class SimulatedCustomer extends AbstractBehavior<Object> {
  /** Do something. Answered by a {@link Told}. */
  record Act() {}

  /** Time has passed: what is due must be written. Answered by a {@link Told}. */
  record TimePassed() {}

  /** The end: all of it is looked at once more. Answered by a {@link Told}. */
  record Finish() {}

  /**
   * It is done.
   *
   * @param steps how many steps that took
   * @param state what became of the customer, in short
   * @param nextDue when time will next do something to it; null = never
   */
  record Told(int customer, long steps, String state, @Nullable Instant nextDue) {}

  /** Something is wrong. */
  record Wrong(String story, Throwable cause) {}

  /** The customer's actor has stopped, and nothing of it is under way any more. */
  private record Gone() {}

  /** The write for which a crash was waiting is on its way. */
  private record CrashNow() {}

  /** What is due is written. */
  private record DueIsWritten() {}

  /** What the next answer to a read is about. */
  private enum WaitsFor {
    VIEWS,
    RECOVERY,
    RING
  }

  private record Deed(Instant at, String what, @Nullable Object about) {}

  private static final int MAX_REMEMBERED = 16;
  private static final int PERCENT = 100;

  /** The ledger of one of so many customers is also verified as those who export it would. */
  private static final int WITH_VERIFIER = 8;

  private final SimulatedWorld world;
  private final int number;
  private final CustomerRef customer;
  private final SplittableRandom random;
  private final StepGenerator asks;
  private final boolean busy;
  private final CustomerCheck check;

  /** To know what a view must show. */
  private final CustomerDecider decider;

  private final AskedCommands commands;
  private final JournalTap.Tape tape;
  private final Deque<Deed> lastDeeds = new ArrayDeque<>();
  private final Deque<CustomerEvent> lastEvents = new ArrayDeque<>();

  /** What was asked and is not answered, in order. */
  private final Deque<List<CustomerCommand>> awaited = new ArrayDeque<>();

  private final Deque<CustomerQuery> awaitedViews = new ArrayDeque<>();
  private final List<List<CustomerCommand>> toRepeat = new ArrayList<>();
  private final List<CustomerView> views = new ArrayList<>();

  private @Nullable ActorRef<CustomerMessage> gate;
  private int gates;
  private int looks;
  private long steps;
  private long stepsBefore;
  private int left;
  private boolean deaf;
  private WaitsFor waitsFor = WaitsFor.VIEWS;

  /** What to do when all that is awaited has come. */
  private Runnable then = () -> {};

  static Behavior<Object> create(
      SimulatedWorld world, int number, CustomerRef customer, long seed) {
    return Behaviors.setup(
        context -> new SimulatedCustomer(context, world, number, customer, seed));
  }

  private SimulatedCustomer(
      ActorContext<Object> context,
      SimulatedWorld world,
      int number,
      CustomerRef customer,
      long seed) {
    super(context);
    this.world = world;
    this.number = number;
    this.customer = customer;
    this.random = new SplittableRandom(seed);
    this.asks = StepGenerator.everyday(random.nextLong());
    this.busy = random.nextInt(PERCENT) < 4;
    this.check =
        number % WITH_VERIFIER == 0
            ? CustomerCheck.withVerifier(customer.customerId())
            : CustomerCheck.withoutVerifier(customer.customerId());
    this.decider = new CustomerDecider(customer.customerId());
    this.commands = new AskedCommands(check.facts);
    this.tape = world.tap().tape(customer.persistenceId(), () -> world.alarms().earliest(customer));
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder()
        .onMessage(WriteReply.class, reply -> carefully(() -> answered(reply)))
        .onMessage(ReadReply.class, reply -> carefully(() -> answered(reply)))
        .onMessage(Act.class, ignored -> carefully(this::act))
        .onMessage(TimePassed.class, ignored -> carefully(this::timePassed))
        .onMessage(Finish.class, ignored -> carefully(this::finish))
        .onMessage(CrashNow.class, ignored -> carefully(this::crash))
        .onMessage(DueIsWritten.class, ignored -> carefully(this::dueIsWritten))
        .onMessage(ClusterSharding.Passivate.class, ignored -> carefully(this::passivate))
        .onMessage(Gone.class, ignored -> carefully(this::gone))
        .onSignal(
            Terminated.class, ignored -> carefully(() -> getContext().getSelf().tell(new Gone())))
        .build();
  }

  private Behavior<Object> carefully(Runnable deed) {
    try {
      deed.run();
      return this;
    } catch (RuntimeException | AssertionError e) {
      world.tell(new Wrong(story(), e));
      return Behaviors.stopped();
    }
  }

  private String story() {
    var story = new StringBuilder("customer " + number + ", its step " + steps);
    story.append(", at ").append(world.clock().instant()).append("\nWhat was done last:\n");
    for (Deed deed : lastDeeds) {
      story.append("  ").append(deed.at()).append(' ').append(deed.what());
      story.append(deed.about() == null ? "" : " " + deed.about()).append('\n');
    }
    story.append("The last events that were right:\n");
    lastEvents.forEach(event -> story.append("  ").append(event).append('\n'));
    return story.toString();
  }

  private void deed(String what, @Nullable Object about) {
    lastDeeds.add(new Deed(world.clock().instant(), what, about));
    if (lastDeeds.size() > MAX_REMEMBERED) {
      lastDeeds.remove();
    }
  }

  private void count(String what) {
    world.count(what);
  }

  private void told() {
    long taken = steps - stepsBefore;
    stepsBefore = steps;
    CustomerState state = check.state();
    Due due = state.nextDue();
    world.tell(
        new Told(
            number,
            taken,
            state.version() + " " + state.ledgerHash(),
            due == null ? null : due.at()));
  }

  // --- Doing something

  private void act() {
    left = busy ? random.nextInt(25, 50) : random.nextInt(15);
    if (left == 0) {
      told();
    } else {
      next();
    }
  }

  private void next() {
    if (left <= 0) {
      look(List.of(new CustomerQuery.ReadCredits(anOrder())), this::told);
      return;
    }
    // The longer its journal, the longer a recovery takes, the less often there is one.
    if (random.nextInt(200 + (int) check.state().version()) < 12) {
      comeAndGo();
      return;
    }
    int drawn = random.nextInt(PERCENT);
    if (drawn < 40) {
      send(List.of(List.of(command())), this::next);
    } else if (drawn < 96) {
      send(group(), this::next);
    } else {
      step("looked");
      look(allQueries(), this::next);
    }
  }

  private void comeAndGo() {
    switch (random.nextInt(6)) {
      case 0 -> restart();
      case 1 -> crashWith(true);
      case 2 -> crashWith(false);
      case 3, 4 -> fail();
      default -> {
        step("left memory");
        left = 0;
        stop(this::told);
      }
    }
  }

  private void step(String what) {
    deed(what, null);
    count(what);
    steps++;
    left--;
  }

  private Instant wall() {
    return world.clock().instant();
  }

  private Instant now() {
    return check.model.now(wall());
  }

  private CustomerCommand command() {
    return commands.command(asks.ask(), now());
  }

  /** Several requests at once, some of them as one message. */
  private List<List<CustomerCommand>> group() {
    var group = new ArrayList<List<CustomerCommand>>();
    for (int count = random.nextInt(1, 5); count > 0; count--) {
      var message = new ArrayList<CustomerCommand>();
      for (int more = random.nextInt(3) == 0 ? 1 : random.nextInt(2, 21); more > 0; more--) {
        message.add(command());
      }
      group.add(message);
    }
    return group;
  }

  private ActorRef<CustomerMessage> gate() {
    if (gate == null) {
      gate =
          getContext()
              .spawn(
                  CustomerGate.create(
                      customer,
                      world.clock(),
                      world.alarms(),
                      world.budget(),
                      getContext().getSelf().narrow()),
                  "gate-" + gates++);
      getContext().watch(gate);
    }
    return gate;
  }

  private void send(List<List<CustomerCommand>> messages, Runnable next) {
    then = next;
    for (List<CustomerCommand> message : messages) {
      awaited.add(message);
      gate().tell(new Write(message, getContext().getSelf().narrow()));
    }
  }

  private void answered(WriteReply reply) {
    if (deaf) {
      return;
    }
    List<CustomerCommand> asked = awaited.remove();
    if (reply.unavailable() == null) {
      CustomerCheck.same("outcomes", reply.outcomes().size(), asked.size());
      for (int i = 0; i < asked.size(); i++) {
        judged(asked.get(i), reply.outcomes().get(i));
      }
    } else {
      CustomerCheck.same("why there is no answer", reply.unavailable(), Unavailable.STORAGE);
      toRepeat.add(asked);
    }
    if (awaited.isEmpty()) {
      then.run();
    }
  }

  private void judged(CustomerCommand command, Outcome outcome) {
    deed("asked", command);
    String inWords = check.judged(command, outcome, wall(), tape::event);
    count(inShort(inWords));
    steps++;
    left--;
    eventsAreRight();
  }

  /** Without numbers and names. */
  private static String inShort(String outcome) {
    if (!outcome.startsWith("refused")) {
      return outcome.substring(
          0, outcome.indexOf(' ') < 0 ? outcome.length() : outcome.indexOf(' '));
    }
    int end = 0;
    while (end < outcome.length() && !Character.isDigit(outcome.charAt(end))) {
      end++;
    }
    String words = outcome.substring(0, end);
    for (String more : List.of(" as ", " for ")) {
      words = words.contains(more) ? words.substring(0, words.indexOf(more)) : words;
    }
    return words.strip();
  }

  /** All events of what was judged so far were held against the model. */
  private void eventsAreRight() {
    long version = check.state().version();
    for (JournalTap.Written written = tape.write(version);
        written != null;
        written = tape.write(version)) {
      if (written.last() == version) {
        hasAlarm(written.alarm());
      }
    }
    for (CustomerEvent event : tape.takeUpTo(version)) {
      count(event.getClass().getSimpleName());
      lastEvents.add(event);
      if (lastEvents.size() > MAX_REMEMBERED) {
        lastEvents.remove();
      }
    }
  }

  /** Index first, then act. */
  private void hasAlarm(@Nullable Instant earliest) {
    Due due = check.state().nextDue();
    if (due != null && (earliest == null || earliest.isAfter(due.at()))) {
      throw new AssertionError(due + " was written without an alarm for it: there is " + earliest);
    }
  }

  // --- Looking

  private BurnOrder anOrder() {
    return ++looks % 2 == 0 ? BurnOrder.EXPIRY_FIRST : BurnOrder.PRIORITY_FIRST;
  }

  private List<CustomerQuery> allQueries() {
    return List.of(
        new CustomerQuery.ReadCustomer(),
        new CustomerQuery.ReadCredits(anOrder()),
        new CustomerQuery.ListBlocks(anOrder(), null, null, 50),
        new CustomerQuery.ReadTimeline(100),
        new CustomerQuery.ListReservations(null, 100),
        new CustomerQuery.ReadAutoTopup(),
        new CustomerQuery.ReadLedgerHead());
  }

  /** What the actor shows must be what the events give. */
  private void look(List<CustomerQuery> queries, Runnable next) {
    then = next;
    views.clear();
    for (CustomerQuery query : queries) {
      awaitedViews.add(query);
      gate().tell(new Read(query, getContext().getSelf().narrow()));
    }
  }

  private void answered(ReadReply reply) {
    CustomerCheck.same("why there is no view", reply.unavailable(), null);
    switch (waitsFor) {
      case VIEWS -> seen(Objects.requireNonNull(reply.view()));
      case RECOVERY -> {
        waitsFor = WaitsFor.VIEWS;
        recovered();
      }
      case RING -> {
        waitsFor = WaitsFor.VIEWS;
        rang();
      }
    }
  }

  private void seen(CustomerView view) {
    CustomerQuery query = awaitedViews.remove();
    CustomerState settled = decider.settled(check.state(), wall());
    CustomerCheck.same("view", view, CustomerReader.answer(settled, query, settled.now(wall())));
    views.add(view);
    if (awaitedViews.isEmpty()) {
      then.run();
    }
  }

  // --- Going and coming back

  private void stop(Runnable next) {
    then = next;
    gate().tell(new Stop());
  }

  private void gone() {
    gate = null;
    deaf = false;
    then.run();
  }

  /** A failed actor asks its shard for it. */
  private void passivate() {
    gate().tell(new Stop());
  }

  private void restart() {
    step("restarted");
    List<CustomerQuery> queries = allQueries();
    look(
        queries,
        () -> {
          List<CustomerView> before = List.copyOf(views);
          stop(() ->
              look(
                  queries,
                  () -> {
                    CustomerCheck.same("after a restart", List.copyOf(views), before);
                    next();
                  }));
        });
  }

  /** Stops the actor in the middle of requests, at once or when the first is being written. */
  private void crashWith(boolean atOnce) {
    step(atOnce ? "crashed" : "crashed while writing");
    List<List<CustomerCommand>> messages = group();
    // A request without a key may happen twice.
    messages.replaceAll(
        message -> message.stream().filter(command -> command instanceof Keyed).toList());
    messages.removeIf(List::isEmpty);
    if (messages.isEmpty()) {
      next();
      return;
    }
    if (!atOnce) {
      ActorRef<Object> self = getContext().getSelf();
      tape.onWrite(() -> self.tell(new CrashNow()));
    }
    send(
        messages,
        () -> {
          tape.onWrite(null);
          next();
        });
    if (atOnce) {
      crash();
    }
  }

  /** What is not answered yet never will be. */
  private void crash() {
    deaf = true;
    toRepeat.addAll(awaited);
    awaited.clear();
    tape.onWrite(null);
    then = this::comeBack;
    getContext().stop(gate());
  }

  /** Once the new actor has recovered, what the old one has done is a fact. */
  private void comeBack() {
    waitsFor = WaitsFor.RECOVERY;
    gate().tell(new Read(new CustomerQuery.ReadLedgerHead(), getContext().getSelf().narrow()));
  }

  /**
   * What was done before the crash is asked again, to be replayed, and after it what was not judged
   * yet. What was refused is not: so each command is judged once, in order, wherever it crashed.
   */
  private void recovered() {
    var again = new ArrayList<CustomerCommand>();
    for (List<CustomerCommand> message : toRepeat) {
      for (CustomerCommand command : message) {
        boolean known = tape.last() > check.state().version();
        if (!known || wasDone(command)) {
          again.add(command);
        }
      }
    }
    toRepeat.clear();
    eventsAreRight();
    CustomerCheck.same("what was written", tape.last(), check.state().version());
    if (again.isEmpty()) {
      next();
    } else {
      send(List.of(again), this::next);
    }
  }

  private boolean wasDone(CustomerCommand command) {
    deed("asked, and crashed before the answer,", command);
    String outcome = check.unanswered(command, wall(), tape::event);
    if (!outcome.startsWith("refused")) {
      count("known before a crash");
      return true;
    }
    step("refused before a crash");
    return false;
  }

  private void fail() {
    step("failed to write");
    tape.failNext(true);
    send(
        group(),
        () -> {
          tape.failNext(false);
          if (toRepeat.isEmpty()) {
            next();
          } else {
            then = this::repeat;
          }
        });
  }

  private void repeat() {
    List<List<CustomerCommand>> again = List.copyOf(toRepeat);
    toRepeat.clear();
    send(again, this::next);
  }

  // --- Time

  private void timePassed() {
    long expected = check.versionAt(wall());
    if (gate != null) {
      ActorRef<Object> self = getContext().getSelf();
      tape.onReached(expected, () -> self.tell(new DueIsWritten()));
    } else if (world.alarms().isToRing(customer, wall())) {
      ring();
    } else {
      CustomerCheck.same("what is due without an alarm", expected, check.state().version());
      told();
    }
  }

  /** By its timer in memory, without anybody asking. */
  private void dueIsWritten() {
    boolean was = dueIsRight("due in memory");
    if (world.alarms().isToRing(customer, wall())) {
      ring();
    } else if (was) {
      look(List.of(new CustomerQuery.ReadCredits(anOrder())), this::told);
    } else {
      told();
    }
  }

  private boolean dueIsRight(String how) {
    long before = check.state().version();
    check.settled(wall(), tape::event);
    boolean was = check.state().version() > before;
    if (was) {
      step(how);
      eventsAreRight();
    }
    return was;
  }

  private void ring() {
    waitsFor = WaitsFor.RING;
    gate().tell(new Ring(getContext().getSelf().narrow()));
  }

  private void rang() {
    var _ = dueIsRight("due out of memory");
    world.alarms().answered(customer, wall());
    hasAlarm(world.alarms().earliest(customer));
    look(List.of(new CustomerQuery.ReadCredits(anOrder())), this::told);
  }

  // --- The end

  private void finish() {
    List<CustomerQuery> queries = allQueries();
    look(
        queries,
        () ->
            stop(() ->
                look(
                    queries,
                    () -> {
                      check.checkDetails(now());
                      told();
                    })));
  }
}
