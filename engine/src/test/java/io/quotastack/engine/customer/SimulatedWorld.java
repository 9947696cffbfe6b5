package io.quotastack.engine.customer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.quotastack.engine.customer.SimulatedCustomer.Told;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.testkit.javadsl.SnapshotTestKit;
import org.jspecify.annotations.Nullable;

/**
 * A node of its own with a journal in memory, a wall clock and timers that are moved by hand, and
 * one generation of customers after the other. A generation lives through rounds: in each, all its
 * customers are asked things at one instant, then time passes for all of them.
 */
final class SimulatedWorld implements AutoCloseable {
  /** How many customers live at once. */
  static final int CUSTOMERS = 200;

  /** How many rounds a generation lives. */
  private static final int ROUNDS = 25;

  private static final long LONGEST_WAIT_SECONDS = 60;
  private static final int PERCENT = 100;
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;
  private static final TenantRef TENANT =
      new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.LIVE);

  /**
   * Two threads do for the two cores of a small machine. The journal keeps the events themselves:
   * for each write, the one that comes with the testkit would read all JSON of the customer and
   * write it again. Instead the {@link JournalTap} writes and reads some of the events once.
   */
  private static final Config SETTINGS =
      ConfigFactory.parseString(
          """
          pekko.scheduler.implementation = "io.quotastack.engine.customer.SimulatedScheduler"
          pekko.persistence.testkit.events.serialize = off
          pekko.persistence.testkit.snapshots.serialize = off
          pekko.persistence.testkit.journal.plugin-dispatcher = "pekko.actor.default-dispatcher"
          pekko.actor.default-dispatcher.fork-join-executor {
            parallelism-min = 2
            parallelism-factor = 1.0
            parallelism-max = 8
          }
          pekko.actor.internal-dispatcher.fork-join-executor {
            parallelism-min = 1
            parallelism-max = 2
          }
          """);

  private final long seed;
  private final int number;
  private final SplittableRandom random;
  private final ActorTestKit kit;
  private final ManualTime time;
  private final SettableClock clock = new SettableClock(Customers.START);
  private final SimulatedAlarms alarms = new SimulatedAlarms();
  private final JournalTap tap = new JournalTap();
  private final WriteBudget budget = new WriteBudget(2 * CUSTOMERS);
  private final BlockingQueue<Object> told = new ArrayBlockingQueue<>(2 * CUSTOMERS);
  private final Map<String, LongAdder> happened = new ConcurrentHashMap<>();
  private final Map<String, String> ends = new TreeMap<>();
  private int generations;
  private long steps;

  SimulatedWorld(long seed, int number) {
    this.seed = seed;
    this.number = number;
    this.random = new SplittableRandom(seed + number);
    this.kit =
        ActorTestKit.create(
            "world-" + number,
            SETTINGS
                .withFallback(ManualTime.config())
                .withFallback(PersistenceTestKitPlugin.config())
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.load("engine-test")));
    this.time = ManualTime.get(kit.system());
    var _ = PersistenceTestKit.create(kit.system()).withPolicy(tap);
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }

  /** Lets generations live until that many steps are taken. */
  void live(long atLeastSteps) {
    while (steps < atLeastSteps) {
      liveGeneration(atLeastSteps);
    }
  }

  private void liveGeneration(long atLeastSteps) {
    generations++;
    var customers = new ArrayList<ActorRef<Object>>();
    for (int i = 0; i < CUSTOMERS; i++) {
      String name = number + "-" + generations + "-" + i;
      customers.add(
          kit.spawn(
              SimulatedCustomer.create(
                  this, i, CustomerRef.ofExternalId(TENANT, name), random.nextLong()),
              name));
    }
    for (int round = 0; round < ROUNDS && steps < atLeastSteps; round++) {
      List<Told> acted = all(customers, new SimulatedCustomer.Act());
      if (passTime(acted.get(random.nextInt(CUSTOMERS)).nextDue())) {
        all(customers, new SimulatedCustomer.TimePassed());
      }
    }
    for (Told end : all(customers, new SimulatedCustomer.Finish())) {
      ends.put(generations + " " + end.customer(), end.state());
    }
    customers.forEach(kit::stop);
    tap.forgetAll();
    alarms.forgetAll();
    PersistenceTestKit.create(kit.system()).clearAll();
    SnapshotTestKit.create(kit.system()).clearAll();
  }

  /** Tells all customers that, and waits until all have done it; in the order of their numbers. */
  private List<Told> all(List<ActorRef<Object>> customers, Object message) {
    customers.forEach(customer -> customer.tell(message));
    var done = new TreeMap<Integer, Told>();
    while (done.size() < customers.size()) {
      switch (next(message, done.keySet())) {
        case Told one -> {
          done.put(one.customer(), one);
          steps += one.steps();
        }
        case SimulatedCustomer.Wrong wrong -> throw failure(wrong.story(), wrong.cause());
        default -> throw new IllegalStateException();
      }
    }
    return List.copyOf(done.values());
  }

  private Object next(Object message, Set<Integer> done) {
    try {
      Object next = told.poll(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        var missing = new ArrayList<Integer>();
        for (int i = 0; i < CUSTOMERS; i++) {
          if (!done.contains(i)) {
            missing.add(i);
          }
        }
        throw failure("no answer to " + message + " of customers " + missing, null);
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private AssertionError failure(String story, @Nullable Throwable cause) {
    return new AssertionError(
        "seed %d fails after %d steps of world %d, in its generation %d; repeat it with:\n"
                .formatted(seed, steps, number, generations)
            + "  ./mvnw -pl engine test -Dtest=SimulationTest -Dsimulation.seed="
            + seed
            + "\n"
            + story,
        cause);
  }

  /**
   * Sets the clocks on or back; true if timers may have fired.
   *
   * @param someDue when something is due for one of the customers
   */
  private boolean passTime(@Nullable Instant someDue) {
    int drawn = random.nextInt(PERCENT);
    if (drawn < 8) {
      clock.pass(Duration.ofMillis(-random.nextLong(1, 10_000)));
      return false;
    }
    Duration by = drawn < 28 ? until(someDue) : somewhat(drawn);
    // Clocks show more than the milliseconds that count here.
    clock.pass(by.plusNanos(random.nextInt(1_000_000)));
    time.timePasses(by.plusMillis(1));
    return true;
  }

  /** From an instant to months; a due thing that is far away would make all others rare. */
  private Duration somewhat(int drawn) {
    return Duration.ofMillis(
        drawn < 35
            ? random.nextLong(50)
            : drawn < 55
                ? random.nextLong(1_000, 10 * MINUTE)
                : drawn < 80
                    ? random.nextLong(HOUR, 30 * HOUR)
                    : drawn < 94 ? random.nextLong(10 * DAY) : random.nextLong(20 * DAY, 45 * DAY));
  }

  /** To the millisecond, or one off. */
  private Duration until(@Nullable Instant due) {
    Instant now = clock.instant();
    Instant then = due == null ? now : due.plusMillis(random.nextInt(-1, 2));
    Duration by = Duration.between(now.truncatedTo(ChronoUnit.MILLIS), then);
    return by.isNegative() || by.toMillis() > 45 * DAY ? Duration.ofMillis(1) : by;
  }

  // --- What its customers ask of it

  SettableClock clock() {
    return clock;
  }

  SimulatedAlarms alarms() {
    return alarms;
  }

  JournalTap tap() {
    return tap;
  }

  WriteBudget budget() {
    return budget;
  }

  void tell(Object message) {
    told.add(message);
  }

  void count(String what) {
    happened.computeIfAbsent(what, ignored -> new LongAdder()).increment();
  }

  // --- What became of it

  long steps() {
    return steps;
  }

  Map<String, LongAdder> happened() {
    return happened;
  }

  /** The last version and ledger hash of each customer. */
  Map<String, String> ends() {
    return ends;
  }
}
