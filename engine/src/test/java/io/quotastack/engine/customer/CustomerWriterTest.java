package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static io.quotastack.engine.customer.Customers.grant;
import static io.quotastack.engine.customer.Customers.use;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.quotastack.engine.customer.CustomerMessage.Durable;
import io.quotastack.engine.customer.CustomerMessage.Write;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit.SerializationSettings;
import org.apache.pekko.persistence.testkit.javadsl.SnapshotTestKit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The event-sourced actor of a customer; every event goes through its stored JSON. */
class CustomerWriterTest {
  private static final TenantRef TENANT =
      new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.TEST);

  /** A batch never leaves its node, and the state is stored as a snapshot of another type. */
  private static final SerializationSettings EVENTS_ONLY =
      EventSourcedBehaviorTestKit.enabledSerializationSettings()
          .withVerifyCommands(false)
          .withVerifyState(false)
          .withVerifyEquality(true);

  @SuppressWarnings("NullAway.Init")
  private static ActorTestKit kit;

  private static int customers;

  private final CustomerRef customer = CustomerRef.ofExternalId(TENANT, "writer " + customers++);
  private final SettableClock clock = new SettableClock(START);
  private final TestProbe<Durable> gate = kit.createTestProbe();
  private final TestProbe<WriteReply> replies = kit.createTestProbe();

  @BeforeAll
  static void start() {
    kit =
        ActorTestKit.create(
            EventSourcedBehaviorTestKit.config()
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.load("engine-test")));
  }

  @AfterAll
  static void shutDown() {
    kit.shutdownTestKit();
  }

  @Test
  void a_batch_is_stored_in_order_and_the_gate_hears_of_it_first() {
    var writer = behaviorKit();
    assertThat(gate.receiveMessage().state().version()).as("recovered").isZero();

    var result = writer.runCommand(batch(grant("a", 10), use("b", 4), use("c", 7)));

    assertThat(result.events())
        .extracting(event -> (Object) event.getClass().getSimpleName())
        .containsExactly("CustomerCreated", "CreditGranted", "UsageRecorded");
    assertThat(result.state().balanceMc()).isEqualTo(6);
    assertThat(gate.receiveMessage().state()).isSameAs(result.state());
    WriteReply reply = replies.receiveMessage();
    assertThat(reply.unavailable()).isNull();
    assertThat(reply.externalId()).isEqualTo("acme");
    assertThat(reply.outcomes())
        .containsExactly(
            new Outcome.Done(2, result.events().get(1)),
            new Outcome.Done(3, result.events().get(2)),
            new Outcome.Refused(new Refusal.InsufficientCredits(7, 6)));
  }

  @Test
  void each_write_of_a_batch_gets_its_own_outcomes() {
    var writer = behaviorKit();
    TestProbe<WriteReply> other = kit.createTestProbe();

    writer.runCommand(
        new CustomerWriter.Batch(
            List.of(
                new Write(List.of(grant("a", 10), use("b", 1)), replies.ref()),
                new Write(List.of(use("c", 20)), other.ref()),
                new Write(List.of(use("d", 1), use("b", 1)), replies.ref()))));

    assertThat(replies.receiveMessage().outcomes()).hasSize(2);
    assertThat(other.receiveMessage().outcomes())
        .containsExactly(new Outcome.Refused(new Refusal.InsufficientCredits(20, 9)));
    List<Outcome> last = replies.receiveMessage().outcomes();
    assertThat(last.getFirst()).isInstanceOf(Outcome.Done.class);
    assertThat(last.getLast()).isEqualTo(new Outcome.Replayed(3));
  }

  @Test
  void a_restart_recovers_the_state_and_the_remembered_keys() {
    var writer = behaviorKit();
    writer.runCommand(
        batch(
            grant("a", 10, 5, START.plusSeconds(60)),
            grant("b", 7, 0, START.plusSeconds(10), null, null, null, null),
            use("c", 4)));
    CustomerState before = writer.getState();

    CustomerState after = writer.restart().state();

    assertThat(CustomerSnapshot.of(after)).isEqualTo(CustomerSnapshot.of(before));
    clock.pass(Duration.ofSeconds(60));
    var result = writer.runCommand(batch(use("c", 4), use("d", 7), grant("a", 10)));
    assertThat(result.events())
        .extracting(event -> (Object) event.getClass().getSimpleName())
        .containsExactly("BlockActivated", "BlockExpired", "UsageRecorded");
    assertThat(result.state().balanceMc()).isZero();
  }

  @Test
  void a_batch_that_changes_nothing_stores_nothing_and_is_answered() {
    var writer = behaviorKit();

    var result = writer.runCommand(batch(use("a", 1)));

    assertThat(result.hasNoEvents()).isTrue();
    assertThat(replies.receiveMessage().outcomes())
        .containsExactly(new Outcome.Refused(new Refusal.CustomerNotFound()));
  }

  @Test
  void a_snapshot_is_taken_after_500_events_and_is_recovered_from() {
    ActorRef<CustomerWriter.Batch> writer = spawned();
    writer.tell(batch(grant("funding", 10_000)));
    for (int i = 0; i < 600; i++) {
      writer.tell(batch(use("key " + i, 1)));
    }
    replies.receiveSeveralMessages(601);
    SnapshotTestKit snapshots = SnapshotTestKit.create(kit.system());
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(snapshots.persistedInStorage(customer.persistenceId())).hasSize(1));
    var stored = snapshots.persistedInStorage(customer.persistenceId()).getFirst();
    assertThat(stored.first().sequenceNr()).isEqualTo(500);
    assertThat(stored.second())
        .isInstanceOfSatisfying(
            CustomerSnapshot.class, snapshot -> assertThat(snapshot.version()).isEqualTo(500));
    gate.receiveSeveralMessages(602);
    kit.stop(writer);

    // Without the events in front of the snapshot, nothing but it can tell of them.
    ActorRef<CustomerWriter.Batch> again = spawned();
    CustomerState recovered = gate.receiveMessage().state();

    assertThat(recovered.version()).isEqualTo(602);
    assertThat(recovered.balanceMc()).isEqualTo(9_400);
    again.tell(batch(use("key 3", 1), use("key 599", 1), use("new", 1)));
    assertThat(replies.receiveMessage().outcomes())
        .startsWith(new Outcome.Replayed(6), new Outcome.Replayed(602))
        .hasSize(3);
    assertThat(snapshots.persistedInStorage(customer.persistenceId())).hasSize(1);
  }

  @Test
  void a_snapshot_that_cannot_be_stored_does_no_harm() {
    SnapshotTestKit snapshots = SnapshotTestKit.create(kit.system());
    snapshots.failNextPersisted(customer.persistenceId());
    ActorRef<CustomerWriter.Batch> writer = spawned();
    writer.tell(batch(grant("funding", 10_000)));
    for (int i = 0; i < 520; i++) {
      writer.tell(batch(use("key " + i, 1)));
    }

    replies.receiveSeveralMessages(521).forEach(reply -> assertThat(reply.unavailable()).isNull());
    assertThat(snapshots.persistedInStorage(customer.persistenceId())).isEmpty();
  }

  @Test
  void a_large_state_takes_its_snapshots_further_apart() {
    ActorRef<CustomerWriter.Batch> writer = spawned();
    for (int i = 0; i < 3; i++) {
      var grants = new ArrayList<CustomerCommand>();
      for (int j = 0; j < 1_000; j++) {
        grants.add(grant("grant " + i + " " + j, 1_000));
      }
      writer.tell(batch(grants.toArray(new CustomerCommand[0])));
    }
    // 3,000 blocks and as many keys: a snapshot of them is worth more than 750 events.
    for (int i = 0; i < 900; i++) {
      writer.tell(batch(use("use " + i, 1)));
    }
    replies.receiveSeveralMessages(903);
    SnapshotTestKit snapshots = SnapshotTestKit.create(kit.system());
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(
                    snapshots.persistedInStorage(customer.persistenceId()).stream()
                        .map(snapshot -> snapshot.first().sequenceNr()))
                .hasSize(4)
                .startsWith(1_001L, 2_001L, 3_001L)
                .last(InstanceOfAssertFactories.LONG)
                .isBetween(3_850L, 3_870L));
  }

  private EventSourcedBehaviorTestKit<CustomerWriter.Batch, CustomerEvent, CustomerState>
      behaviorKit() {
    return EventSourcedBehaviorTestKit.create(
        kit.system(), CustomerWriter.create(customer, clock, gate.ref()), EVENTS_ONLY);
  }

  private ActorRef<CustomerWriter.Batch> spawned() {
    return kit.spawn(CustomerWriter.create(customer, clock, gate.ref()));
  }

  private CustomerWriter.Batch batch(CustomerCommand... commands) {
    return new CustomerWriter.Batch(List.of(new Write(List.of(commands), replies.ref())));
  }
}
