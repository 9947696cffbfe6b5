package io.quotastack.engine.customer;

import io.quotastack.engine.alarms.Alarms;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.customer.CustomerMessage.AlarmSet;
import io.quotastack.engine.customer.CustomerMessage.Durable;
import io.quotastack.engine.customer.CustomerMessage.Read;
import io.quotastack.engine.customer.CustomerMessage.ReadReply;
import io.quotastack.engine.customer.CustomerMessage.Ring;
import io.quotastack.engine.customer.CustomerMessage.Stop;
import io.quotastack.engine.customer.CustomerMessage.Unavailable;
import io.quotastack.engine.customer.CustomerMessage.Wake;
import io.quotastack.engine.customer.CustomerMessage.Write;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.ids.CustomerRef;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/**
 * The sharded actor of one customer: in front of the writer it gathers the writes that arrive while
 * one is in flight (group commit), bounds how many wait, and answers reads from the last durable
 * state, so that a read never waits for a write. Before writes that may make something due it has
 * an alarm set, if the one that it knows of is later. If the writer stops, everything that waits is
 * answered and the gate leaves; the next message finds a fresh one that recovers from the journal.
 */
public final class CustomerGate extends AbstractBehavior<CustomerMessage> {
  /** The most commands in one {@link Write}. */
  public static final int MAX_COMMANDS = 1_000;

  /** The most commands that wait for one customer; what comes beyond is refused as overload. */
  static final int MAX_WAITING_COMMANDS = 4_000;

  /** The most reads that wait while the customer is recovered from the journal. */
  static final int MAX_WAITING_READS = 4_000;

  /** The most commands that go down in one durable write, unless one message alone has more. */
  private static final int MAX_BATCH_COMMANDS = 400;

  /** The longest that a timer is set for; on waking, what is not due yet is waited for again. */
  private static final Duration LONGEST_SLEEP = Duration.ofHours(12);

  /** If what is due could not be written because of overload, it is tried again so soon. */
  private static final Duration RETRY_DUE = Duration.ofSeconds(1);

  private final CustomerRef customer;
  private final TimerScheduler<CustomerMessage> timers;
  private final InstantSource clock;
  private final Alarms alarms;
  private final WriteBudget budget;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private final CustomerDecider decider;
  private final ActorRef<CustomerWriter.Batch> writer;

  private final Deque<Write> waitingWrites = new ArrayDeque<>();
  private final List<Read> waitingReads = new ArrayList<>();

  /** Who rang and waits for what was due to be durable, and for the next alarm to be. */
  private final List<Ring> waitingRings = new ArrayList<>();

  private int waitingCommands;
  private List<Write> inFlight = List.of();
  private boolean busy;
  private boolean stopping;
  private boolean failed;

  /** The last durable state; null until it is recovered. */
  private @Nullable CustomerState state;

  /** What the timer in memory waits for. */
  private @Nullable Due awaited;

  /** The earliest instant for which an alarm is known to be set; null = none is known. */
  private @Nullable Instant alarmAt;

  /** The instant for which an alarm is being set though no write waits for it; null = none is. */
  private @Nullable Instant settingAlarm;

