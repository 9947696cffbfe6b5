package io.quotastack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.quotastack.engine.alarms.RecordingAlarms;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerEvent.BlockExpired;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.Outcome;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.InMemoryJournal;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.JournalUnavailableException;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantReply;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The engine of one node, a cluster of its own, on a journal in memory. */
class EngineTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @SuppressWarnings("NullAway.Init")
  private static ActorTestKit kit;

  @SuppressWarnings("NullAway.Init")
  private static Engine engine;

  @SuppressWarnings("NullAway.Init")
  private static PersistenceTestKit storage;

  private static volatile Instant time = NOW;
  private static int requests;

  private final String tenantId = TenantRef.newTenantId();
  private final TenantRef live = new TenantRef(tenantId, Environment.LIVE);
  private final TenantRef test = new TenantRef(tenantId, Environment.TEST);

  @BeforeAll
  static void start() {
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
    storage = PersistenceTestKit.create(kit.system());
    engine =
        Engine.start(
            kit.system(),
            new InMemoryJournal(storage::persistedInStorage),
            new RecordingAlarms(),
            () -> time,
            new EngineSettings(Duration.ofSeconds(20), 100));
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> cluster.selfMember().status().equals(MemberStatus.up()));
  }

  @AfterAll
  static void shutDown() {
    kit.shutdownTestKit();
  }

  @Test
  void both_names_of_a_customer_reach_it() {
    CustomerRef byName = CustomerRef.ofExternalId(live, "acme");
    var byId = new CustomerRef(live, byName.customerId());
    assertThat(outcome(byName, grant("acme", 10))).isInstanceOf(Outcome.Done.class);

    assertThat(balance(byName)).isEqualTo(10);
    assertThat(balance(byId)).isEqualTo(10);
    assertThat(outcome(byId, grant(null, 5))).isInstanceOf(Outcome.Done.class);
    assertThat(balance(byName)).isEqualTo(15);
  }

  @Test
  void environments_are_apart() {
    CustomerRef customer = CustomerRef.ofExternalId(live, "acme");
    outcome(customer, grant("acme", 10));

    assertThat(read(CustomerRef.ofExternalId(test, "acme")))
        .isInstanceOf(CustomerView.NotFound.class);
    assertThat(read(new CustomerRef(test, customer.customerId())))
        .isInstanceOf(CustomerView.NotFound.class);

    change(live, new TenantCommand.CreateTenant("Acme", "ab"));
    assertThat(now(engine.catalog(live)).exists()).isTrue();
    assertThat(now(engine.catalog(test)).exists()).isFalse();
  }

  @Test
  void a_rule_that_was_acknowledged_prices_the_very_next_request() {
    withMetric();
    for (int version = 1; version <= 20; version++) {
      TenantReply reply = change(live, rule(version));

      assertThat(reply).isInstanceOf(TenantReply.Done.class);
      MeteringRule active = now(engine.catalog(live)).activeRule("tokens", NOW);
      assertThat(Objects.requireNonNull(active).version()).isEqualTo(version);
    }
  }

  @Test
  void a_catalog_is_answered_at_once_from_the_copy_until_it_changes() {
    withMetric();
    Catalog first = now(engine.catalog(live));

    assertThat(engine.catalog(live).toCompletableFuture()).isCompletedWithValue(first);
    assertThat(now(engine.catalog(live))).isSameAs(first);
    change(live, rule(1));
    assertThat(now(engine.catalog(live)).version()).isEqualTo(first.version() + 1);
  }

  @Test
  void a_change_is_answered_again_on_a_retry() {
    withMetric();
    TenantCommand command = rule(1);
    TenantReply first = change(live, command);
    long sequence = ((TenantReply.Done) first).sequence();

    assertThat(change(live, command)).isEqualTo(new TenantReply.Replayed(sequence));
    assertThat(
            now(engine
                    .journal()
                    .read(
                        live.persistenceId(),
                        sequence,
                        sequence,
                        Direction.OLDEST_FIRST,
                        Set.of("metering_rule_created.1"),
                        1))
                .getFirst()
                .event())
        .isEqualTo(((TenantReply.Done) first).event());
  }

  @Test
  void refusals_of_a_tenant_are_answered() {
    assertThat(change(live, rule(1)))
        .isInstanceOfSatisfying(
            TenantReply.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(TenantReply.Reason.NOT_FOUND));
  }

  @Test
  void a_change_that_the_journal_fails_is_told_at_once_and_its_retry_does_it_once() {
    withMetric();
    TenantCommand command = rule(1);
    storage.failNextPersisted(live.persistenceId());

    assertThat(change(live, command))
        .isEqualTo(new TenantReply.Unavailable(TenantReply.Cause.STORAGE));
    // Until the failed actor has left, its answer is the same.
    Awaitility.await().until(() -> change(live, command) instanceof TenantReply.Done);
    assertThat(change(live, command)).isEqualTo(new TenantReply.Replayed(3));
    assertThat(now(engine.catalog(live)).rules().get("tokens")).hasSize(1);
  }

  @Test
  void a_catalog_that_cannot_be_read_fails_at_once_and_is_asked_for_again() {
    storage.failNextRead(live.persistenceId());

    assertThatThrownBy(() -> now(engine.catalog(live)))
        .hasCauseInstanceOf(JournalUnavailableException.class);
    Awaitility.await()
        .ignoreExceptions()
        .until(() -> now(engine.catalog(live)).equals(Catalog.NONE));
  }

  @Test
  void many_at_once_spend_exactly_what_there_is() {
    CustomerRef customer = CustomerRef.ofExternalId(live, "acme");
    outcome(customer, grant("acme", 50));
    var price =
        new MeteringRule(
            "rul_1",
            "tokens",
            1,
            new Price.PerUnit(BigDecimal.ONE),
            TierScope.EVENT,
            List.of(),
            Rounding.UP,
            NOW,
            NOW);
    var stages = new ArrayList<CompletionStage<? extends Object>>();
    for (int i = 0; i < 64; i++) {
      stages.add(
          engine
              .write(
                  customer,
                  List.of(
                      new CustomerCommand.RecordUsage(
                          request(),
                          "tokens",
                          BigDecimal.ONE,
                          new Pricing(List.of(price)),
                          AccountPolicy.DEFAULT,
                          null,
                          Map.of(),
                          Map.of())))
              .thenApply(reply -> reply.outcomes().getFirst()));
    }

    assertThat(stages.stream().map(EngineTest::now).filter(Outcome.Done.class::isInstance))
        .hasSize(50);
    assertThat(balance(customer)).isZero();
  }

  @Test
  void who_is_rung_writes_down_what_time_has_done() {
    CustomerRef customer = CustomerRef.ofExternalId(live, "acme");
    Instant expiry = NOW.plusSeconds(3_600);
    outcome(customer, grant("acme", 10, expiry));

    now(engine.ring(customer));
    assertThat(storage.persistedInStorage(customer.persistenceId()))
        .as("nothing is due yet")
        .noneMatch(BlockExpired.class::isInstance);
    time = expiry;
    try {
      now(engine.ring(customer));
      assertThat(storage.persistedInStorage(customer.persistenceId()))
          .filteredOn(BlockExpired.class::isInstance)
          .hasSize(1);
    } finally {
      time = NOW;
    }
  }

  @Test
  void whoever_does_not_exist_can_be_rung_and_does_nothing() {
    CustomerRef nobody = CustomerRef.ofExternalId(live, "nobody");

    now(engine.ring(nobody));

    assertThat(storage.persistedInStorage(nobody.persistenceId())).isEmpty();
  }

  @Test
  void a_ring_fails_while_the_customer_cannot_be_read() {
    CustomerRef customer = CustomerRef.ofExternalId(live, "acme");
    storage.failNextRead(customer.persistenceId());

    assertThatThrownBy(() -> now(engine.ring(customer)))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("STORAGE");
    // The one that failed may still be leaving: whoever rings does so again.
    await().ignoreExceptions().untilAsserted(() -> now(engine.ring(customer)));
  }

  private void withMetric() {
    assertThat(change(live, new TenantCommand.CreateTenant("Acme", "ab")))
        .isInstanceOf(TenantReply.Done.class);
    assertThat(
            change(live, new TenantCommand.CreateMetric(request(), "tokens", "Tokens", null, null)))
        .isInstanceOf(TenantReply.Done.class);
  }

  private static TenantCommand rule(int cost) {
    return new TenantCommand.CreateRule(
        request(),
        "tokens",
        new Price.Flat(BigDecimal.valueOf(cost)),
        TierScope.EVENT,
        List.of(),
        Rounding.UP,
        null);
  }

  private static RequestKey request() {
    requests++;
    return new RequestKey("request " + requests, requests);
  }

  private static CustomerCommand grant(@Nullable String createAs, long creditsMc) {
    return grant(createAs, creditsMc, null);
  }

  private static CustomerCommand grant(
      @Nullable String createAs, long creditsMc, @Nullable Instant expiresAt) {
    return new CustomerCommand.GrantCredits(
        request(),
        createAs,
        creditsMc,
        BlockSource.PLAN,
        null,
        0,
        null,
        expiresAt,
        null,
        null,
        null,
        null,
        Map.of());
  }

  private static TenantReply change(TenantRef tenant, TenantCommand command) {
    return now(engine.change(tenant, command));
  }

  private static Outcome outcome(CustomerRef customer, CustomerCommand command) {
    return now(engine.write(customer, List.of(command))).outcomes().getFirst();
  }

  private static CustomerView read(CustomerRef customer) {
    return Objects.requireNonNull(
        now(engine.read(customer, new CustomerQuery.ReadCredits(null))).view());
  }

  private static long balance(CustomerRef customer) {
    return ((CustomerView.Credits) read(customer)).balances().balanceMc();
  }

  private static <T> T now(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
