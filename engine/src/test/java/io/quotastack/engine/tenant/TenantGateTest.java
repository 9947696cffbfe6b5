package io.quotastack.engine.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantCommand.CreateMetric;
import io.quotastack.engine.tenant.TenantCommand.CreateTenant;
import io.quotastack.engine.tenant.TenantCommand.NameCustomer;
import io.quotastack.engine.tenant.TenantMessage.CatalogReply;
import io.quotastack.engine.tenant.TenantMessage.Change;
import io.quotastack.engine.tenant.TenantMessage.ReadCatalog;
import io.quotastack.engine.tenant.TenantMessage.Stop;
import io.quotastack.engine.tenant.TenantReply.Cause;
import io.quotastack.engine.tenant.TenantReply.Unavailable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.testkit.JournalOperation;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.ProcessingPolicy;
import org.apache.pekko.persistence.testkit.ProcessingResult;
import org.apache.pekko.persistence.testkit.ProcessingSuccess;
import org.apache.pekko.persistence.testkit.ReadEvents;
import org.apache.pekko.persistence.testkit.StorageFailure;
import org.apache.pekko.persistence.testkit.WriteEvents;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The actors of a tenant's environment on a journal that can be held and made to fail, on a node
 * that tells what it was told to drop.
 */
class TenantGateTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Unavailable STORAGE = new Unavailable(Cause.STORAGE);
  private static final Map<TenantRef, Integer> DROPS = new ConcurrentHashMap<>();
  private static final Journal JOURNAL = new Journal();

  @SuppressWarnings("NullAway.Init")
  private static ActorTestKit kit;

  private static int requests;

  private final TenantRef tenant = new TenantRef(TenantRef.newTenantId(), Environment.LIVE);
  private final TestProbe<ClusterSharding.ShardCommand> shard = kit.createTestProbe();
  private final TestProbe<TenantReply> replies = kit.createTestProbe();
  private final TestProbe<CatalogReply> catalogs = kit.createTestProbe();

  /** Holds what goes to the journal or comes from it, or has the next of it fail. */
  private static final class Journal implements ProcessingPolicy<JournalOperation> {
    private static final long LONGEST_HOLD_SECONDS = 30;

    private record Hold(Class<? extends JournalOperation> kind, CountDownLatch released) {}

    private final Map<String, Hold> holds = new ConcurrentHashMap<>();
    private final Map<String, Boolean> held = new ConcurrentHashMap<>();
    private final Map<String, Class<? extends JournalOperation>> failing =
        new ConcurrentHashMap<>();

    @Override
    public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
      Hold hold = holds.get(persistenceId);
      if (hold != null && hold.kind().isInstance(operation)) {
        held.put(persistenceId, true);
        awaitRelease(hold.released());
      }
      Class<? extends JournalOperation> fails = failing.get(persistenceId);
      if (fails != null && fails.isInstance(operation)) {
        failing.remove(persistenceId);
        return StorageFailure.create();
      }
      return ProcessingSuccess.getInstance();
    }

    private static void awaitRelease(CountDownLatch hold) {
      try {
        if (!hold.await(LONGEST_HOLD_SECONDS, TimeUnit.SECONDS)) {
          throw new IllegalStateException("nobody let the operation go");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void hold(TenantRef tenant, Class<? extends JournalOperation> kind) {
      held.remove(tenant.persistenceId());
      holds.put(tenant.persistenceId(), new Hold(kind, new CountDownLatch(1)));
    }

    void awaitHeld(TenantRef tenant) {
      await().until(() -> held.containsKey(tenant.persistenceId()));
    }

    void release(TenantRef tenant) {
      Hold hold = holds.remove(tenant.persistenceId());
      if (hold != null) {
        hold.released().countDown();
      }
    }

    void failNext(TenantRef tenant, Class<? extends JournalOperation> kind) {
      failing.put(tenant.persistenceId(), kind);
    }
  }

  @BeforeAll
  static void start() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
    kit =
        ActorTestKit.create(
            ConfigFactory.parseString(
                    """
                    pekko.actor.provider = cluster
                    pekko.remote.artery.canonical.hostname = "127.0.0.1"
                    pekko.remote.artery.canonical.port = 0
                    pekko.cluster.jmx.enabled = off
                    """)
                .withFallback(PersistenceTestKitPlugin.config())
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.load("engine-test")));
    PersistenceTestKit.create(kit.system()).withPolicy(JOURNAL);
    Cluster cluster = Cluster.get(kit.system());
    kit.system()
        .systemActorOf(
            dropping(cluster.selfMember().address().toString()), Catalogs.NAME, Props.empty());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    await().until(() -> cluster.selfMember().status().equals(MemberStatus.up()));
  }

  private static Behavior<Object> dropping(String self) {
    return Behaviors.receive(Object.class)
        .onMessage(
            TenantMessage.Drop.class,
            drop -> {
              DROPS.merge(drop.tenant(), 1, Integer::sum);
              drop.replyTo().tell(new TenantMessage.Dropped(self));
              return Behaviors.same();
            })
        .build();
  }

  @AfterAll
  static void shutDown() {
    Awaitility.reset();
    kit.shutdownTestKit();
  }

  @AfterEach
  void holdNothing() {
    JOURNAL.release(tenant);
  }

  @Test
  void what_was_answered_is_in_the_catalog_that_is_read_next() {
    ActorRef<TenantMessage> gate = withTenant();

    assertThat(change(gate, metric("tokens"))).isInstanceOf(TenantReply.Done.class);

    assertThat(Objects.requireNonNull(catalog(gate)).metrics()).containsOnlyKeys("tokens");
  }

  @Test
  void a_catalog_is_read_while_a_change_is_under_way_and_is_the_last_durable_one() {
    ActorRef<TenantMessage> gate = withTenant();
    JOURNAL.hold(tenant, WriteEvents.class);
    gate.tell(new Change(metric("tokens"), replies.ref()));
    JOURNAL.awaitHeld(tenant);

    assertThat(Objects.requireNonNull(catalog(gate)).metrics()).isEmpty();
    replies.expectNoMessage();
    JOURNAL.release(tenant);

    assertThat(replies.receiveMessage()).isInstanceOf(TenantReply.Done.class);
    assertThat(Objects.requireNonNull(catalog(gate)).metrics()).containsOnlyKeys("tokens");
  }

  @Test
  void changes_that_wait_are_judged_in_their_order() {
    ActorRef<TenantMessage> gate = withTenant();
    JOURNAL.hold(tenant, WriteEvents.class);
    for (String key : List.of("a", "b", "a", "c")) {
      gate.tell(new Change(metric(key), replies.ref()));
    }
    JOURNAL.release(tenant);

    List<TenantReply> answers = replies.receiveSeveralMessages(4);

    // What changes the catalog is answered by the broadcast of it, in any order.
    assertThat(answers)
        .filteredOn(TenantReply.Done.class::isInstance)
        .extracting(answer -> ((TenantReply.Done) answer).sequence())
        .containsExactlyInAnyOrder(2L, 3L, 4L);
    assertThat(answers).filteredOn(TenantReply.Refused.class::isInstance).hasSize(1);
  }

  @Test
  void a_write_that_fails_is_told_at_once_and_so_is_all_that_waits_behind_it() {
    ActorRef<TenantMessage> gate = withTenant();
    JOURNAL.hold(tenant, WriteEvents.class);
    JOURNAL.failNext(tenant, WriteEvents.class);
    CreateMetric tokens = metric("tokens");
    gate.tell(new Change(tokens, replies.ref()));
    JOURNAL.awaitHeld(tenant);
    gate.tell(new Change(metric("images"), replies.ref()));
    gate.tell(new Change(new NameCustomer(fresh(), new UUID(1, 1)), replies.ref()));

    JOURNAL.release(tenant);

    assertThat(replies.receiveSeveralMessages(3)).containsOnly(STORAGE);
    shard.expectMessage(new ClusterSharding.Passivate<>(gate));
    assertThat(change(gate, metric("late"))).isEqualTo(STORAGE);
    assertThat(catalog(gate)).isNull();
    stop(gate);

    ActorRef<TenantMessage> fresh = gate();
    assertThat(change(fresh, tokens)).isInstanceOf(TenantReply.Done.class);
    assertThat(change(fresh, tokens)).isEqualTo(new TenantReply.Replayed(2));
    assertThat(Objects.requireNonNull(catalog(fresh)).metrics()).containsOnlyKeys("tokens");
  }

  @Test
  void a_journal_that_cannot_be_read_is_told_at_once() {
    stop(withTenant());
    JOURNAL.failNext(tenant, ReadEvents.class);

    ActorRef<TenantMessage> gate = gate();
    gate.tell(new ReadCatalog(catalogs.ref()));
    gate.tell(new Change(metric("tokens"), replies.ref()));

    assertThat(catalogs.receiveMessage()).isEqualTo(new CatalogReply(null));
    assertThat(replies.receiveMessage()).isEqualTo(STORAGE);
    shard.expectMessage(new ClusterSharding.Passivate<>(gate));
    stop(gate);
    assertThat(Objects.requireNonNull(catalog(gate())).exists()).isTrue();
  }

  @Test
  void more_than_may_wait_is_refused() {
    ActorRef<TenantMessage> gate = withTenant();
    JOURNAL.hold(tenant, WriteEvents.class);
    gate.tell(new Change(metric("tokens"), replies.ref()));
    JOURNAL.awaitHeld(tenant);
    TestProbe<TenantReply> crowd = kit.createTestProbe();
    for (int i = 1; i < TenantGate.MAX_WAITING; i++) {
      gate.tell(new Change(new CreateTenant("Other", "ff"), crowd.ref()));
    }

    assertThat(change(gate, metric("images"))).isEqualTo(new Unavailable(Cause.OVERLOADED));
    JOURNAL.release(tenant);

    assertThat(replies.receiveMessage()).isInstanceOf(TenantReply.Done.class);
    assertThat(crowd.receiveSeveralMessages(TenantGate.MAX_WAITING - 1))
        .hasOnlyElementsOfType(TenantReply.Refused.class);
    assertThat(Objects.requireNonNull(catalog(gate)).metrics()).containsOnlyKeys("tokens");
  }

  @Test
  void it_leaves_only_when_all_is_answered() {
    ActorRef<TenantMessage> gate = withTenant();
    JOURNAL.hold(tenant, WriteEvents.class);
    gate.tell(new Change(metric("tokens"), replies.ref()));
    gate.tell(new Change(metric("images"), replies.ref()));
    JOURNAL.awaitHeld(tenant);
    gate.tell(new Stop());

    replies.expectNoMessage();
    JOURNAL.release(tenant);

    assertThat(replies.receiveSeveralMessages(2)).hasOnlyElementsOfType(TenantReply.Done.class);
    replies.expectTerminated(gate);
  }

  @Test
  void a_read_that_waits_for_the_journal_is_answered_before_it_leaves() {
    stop(withTenant());
    JOURNAL.hold(tenant, ReadEvents.class);
    ActorRef<TenantMessage> gate = gate();
    gate.tell(new ReadCatalog(catalogs.ref()));
    gate.tell(new Stop());
    JOURNAL.awaitHeld(tenant);

    catalogs.expectNoMessage();
    JOURNAL.release(tenant);

    assertThat(Objects.requireNonNull(catalogs.receiveMessage().catalog()).exists()).isTrue();
    replies.expectTerminated(gate);
  }

  @Test
  void a_change_and_its_replay_have_the_nodes_drop_their_copies_but_a_name_for_a_customer_not() {
    ActorRef<TenantMessage> gate = withTenant();
    assertThat(DROPS).containsEntry(tenant, 1);
    CreateMetric metric = metric("tokens");
    change(gate, metric);
    assertThat(DROPS).containsEntry(tenant, 2);
    assertThat(change(gate, metric)).isEqualTo(new TenantReply.Replayed(2));
    assertThat(DROPS).containsEntry(tenant, 3);

    var name = new NameCustomer(fresh(), new UUID(1, 1));
    assertThat(change(gate, name)).isInstanceOf(TenantReply.Done.class);
    assertThat(change(gate, name)).isEqualTo(new TenantReply.Replayed(3));
    assertThat(change(gate, metric("tokens"))).isInstanceOf(TenantReply.Refused.class);

    assertThat(DROPS).containsEntry(tenant, 3);
  }

  private ActorRef<TenantMessage> withTenant() {
    ActorRef<TenantMessage> gate = gate();
    assertThat(change(gate, new CreateTenant("Acme", "ab"))).isInstanceOf(TenantReply.Done.class);
    return gate;
  }

  private ActorRef<TenantMessage> gate() {
    return kit.spawn(TenantGate.create(tenant, InstantSource.fixed(NOW), shard.ref()));
  }

  private void stop(ActorRef<TenantMessage> gate) {
    gate.tell(new Stop());
    replies.expectTerminated(gate);
  }

  private TenantReply change(ActorRef<TenantMessage> gate, TenantCommand command) {
    TestProbe<TenantReply> own = kit.createTestProbe();
    gate.tell(new Change(command, own.ref()));
    return own.receiveMessage();
  }

  private @Nullable Catalog catalog(ActorRef<TenantMessage> gate) {
    gate.tell(new ReadCatalog(catalogs.ref()));
    return catalogs.receiveMessage().catalog();
  }

  private static CreateMetric metric(String key) {
    return new CreateMetric(fresh(), key, "A metric", null, null);
  }

  private static RequestKey fresh() {
    requests++;
    return new RequestKey("request " + requests, requests);
  }
}
