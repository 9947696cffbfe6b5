package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static io.quotastack.engine.customer.Customers.grant;
import static io.quotastack.engine.customer.Customers.use;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.quotastack.engine.alarms.RecordingAlarms;
import io.quotastack.engine.customer.CustomerMessage.Read;
import io.quotastack.engine.customer.CustomerMessage.ReadReply;
import io.quotastack.engine.customer.CustomerMessage.Stop;
import io.quotastack.engine.customer.CustomerMessage.Unavailable;
import io.quotastack.engine.customer.CustomerMessage.Write;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The actors of a customer on a journal that can be held, counted and made to fail. Timers run on
 * time that the test passes by hand.
 */
class CustomerGateTest {
  private static final TenantRef TENANT =
      new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.TEST);
  private static final Duration A_WHILE = Duration.ofMillis(150);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  @SuppressWarnings("NullAway.Init")
  private static ActorTestKit kit;

  @SuppressWarnings("NullAway.Init")
  private static PersistenceTestKit storage;

  @SuppressWarnings("NullAway.Init")
  private static ManualTime time;

  private static final ControlledJournal JOURNAL = new ControlledJournal();
  private static int customers;

  private final CustomerRef customer = CustomerRef.ofExternalId(TENANT, "customer " + customers++);
  private final String persistenceId = customer.persistenceId();
  private final SettableClock clock = new SettableClock(START);
  private final WriteBudget budget = new WriteBudget(3);
  private final TestProbe<ClusterSharding.ShardCommand> shard = kit.createTestProbe();
  private final TestProbe<WriteReply> writes = kit.createTestProbe();
  private final TestProbe<ReadReply> reads = kit.createTestProbe();
  private final List<ActorRef<CustomerMessage>> gates = new ArrayList<>();

  @BeforeAll
  static void start() {
    Awaitility.setDefaultTimeout(LONGEST_WAIT);
    kit =
        ActorTestKit.create(
            ManualTime.config()
                .withFallback(PersistenceTestKitPlugin.config())
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.load("engine-test")));
    storage = PersistenceTestKit.create(kit.system()).withPolicy(JOURNAL);
    time = ManualTime.get(kit.system());
  }

  @AfterAll
  static void shutDown() {
    Awaitility.reset();
    kit.shutdownTestKit();
  }

  @AfterEach
  void everyWriteIsGivenBack() {
    JOURNAL.release(persistenceId);
    gates.forEach(kit::stop);
    await().untilAsserted(() -> assertThat(freeWrites()).isEqualTo(3));
  }

  @Test
  void what_was_answered_is_seen_by_the_next_read() {
    ActorRef<CustomerMessage> gate = gate();
    write(gate, grant("a", 10), use("b", 4));

    WriteReply reply = writes.receiveMessage();

    assertThat(reply.unavailable()).isNull();
    assertThat(reply.externalId()).isEqualTo("acme");
    assertThat(reply.outcomes()).hasSize(2).allMatch(Outcome.Done.class::isInstance);
    assertThat(balance(gate)).isEqualTo(6);
    assertThat(JOURNAL.writes(persistenceId)).as("one atomic write").containsExactly(3);
  }

  @Test
  void nothing_is_answered_before_it_is_durable() {
    ActorRef<CustomerMessage> gate = gate();
    JOURNAL.holdWrites(persistenceId);
    write(gate, grant("a", 10));
    JOURNAL.awaitHeldWrite(persistenceId);

    time.expectNoMessageFor(A_WHILE, writes);
    JOURNAL.release(persistenceId);

    assertThat(writes.receiveMessage().outcomes()).hasSize(1);
  }

  @Test
  void while_a_write_is_in_flight_the_next_ones_gather_and_go_down_as_one() {
    ActorRef<CustomerMessage> gate = funded(1_000);
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("first", 1));
    JOURNAL.awaitHeldWrite(persistenceId);
    for (int i = 0; i < 100; i++) {
      write(gate, use("key " + i, 1));
    }
    readsSoFar(gate);
    JOURNAL.release(persistenceId);

    for (int i = 0; i < 101; i++) {
      assertThat(writes.receiveMessage().outcomes().getFirst()).isInstanceOf(Outcome.Done.class);
    }
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2, 1, 100);
    assertThat(balance(gate)).isEqualTo(899);
  }

  @Test
  void a_hundred_race_for_the_last_credits_and_exactly_the_affordable_number_wins() {
    ActorRef<CustomerMessage> gate = funded(37);
    for (int i = 0; i < 100; i++) {
      write(gate, use("key " + i, 1));
    }

    int done = 0;
    for (int i = 0; i < 100; i++) {
      Outcome outcome = writes.receiveMessage().outcomes().getFirst();
      done += outcome instanceof Outcome.Done ? 1 : 0;
    }

    assertThat(done).isEqualTo(37);
    assertThat(balance(gate)).isZero();
  }

  @Test
  void reads_do_not_wait_for_a_write_and_show_the_last_durable_state() {
    ActorRef<CustomerMessage> gate = funded(10);
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("a", 4));
    JOURNAL.awaitHeldWrite(persistenceId);

    assertThat(balance(gate)).isEqualTo(10);
    JOURNAL.release(persistenceId);

    writes.receiveMessage();
    assertThat(balance(gate)).isEqualTo(6);
  }

  @Test
  void a_batch_is_bounded() {
    ActorRef<CustomerMessage> gate = funded(10_000);
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("first", 1));
    JOURNAL.awaitHeldWrite(persistenceId);
    for (int i = 0; i < 900; i++) {
      write(gate, use("key " + i, 1));
    }
    readsSoFar(gate);
    JOURNAL.release(persistenceId);

    writes.receiveSeveralMessages(901);
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2, 1, 400, 400, 100);
  }

  @Test
  void one_message_may_have_a_thousand_commands_which_go_down_together_and_no_more() {
    ActorRef<CustomerMessage> gate = funded(10_000);

    write(gate, uses("a", CustomerGate.MAX_COMMANDS));
    assertThat(writes.receiveMessage().outcomes()).hasSize(1_000);
    write(gate, uses("b", CustomerGate.MAX_COMMANDS + 1));

    assertThat(writes.receiveMessage()).isEqualTo(WriteReply.not(Unavailable.OVERLOADED));
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2, 1_000);
  }

  @Test
  void a_full_queue_refuses_what_comes_on_top_and_keeps_the_rest() {
    ActorRef<CustomerMessage> gate = funded(10_000);
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("first", 1));
    JOURNAL.awaitHeldWrite(persistenceId);
    for (int i = 0; i < 4; i++) {
      write(gate, uses("batch " + i, 1_000));
    }
    TestProbe<WriteReply> late = kit.createTestProbe();
    gate.tell(new Write(List.of(use("late", 1)), late.ref()));

    assertThat(late.receiveMessage()).isEqualTo(WriteReply.not(Unavailable.OVERLOADED));
    JOURNAL.release(persistenceId);

    writes.receiveSeveralMessages(5).forEach(reply -> assertThat(reply.unavailable()).isNull());
    assertThat(balance(gate)).isEqualTo(5_999);
    gate.tell(new Write(List.of(use("late", 1)), late.ref()));
    assertThat(late.receiveMessage().unavailable()).isNull();
  }

  @Test
  void without_budget_a_write_is_refused_as_overload_and_a_retry_goes_through() {
    ActorRef<CustomerMessage> gate = funded(10);
    for (int i = 0; i < 3; i++) {
      assertThat(budget.tryTake()).isTrue();
    }
    write(gate, use("a", 1));

    assertThat(writes.receiveMessage()).isEqualTo(WriteReply.not(Unavailable.OVERLOADED));
    assertThat(balance(gate)).as("reads need no budget").isEqualTo(10);
    giveAllBack();

    write(gate, use("a", 1));
    assertThat(writes.receiveMessage().unavailable()).isNull();
    assertThat(balance(gate)).isEqualTo(9);
  }

  @Test
  void twins_are_done_once_whether_in_flight_or_in_one_batch_or_later() {
    ActorRef<CustomerMessage> gate = funded(10);
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("a", 1));
    JOURNAL.awaitHeldWrite(persistenceId);
    write(gate, use("a", 1));
    write(gate, use("b", 1));
    write(gate, use("b", 1));
    readsSoFar(gate);
    JOURNAL.release(persistenceId);
    List<Outcome> outcomes = outcomes(4);
    write(gate, use("b", 1));
    outcomes.addAll(outcomes(1));

    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Done.class);
    assertThat(outcomes.get(1)).isEqualTo(new Outcome.Replayed(3));
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Done.class);
    assertThat(outcomes.get(3)).isEqualTo(new Outcome.Replayed(4));
    assertThat(outcomes.get(4)).isEqualTo(new Outcome.Replayed(4));
    assertThat(balance(gate)).isEqualTo(8);
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2, 1, 1);
  }

  @Test
  void what_changes_nothing_is_answered_and_not_written() {
    ActorRef<CustomerMessage> gate = funded(10);
    write(gate, use("a", 11), use("b", 12));

    assertThat(writes.receiveMessage().outcomes()).allMatch(Outcome.Refused.class::isInstance);
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2);
  }

  @Test
  void an_unknown_customer_is_not_found_and_leaves_no_trace() {
    ActorRef<CustomerMessage> gate = gate();
    write(gate, use("a", 1));

    WriteReply reply = writes.receiveMessage();

    assertThat(reply.outcomes())
        .containsExactly(new Outcome.Refused(new Refusal.CustomerNotFound()));
    assertThat(reply.externalId()).isNull();
    assertThat(read(gate)).isInstanceOf(CustomerView.NotFound.class);
    assertThat(storage.persistedInStorage(persistenceId)).isEmpty();
  }

  @Test
  void an_actor_that_is_to_leave_first_finishes_what_it_has() {
    ActorRef<CustomerMessage> gate = funded(10);
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("a", 1));
    JOURNAL.awaitHeldWrite(persistenceId);
    write(gate, use("b", 1));
    gate.tell(new Stop());
    write(gate, use("c", 1));
    assertThat(balance(gate)).as("still there").isEqualTo(10);
    JOURNAL.release(persistenceId);

    assertThat(outcomes(3)).allMatch(Outcome.Done.class::isInstance);
    writes.expectTerminated(gate);
    assertThat(balance(gate())).isEqualTo(7);
  }

  @Test
  void an_idle_actor_leaves_at_once() {
    ActorRef<CustomerMessage> gate = funded(10);
    gate.tell(new Stop());

    writes.expectTerminated(gate);
  }

  @Test
  void an_actor_that_is_to_leave_while_it_recovers_answers_first_who_waits() {
    kit.stop(funded(10));
    JOURNAL.holdReads(persistenceId);
    ActorRef<CustomerMessage> gate = gate();
    JOURNAL.awaitHeldRead(persistenceId);
    gate.tell(new Read(new CustomerQuery.ReadCredits(null), reads.ref()));
    write(gate, use("a", 4));
    gate.tell(new Stop());
    JOURNAL.release(persistenceId);

    assertThat(balance(reads.receiveMessage())).isEqualTo(10);
    assertThat(outcomes(1)).allMatch(Outcome.Done.class::isInstance);
    writes.expectTerminated(gate);
  }

  @Test
  void what_comes_while_the_actor_recovers_waits_and_is_answered() {
    kit.stop(funded(10));
    JOURNAL.holdReads(persistenceId);
    ActorRef<CustomerMessage> gate = gate();
    JOURNAL.awaitHeldRead(persistenceId);
    gate.tell(new Read(new CustomerQuery.ReadCredits(null), reads.ref()));
    write(gate, use("a", 4));

    time.expectNoMessageFor(A_WHILE, reads, writes);
    JOURNAL.release(persistenceId);

    assertThat(balance(reads.receiveMessage())).isEqualTo(10);
    assertThat(outcomes(1)).allMatch(Outcome.Done.class::isInstance);
    assertThat(balance(gate)).isEqualTo(6);
  }

  @Test
  void the_reads_that_wait_for_a_recovery_are_bounded() {
    kit.stop(funded(10));
    JOURNAL.holdReads(persistenceId);
    ActorRef<CustomerMessage> gate = gate();
    JOURNAL.awaitHeldRead(persistenceId);
    for (int i = 0; i < CustomerGate.MAX_WAITING_READS; i++) {
      gate.tell(new Read(new CustomerQuery.ReadCredits(null), reads.ref()));
    }
    TestProbe<ReadReply> late = kit.createTestProbe();
    gate.tell(new Read(new CustomerQuery.ReadCredits(null), late.ref()));

    assertThat(late.receiveMessage()).isEqualTo(ReadReply.not(Unavailable.OVERLOADED));
    JOURNAL.release(persistenceId);
    reads
        .receiveSeveralMessages(CustomerGate.MAX_WAITING_READS)
        .forEach(reply -> assertThat(balance(reply)).isEqualTo(10));
  }

  @Test
  void a_write_that_fails_is_told_to_everyone_who_waits_and_the_actor_leaves() {
    ActorRef<CustomerMessage> gate = funded(10);
    JOURNAL.failNextWrite(persistenceId);
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("a", 1));
    JOURNAL.awaitHeldWrite(persistenceId);
    write(gate, use("b", 1));
    readsSoFar(gate);
    JOURNAL.release(persistenceId);

    assertStorageUnavailable(gate, 2);
    assertThat(balance(gate())).as("what is durable is found out by recovering").isEqualTo(10);
  }

  @Test
  void a_write_that_is_rejected_is_no_different() {
    ActorRef<CustomerMessage> gate = funded(10);
    JOURNAL.rejectNextWrite(persistenceId);
    write(gate, use("a", 1));

    assertStorageUnavailable(gate, 1);
  }

  @Test
  void a_retry_after_a_failure_does_once_what_was_not_done() {
    ActorRef<CustomerMessage> gate = funded(10);
    JOURNAL.failNextWrite(persistenceId);
    write(gate, use("a", 1));
    assertStorageUnavailable(gate, 1);

    ActorRef<CustomerMessage> fresh = gate();
    write(fresh, use("a", 1));
    write(fresh, use("a", 1));

    assertThat(outcomes(2).get(1)).isEqualTo(new Outcome.Replayed(3));
    assertThat(balance(fresh)).isEqualTo(9);
  }

  @Test
  void a_recovery_that_fails_is_told_to_everyone_who_waits() {
    kit.stop(funded(10));
    JOURNAL.failNextRead(persistenceId);
    JOURNAL.holdReads(persistenceId);
    ActorRef<CustomerMessage> gate = gate();
    JOURNAL.awaitHeldRead(persistenceId);
    write(gate, use("a", 1));
    gate.tell(new Read(new CustomerQuery.ReadCredits(null), reads.ref()));
    JOURNAL.release(persistenceId);

    assertThat(reads.receiveMessage()).isEqualTo(ReadReply.not(Unavailable.STORAGE));
    assertStorageUnavailable(gate, 1);
    assertThat(balance(gate())).isEqualTo(10);
  }

  /** The writes were refused, the shard is asked to passivate, and until then nothing hangs. */
  private void assertStorageUnavailable(ActorRef<CustomerMessage> gate, int refused) {
    for (int i = 0; i < refused; i++) {
      assertThat(writes.receiveMessage()).isEqualTo(WriteReply.not(Unavailable.STORAGE));
    }
    assertThat(shard.receiveMessage()).isEqualTo(new ClusterSharding.Passivate<>(gate));
    assertThat(freeWrites()).isEqualTo(3);
    write(gate, use("z", 1));
    gate.tell(new Read(new CustomerQuery.ReadCredits(null), reads.ref()));
    assertThat(writes.receiveMessage()).isEqualTo(WriteReply.not(Unavailable.STORAGE));
    assertThat(reads.receiveMessage()).isEqualTo(ReadReply.not(Unavailable.STORAGE));
    gate.tell(new Stop());
    writes.expectTerminated(gate);
  }

  @Test
  void the_alarm_writes_an_expiry_down_at_its_time() {
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, START.plusSeconds(60)));

    pass(Duration.ofSeconds(60).minusMillis(1));
    readsSoFar(gate);
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2);
    pass(Duration.ofMillis(1));

    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
  }

  @Test
  void the_alarm_rings_again_for_what_comes_after() {
    granted(
        grant("a", 10, 0, START.plusSeconds(60)),
        grant("b", 10, 0, START.plusSeconds(90)),
        grant("c", 10, 0, START.plusSeconds(95), START.plusSeconds(99), null, null, null));

    pass(Duration.ofSeconds(60));
    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
    pass(Duration.ofSeconds(30));
    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(90));
    pass(Duration.ofSeconds(5));
    awaitLast(CustomerEvent.BlockActivated.class, START.plusSeconds(95));
    pass(Duration.ofSeconds(4));
    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(99));
  }

  @Test
  void the_alarm_is_set_again_when_the_actor_is_back_in_memory() {
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, START.plusSeconds(60)));
    kit.stop(gate);
    readsSoFar(gate());

    pass(Duration.ofSeconds(60));

    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
  }

  @Test
  void what_was_due_while_nobody_was_there_is_written_down_on_return() {
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, START.plusSeconds(60)));
    kit.stop(gate);
    clock.set(START.plus(Duration.ofDays(3)));
    readsSoFar(gate());
    time.timePasses(Duration.ofMillis(1));

    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
  }

  @Test
  void the_alarm_keeps_a_date_that_is_further_away_than_any_timer() {
    Instant expiry = START.plus(Duration.ofHours(59));
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, expiry));

    for (int hours = 0; hours < 54; hours += 6) {
      pass(Duration.ofHours(6));
      readsSoFar(gate);
    }
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2);
    pass(Duration.ofHours(5));

    awaitLast(CustomerEvent.BlockExpired.class, expiry);
  }

  @Test
  void a_timer_that_runs_ahead_of_the_clock_waits_again() {
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, START.plusSeconds(60)));

    time.timePasses(Duration.ofSeconds(60)); // the clock stands still
    assertThat(balance(gate)).isEqualTo(10);
    clock.pass(Duration.ofSeconds(60));
    time.timePasses(Duration.ofSeconds(60));

    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
  }

  @Test
  void an_alarm_that_rings_while_a_write_is_in_flight_is_not_lost() {
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, START.plusSeconds(60)));
    JOURNAL.holdWrites(persistenceId);
    write(gate, use("b", 1)); // judged before the expiry
    JOURNAL.awaitHeldWrite(persistenceId);
    pass(Duration.ofSeconds(60));
    gate.tell(new Read(new CustomerQuery.ReadCredits(null), reads.ref()));
    assertThat(balance(reads.receiveMessage())).isZero();
    JOURNAL.release(persistenceId);
    assertThat(outcomes(1)).allMatch(Outcome.Done.class::isInstance);
    readsSoFar(gate);
    pass(Duration.ofMinutes(1));

    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
  }

  @Test
  void an_alarm_that_rings_while_the_node_is_overloaded_rings_again() {
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, START.plusSeconds(60)));
    for (int i = 0; i < 3; i++) {
      assertThat(budget.tryTake()).isTrue();
    }
    pass(Duration.ofSeconds(60));
    assertThat(balance(gate)).isZero();
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2);
    giveAllBack();
    pass(Duration.ofMinutes(1));

    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
  }

  @Test
  void a_read_shows_what_is_due_and_has_it_written_down() {
    ActorRef<CustomerMessage> gate = granted(grant("a", 10, 0, START.plusSeconds(60)));
    clock.set(START.plusSeconds(60)); // no timer has rung

    assertThat(balance(gate)).isZero();
    awaitLast(CustomerEvent.BlockExpired.class, START.plusSeconds(60));
    assertThat(balance(gate)).isZero();
    assertThat(JOURNAL.writes(persistenceId)).containsExactly(2, 1);
  }

  private void awaitLast(Class<? extends CustomerEvent> type, Instant at) {
    await()
        .untilAsserted(() -> {
          var last = (CustomerEvent) storage.persistedInStorage(persistenceId).getLast();
          assertThat(last).isInstanceOf(type);
          assertThat(last.at()).isEqualTo(at);
        });
    readsSoFar(gates.getLast());
  }

  private ActorRef<CustomerMessage> gate() {
    ActorRef<CustomerMessage> gate =
        kit.spawn(CustomerGate.create(customer, clock, new RecordingAlarms(), budget, shard.ref()));
    gates.add(gate);
    return gate;
  }

  private ActorRef<CustomerMessage> funded(long creditsMc) {
    return granted(grant("funding", creditsMc));
  }

  /** The actor after these grants, its alarm set. */
  private ActorRef<CustomerMessage> granted(CustomerCommand... grants) {
    ActorRef<CustomerMessage> gate = gate();
    write(gate, grants);
    assertThat(writes.receiveMessage().outcomes()).allMatch(Outcome.Done.class::isInstance);
    readsSoFar(gate);
    return gate;
  }

  private void write(ActorRef<CustomerMessage> gate, CustomerCommand... commands) {
    write(gate, List.of(commands));
  }

  private void write(ActorRef<CustomerMessage> gate, List<CustomerCommand> commands) {
    gate.tell(new Write(commands, writes.ref()));
  }

  private static List<CustomerCommand> uses(String name, int count) {
    var uses = new ArrayList<CustomerCommand>();
    for (int i = 0; i < count; i++) {
      uses.add(use(name + " " + i, 1));
    }
    return uses;
  }

  private List<Outcome> outcomes(int replies) {
    var outcomes = new ArrayList<Outcome>();
    for (int i = 0; i < replies; i++) {
      outcomes.addAll(writes.receiveMessage().outcomes());
    }
    return outcomes;
  }

  /** Time passes for the clock and for the timers. */
  private void pass(Duration by) {
    clock.pass(by);
    time.timePasses(by);
  }

  /** Returns when the actor has taken everything that was sent to it before. */
  private void readsSoFar(ActorRef<CustomerMessage> gate) {
    read(gate);
  }

  private CustomerView read(ActorRef<CustomerMessage> gate) {
    TestProbe<ReadReply> probe = kit.createTestProbe();
    gate.tell(new Read(new CustomerQuery.ReadCredits(null), probe.ref()));
    return Objects.requireNonNull(probe.receiveMessage().view());
  }

  private long balance(ActorRef<CustomerMessage> gate) {
    return ((CustomerView.Credits) read(gate)).balances().balanceMc();
  }

  private static long balance(ReadReply reply) {
    return ((CustomerView.Credits) Objects.requireNonNull(reply.view())).balances().balanceMc();
  }

  private int freeWrites() {
    int free = 0;
    while (budget.tryTake()) {
      free++;
    }
    for (int i = 0; i < free; i++) {
      budget.giveBack();
    }
    return free;
  }

  private void giveAllBack() {
    for (int i = 0; i < 3; i++) {
      budget.giveBack();
    }
  }
}