  /**
   * The actor of that customer.
   *
   * @param clock the wall clock
   * @param alarms brings the customer back into memory when something is due
   * @param budget what the node may have in flight at the journal
   * @param shard told when this actor wants to leave memory
   */
  public static Behavior<CustomerMessage> create(
      CustomerRef customer,
      InstantSource clock,
      Alarms alarms,
      WriteBudget budget,
      ActorRef<ClusterSharding.ShardCommand> shard) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(
            timers -> new CustomerGate(context, timers, customer, clock, alarms, budget, shard)));
  }

  private CustomerGate(
      ActorContext<CustomerMessage> context,
      TimerScheduler<CustomerMessage> timers,
      CustomerRef customer,
      InstantSource clock,
      Alarms alarms,
      WriteBudget budget,
      ActorRef<ClusterSharding.ShardCommand> shard) {
    super(context);
    this.customer = customer;
    this.timers = timers;
    this.clock = clock;
    this.alarms = alarms;
    this.budget = budget;
    this.shard = shard;
    this.decider = new CustomerDecider(customer.customerId());
    this.writer =
        context.spawn(CustomerWriter.create(customer, clock, context.getSelf().narrow()), "writer");
    context.watch(writer);
  }

  @Override
  public Receive<CustomerMessage> createReceive() {
    return newReceiveBuilder()
        .onMessage(Read.class, this::onRead)
        .onMessage(Write.class, this::onWrite)
        .onMessage(Durable.class, this::onDurable)
        .onMessage(AlarmSet.class, this::onAlarmSet)
        .onMessage(Ring.class, this::onRing)
        .onMessage(Wake.class, wake -> onWake())
        .onMessage(Stop.class, stop -> onStop())
        .onSignal(Terminated.class, this::onWriterStopped)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  private Behavior<CustomerMessage> onRead(Read read) {
    if (failed) {
      read.replyTo().tell(ReadReply.not(Unavailable.STORAGE));
    } else if (state != null) {
      answer(read, state);
    } else if (waitingReads.size() < MAX_WAITING_READS) {
      waitingReads.add(read);
    } else {
      read.replyTo().tell(ReadReply.not(Unavailable.OVERLOADED));
    }
    return this;
  }

  private void answer(Read read, CustomerState durable) {
    Instant wall = clock.instant();
    CustomerState current = durable;
    if (durable.isDue(durable.now(wall))) {
      current = decider.settled(durable, wall);
      settleSoon();
    }
    read.replyTo()
        .tell(new ReadReply(null, CustomerReader.answer(current, read.query(), current.now(wall))));
  }

  private Behavior<CustomerMessage> onWrite(Write write) {
    int commands = write.commands().size();
    if (failed) {
      write.replyTo().tell(WriteReply.not(Unavailable.STORAGE));
    } else if (commands > MAX_COMMANDS || waitingCommands + commands > MAX_WAITING_COMMANDS) {
      write.replyTo().tell(WriteReply.not(Unavailable.OVERLOADED));
    } else {
      waitingWrites.add(write);
      waitingCommands += commands;
      writeNext();
    }
    return this;
  }

  /** Hands what waits to the writer, unless it is at work. */
  private void writeNext() {
    if (busy || state == null || waitingWrites.isEmpty()) {
      return;
    }
    if (!budget.tryTake()) {
      for (Write write : takeAllWaiting()) {
        write.replyTo().tell(WriteReply.not(Unavailable.OVERLOADED));
      }
      return;
    }
    var batch = new ArrayList<Write>();
    int commands = 0;
    for (Write next = waitingWrites.peek();
        next != null && (commands == 0 || commands + next.commands().size() <= MAX_BATCH_COMMANDS);
        next = waitingWrites.peek()) {
      commands += next.commands().size();
      batch.add(waitingWrites.remove());
    }
    waitingCommands -= commands;
    inFlight = batch;
    busy = true;
    // To the millisecond, as deciding does it: what then becomes due must not be before the alarm.
    Instant wall = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Instant bound = DueBound.of(state, commandsOf(batch), wall);
    if (bound == null || hasAlarmBy(bound, wall)) {
      writer.tell(new CustomerWriter.Batch(batch));
    } else {
      setAlarm(bound, true);
    }
  }

  private static List<CustomerCommand> commandsOf(List<Write> batch) {
    if (batch.size() == 1) {
      return batch.getFirst().commands();
    }
    var all = new ArrayList<CustomerCommand>();
    batch.forEach(write -> all.addAll(write.commands()));
    return all;
  }

  /** Whether an alarm is known that will ring then or before. */
  private boolean hasAlarmBy(Instant instant, Instant wall) {
    return alarmAt != null && alarmAt.isAfter(wall) && !alarmAt.isAfter(instant);
  }

  private void setAlarm(Instant at, boolean forWrite) {
    getContext()
        .pipeToSelf(
            alarms.set(customer, at),
            (done, failure) -> new AlarmSet(at, forWrite, failure == null));
  }

  private Behavior<CustomerMessage> onAlarmSet(AlarmSet set) {
    if (!set.forWrite()) {
      settingAlarm = null;
    }
    if (set.done()) {
      alarmAt = hasAlarmBy(set.at(), clock.instant()) ? alarmAt : set.at();
    }
    if (failed) {
      return this;
    }
    if (set.forWrite()) {
      return onAlarmForWrite(set.done());
    }
    if (!set.done()) {
      answerRings(false);
    } else if (state != null && !busy) {
      keepAlarm(state);
    }
    return stoppedIfDone();
  }

  private Behavior<CustomerMessage> onAlarmForWrite(boolean done) {
    if (done) {
      writer.tell(new CustomerWriter.Batch(inFlight));
      return this;
    }
    giveBack();
    inFlight.forEach(write -> write.replyTo().tell(WriteReply.not(Unavailable.STORAGE)));
    inFlight = List.of();
    writeNext();
    return stoppedIfDone();
  }

  private Behavior<CustomerMessage> onDurable(Durable durable) {
    state = durable.state();
    giveBack();
    inFlight = List.of();
    if (!waitingReads.isEmpty()) {
      waitingReads.forEach(read -> answer(read, durable.state()));
      waitingReads.clear();
    }
    setTimer(durable.state());
    keepAlarm(durable.state());
    writeNext();
    return stoppedIfDone();
  }

  private Behavior<CustomerMessage> stoppedIfDone() {
    return stopping && isIdle() ? Behaviors.stopped() : this;
  }

  private boolean isIdle() {
    return !busy && waitingWrites.isEmpty() && waitingReads.isEmpty() && waitingRings.isEmpty();
  }

  /**
   * Sees to it that what is due next has an alarm, also where time itself made it so, then answers
   * who has rung.
   */
  private void keepAlarm(CustomerState durable) {
    Due next = durable.nextDue();
    Instant wall = clock.instant();
    if (next != null && !next.at().isAfter(wall)) {
      settleSoon();
    } else if (next == null || hasAlarmBy(next.at(), wall)) {
      answerRings(true);
    } else if (settingAlarm == null) {
      settingAlarm = next.at();
      setAlarm(next.at(), false);
    }
  }

  private Behavior<CustomerMessage> onRing(Ring ring) {
    if (failed) {
      ring.replyTo().tell(ReadReply.not(Unavailable.STORAGE));
    } else if (waitingRings.size() == MAX_WAITING_READS) {
      ring.replyTo().tell(ReadReply.not(Unavailable.OVERLOADED));
    } else {
      waitingRings.add(ring);
      // It may be the one that rings, by a clock that is ahead of this one or before this one was
      // set back: then it is gone, however far away its time seems.
      alarmAt = null;
      if (state != null && !busy) {
        keepAlarm(state);
      }
    }
    return stoppedIfDone();
  }

  private void answerRings(boolean done) {
    waitingRings.forEach(ring ->
        ring.replyTo().tell(done ? new ReadReply(null, null) : ReadReply.not(Unavailable.STORAGE)));
    waitingRings.clear();
  }

  private void setTimer(CustomerState durable) {
    Due next = durable.nextDue();
    if (next == null) {
      if (awaited != null) {
        timers.cancel(Wake.class);
        awaited = null;
      }
    } else if (!next.equals(awaited)) {
      awaited = next;
      startTimer(next);
    }
  }

  private void startTimer(Due due) {
    Duration sleep = Duration.between(clock.instant(), due.at());
    if (sleep.isNegative()) {
      sleep = Duration.ZERO;
    }
    timers.startSingleTimer(
        Wake.class, new Wake(), sleep.compareTo(LONGEST_SLEEP) > 0 ? LONGEST_SLEEP : sleep);
  }

  private Behavior<CustomerMessage> onWake() {
    if (state != null && awaited != null && !failed) {
      if (state.isDue(state.now(clock.instant()))) {
        timers.startSingleTimer(Wake.class, new Wake(), RETRY_DUE);
        settleSoon();
      } else {
        startTimer(awaited);
      }
    }
    return this;
  }

  /** Has what is due written down, unless a write is on its way that does so anyway. */
  private void settleSoon() {
    if (!busy && waitingWrites.isEmpty()) {
      waitingWrites.add(
          new Write(
              List.of(new CustomerCommand.SettleDue()), getContext().getSystem().ignoreRef()));
      waitingCommands++;
      writeNext();
    }
  }

  private Behavior<CustomerMessage> onStop() {
    if (failed || isIdle()) {
      return Behaviors.stopped();
    }
    stopping = true;
    return this;
  }

  private Behavior<CustomerMessage> onWriterStopped(Terminated signal) {
    if (busy) {
      getContext()
          .getLog()
          .warn(
              "{}: a write failed and may or may not have happened: {}",
              customer.persistenceId(),
              signal instanceof ChildFailed failure ? failure.getCause().getMessage() : signal);
    }
    failed = true;
    giveBack();
    inFlight.forEach(write -> write.replyTo().tell(WriteReply.not(Unavailable.STORAGE)));
    takeAllWaiting().forEach(write -> write.replyTo().tell(WriteReply.not(Unavailable.STORAGE)));
    waitingReads.forEach(read -> read.replyTo().tell(ReadReply.not(Unavailable.STORAGE)));
    answerRings(false);
    inFlight = List.of();
    waitingReads.clear();
    if (stopping) {
      return Behaviors.stopped();
    }
    shard.tell(new ClusterSharding.Passivate<>(getContext().getSelf()));
    return this;
  }

  private Behavior<CustomerMessage> onPostStop() {
    giveBack();
    return this;
  }

  private void giveBack() {
    if (busy) {
      busy = false;
      budget.giveBack();
    }
  }

  private List<Write> takeAllWaiting() {
    List<Write> all = List.copyOf(waitingWrites);
    waitingWrites.clear();
    waitingCommands = 0;
    return all;
  }
}
