package io.quotastack.engine.serialization;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.typesafe.config.ConfigFactory;
import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BlockStatus;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerMessage;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.Outcome;
import io.quotastack.engine.customer.Profile;
import io.quotastack.engine.customer.Refusal;
import io.quotastack.engine.entitlements.Entitlement;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationStatus;
import io.quotastack.engine.reservations.ReservationTerms;
import io.quotastack.engine.tenant.ApiKeyHash;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantConfig;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.engine.tenant.TenantMessage;
import io.quotastack.engine.tenant.TenantReply;
import io.quotastack.engine.topups.AutoTopup;
import io.quotastack.engine.topups.TopupPackage;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Everything that travels between nodes arrives as it was sent, in full and in minimal form. */
class ClusterMessagesTest {
  private static final Instant AT = Instant.parse("2026-01-15T10:30:00.001Z");
  private static final RequestKey REQUEST = new RequestKey("key-1", -7_000_000_000_000_000_001L);
  private static final TenantRef TENANT =
      new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.LIVE);
  private static final MeteringRule PER_UNIT =
      new MeteringRule(
          "rul_a",
          "tokens",
          3,
          new Price.PerUnit(new BigDecimal("0.600000001")),
          TierScope.EVENT,
          List.of(),
          Rounding.HALF_UP,
          AT,
          AT);
  private static final MeteringRule FLAT =
      new MeteringRule(
          "rul_b",
          "calls",
          1,
          new Price.Flat(new BigDecimal("20")),
          TierScope.EVENT,
          List.of(),
          Rounding.DOWN,
          AT,
          AT);
  private static final MeteringRule BY_KIND =
      new MeteringRule(
          "rul_c",
          "tokens",
          2,
          null,
          TierScope.PERIOD,
          List.of(
              new Dimension(
                  Map.of("model", "large", "direction", "output"),
                  new Price.PerPackage(new BigDecimal("1000"), new BigDecimal("2.5"))),
              new Dimension(Map.of("model", ""), new Price.Flat(BigDecimal.ZERO))),
          Rounding.UP,
          AT,
          AT);
  private static final Metric METRIC =
      new Metric("tokens", "Tokens", "of text", "text", true, AT, AT);
  private static final Metric BARE_METRIC = new Metric("calls", "Calls", null, null, false, AT, AT);
  private static final TenantConfig SETTINGS =
      new TenantConfig(
          BurnOrder.PRIORITY_FIRST,
          OveragePolicy.NOTIFY,
          OverageSettlement.INVOICE,
          9_007_199_254_740_991L,
          604_800,
          ZoneId.of("Europe/Berlin"));
  private static final TopupPackage PACKAGE =
      new TopupPackage(
          "starter",
          "Starter ü",
          9_007_199_254_740_990L,
          1,
          new BigDecimal("9.990"),
          "EUR",
          3_155_760_000L,
          255,
          true,
          AT,
          AT.plusSeconds(1));
  private static final TopupPackage BARE_PACKAGE =
      new TopupPackage("bare", "B", 1, 0, null, null, null, 0, false, AT, AT);
  private static final Profile PROFILE =
      new Profile(
          "acme",
          "Acme ü",
          "a@b",
          "Europe/Berlin",
          OveragePolicy.NOTIFY,
          9_007_199_254_740_991L,
          Map.of("a", "1"),
          AT,
          AT);
  private static final AccountPolicy POLICY =
      new AccountPolicy(
          BurnOrder.PRIORITY_FIRST,
          OveragePolicy.NOTIFY,
          9_007_199_254_740_991L,
          OverageSettlement.INVOICE,
          ZoneId.of("Europe/Berlin"));
  private static final Profile NO_PROFILE = Profile.named(null, AT);
  private static final BlockTerms TERMS =
      new BlockTerms(
          7,
          9_007_199_254_740_991L,
          255,
          AT,
          AT.plusSeconds(1),
          BlockSource.TOPUP,
          new BigDecimal("9.990"),
          "EUR",
          new LinkedHashSet<>(List.of("tokens", "images", "a", "b")),
          "a reason",
          Map.of("k", "v"),
          AT);
  private static final BlockTerms BARE_TERMS =
      new BlockTerms(1, 1, 0, AT, null, BlockSource.PLAN, null, null, null, null, Map.of(), AT);
  private static final LedgerEntry ENTRY =
      new LedgerEntry(
          8,
          4,
          EntryType.DEBIT,
          -5,
          10,
          1,
          2,
          List.of(new Allocation(7, 5)),
          new Reference("usage", "use_x"),
          "why",
          Map.of("m", "n"),
          AT,
          LedgerHash.GENESIS,
          "ab".repeat(32));
  private static final LedgerEntry BARE_ENTRY =
      new LedgerEntry(
          1,
          1,
          EntryType.GRANT,
          0,
          0,
          0,
          0,
          List.of(),
          null,
          null,
          Map.of(),
          AT,
          LedgerHash.GENESIS,
          LedgerHash.GENESIS);

  private static final Reservation RESERVATION =
      new Reservation(
          new ReservationTerms(
              9,
              "tokens",
              "rul_a",
              3,
              new BigDecimal("12.50"),
              8,
              Map.of("model", "large"),
              Map.of("k", "v"),
              AT),
          new Quote(
              new Price.Graduated(
                  List.of(
                      new Tier(BigDecimal.TEN, new BigDecimal("0.5"), BigDecimal.ZERO),
                      new Tier(null, BigDecimal.ZERO, BigDecimal.ONE))),
              Rounding.DOWN,
              new BigDecimal("99.50")),
          List.of(new Allocation(7, 5), new Allocation(1, 3)),
          4,
          new BigDecimal("1.50"),
          3,
          AT.plusSeconds(300),
          ReservationStatus.ACTIVE);
  private static final Reservation BARE_RESERVATION =
      new Reservation(
          new ReservationTerms(9, null, null, null, null, 8, Map.of(), Map.of(), AT),
          null,
          List.of(),
          0,
          BigDecimal.ZERO,
          0,
          AT,
          ReservationStatus.EXPIRED);
  private static final AutoTopup.Settings PACKAGE_WANTED =
      new AutoTopup.Settings(5_000, "starter", null, 3, 86_400);
  private static final AutoTopup.Settings CREDITS_WANTED =
      new AutoTopup.Settings(1, null, 9_007_199_254_740_991L, 1, 1);

  @SuppressWarnings("NullAway.Init")
  private static ActorTestKit kit;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create(ConfigFactory.load("engine-test"));
  }

  @AfterAll
  static void shutDown() {
    kit.shutdownTestKit();
  }

  private final ActorRef<CustomerMessage.WriteReply> writes =
      kit.<CustomerMessage.WriteReply>createTestProbe().ref();
  private final ActorRef<CustomerMessage.ReadReply> reads =
      kit.<CustomerMessage.ReadReply>createTestProbe().ref();
  private final ActorRef<TenantReply> replies = kit.<TenantReply>createTestProbe().ref();
  private final ActorRef<TenantMessage.CatalogReply> catalogs =
      kit.<TenantMessage.CatalogReply>createTestProbe().ref();
  private final ActorRef<TenantMessage.Dropped> dropped =
      kit.<TenantMessage.Dropped>createTestProbe().ref();

  private static Stream<CustomerCommand> customerCommands() {
    return Stream.of(
        new CustomerCommand.CreateCustomer(
            REQUEST, "acme", "Acme", "a@b", "UTC", OveragePolicy.ALLOW, 5L, Map.of("k", "v")),
        new CustomerCommand.CreateCustomer(REQUEST, null, null, null, null, null, null, Map.of()),
        new CustomerCommand.UpdateCustomer(
            REQUEST,
            new NewValue<>(null),
            new NewValue<>("x"),
            null,
            new NewValue<>(OveragePolicy.BLOCK),
            new NewValue<>(7L),
            Map.of()),
        new CustomerCommand.UpdateCustomer(
            REQUEST,
            null,
            null,
            new NewValue<>("UTC"),
            new NewValue<>(null),
            new NewValue<>(null),
            null),
        new CustomerCommand.UpdateCustomer(REQUEST, null, null, null, null, null, null),
        new CustomerCommand.GrantCredits(
            REQUEST,
            "acme",
            5,
            BlockSource.TRIAL,
            "why",
            3,
            AT,
            AT.plusSeconds(1),
            9L,
            Set.of("tokens"),
            new BigDecimal("1.50"),
            "EUR",
            Map.of("k", "v")),
        new CustomerCommand.GrantCredits(
            REQUEST,
            null,
            5,
            BlockSource.REFUND,
            null,
            0,
            null,
            null,
            null,
            null,
            null,
            null,
            Map.of()),
        new CustomerCommand.RecordUsage(
            REQUEST,
            "tokens",
            new BigDecimal("999999999999999.999999999"),
            new Pricing(List.of(PER_UNIT, FLAT)),
            POLICY,
            AT,
            Map.of("model", "large"),
            Map.of("k", "v")),
        new CustomerCommand.RecordUsage(
            REQUEST,
            "calls",
            BigDecimal.ZERO,
            Pricing.NONE,
            AccountPolicy.DEFAULT,
            null,
            Map.of(),
            Map.of()),
        new CustomerCommand.RecordUsage(
            REQUEST,
            "calls",
            BigDecimal.ONE,
            new Pricing(List.of(FLAT)),
            AccountPolicy.DEFAULT,
            null,
            Map.of(),
            Map.of()),
        new CustomerCommand.AdjustCredits(
            REQUEST, -9_007_199_254_740_991L, "why", BurnOrder.PRIORITY_FIRST, Map.of("k", "v")),
        new CustomerCommand.AdjustCredits(REQUEST, 1, "", BurnOrder.EXPIRY_FIRST, Map.of()),
        new CustomerCommand.VoidBlock(REQUEST, 7, "why"),
        new CustomerCommand.ReverseUsage(
            REQUEST,
            8,
            "tokens",
            5L,
            "why",
            10,
            3,
            List.of(new Allocation(7, 5), new Allocation(1, 2)),
            List.of(TERMS, BARE_TERMS)),
        new CustomerCommand.ReverseUsage(
            REQUEST, 8, "tokens", null, "", 0, 0, List.of(), List.of()),
        new CustomerCommand.Reserve(
            REQUEST,
            "tokens",
            new BigDecimal("0.000000001"),
            null,
            new Pricing(List.of(PER_UNIT, FLAT)),
            POLICY,
            604_800,
            Map.of("model", "large"),
            Map.of("k", "v")),
        new CustomerCommand.Reserve(
            REQUEST, null, null, 5L, Pricing.NONE, AccountPolicy.DEFAULT, 1, Map.of(), Map.of()),
        new CustomerCommand.Commit(
            REQUEST, 9, new BigDecimal("1.50"), null, false, POLICY, Map.of("k", "v")),
        new CustomerCommand.Commit(REQUEST, 9, null, 5L, true, AccountPolicy.DEFAULT, Map.of()),
        new CustomerCommand.Commit(REQUEST, 9, null, null, true, AccountPolicy.DEFAULT, Map.of()),
        new CustomerCommand.Release(REQUEST, 9, "stopped"),
        new CustomerCommand.Release(REQUEST, 9, null),
        new CustomerCommand.Extend(REQUEST, 9, 300),
        new CustomerCommand.GrantTopup(
            REQUEST,
            "acme",
            new RequestKey("pi_1", -1),
            "starter",
            5,
            1,
            new BigDecimal("9.990"),
            "EUR",
            3,
            AT,
            9L,
            new LinkedHashSet<>(List.of("tokens", "images")),
            Map.of("k", "v")),
        new CustomerCommand.GrantTopup(
            REQUEST,
            null,
            null,
            "old",
            "archived",
            5,
            0,
            null,
            null,
            0,
            null,
            null,
            null,
            Map.of()),
        new CustomerCommand.GrantTopup(
            REQUEST, null, null, null, 5, 0, null, null, 0, null, null, null, Map.of()),
        new CustomerCommand.SetAutoTopup(PACKAGE_WANTED),
        new CustomerCommand.SetAutoTopup(CREDITS_WANTED),
        new CustomerCommand.RemoveAutoTopup(REQUEST),
        new CustomerCommand.RefuseTopup(REQUEST),
        new CustomerCommand.SettleDue());
  }

  private static Stream<CustomerEvent> customerEvents() {
    return Stream.of(
        new CustomerEvent.CustomerCreated(AT, REQUEST, PROFILE, 1),
        new CustomerEvent.CustomerCreated(AT, null, NO_PROFILE, 1),
        new CustomerEvent.CustomerUpdated(AT, REQUEST, PROFILE),
        new CustomerEvent.CreditGranted(AT, REQUEST, TERMS, ENTRY, 6, 2),
        new CustomerEvent.CreditGranted(AT, null, BARE_TERMS, BARE_ENTRY, 0, 2),
        new CustomerEvent.CreditAdjusted(AT, REQUEST, TERMS, ENTRY, 6, 2),
        new CustomerEvent.CreditAdjusted(AT, REQUEST, null, BARE_ENTRY, 0, 2),
        new CustomerEvent.BlockVoided(
            AT, REQUEST, new Block(TERMS, 3, 3, false, Block.Ending.VOIDED), ENTRY, 2),
        new CustomerEvent.BlockVoided(
            AT, null, new Block(TERMS, 0, 0, false, Block.Ending.VOIDED), BARE_ENTRY, 2),
        new CustomerEvent.UsageReversed(
            AT, REQUEST, 7, "tokens", 20, 30, 5, 4, 3, TERMS, List.of(TERMS, BARE_TERMS), ENTRY, 4),
        new CustomerEvent.UsageReversed(
            AT, REQUEST, 7, "tokens", 1, 1, 0, 0, 0, null, List.of(), BARE_ENTRY, 4),
        new CustomerEvent.OverageBooked(AT, 5, OverageSettlement.INVOICE, AT, ENTRY, 4),
        new CustomerEvent.OverageBooked(AT, 5, OverageSettlement.NEXT_GRANT, null, BARE_ENTRY, 0),
        new CustomerEvent.OverageSettled(AT, 5, OverageSettlement.INVOICE, BARE_ENTRY),
        new CustomerEvent.CreditsReserved(AT, REQUEST, RESERVATION, ENTRY),
        new CustomerEvent.CreditsReserved(AT, REQUEST, BARE_RESERVATION, BARE_ENTRY),
        new CustomerEvent.ReservationCaptured(
            AT,
            REQUEST,
            RESERVATION,
            12,
            new BigDecimal("1.50"),
            List.of(new Allocation(2, 5)),
            List.of(new Allocation(3, 3)),
            List.of(new Allocation(4, 2)),
            1,
            4,
            new Period(AT, AT.plusSeconds(1)),
            ENTRY,
            4),
        new CustomerEvent.ReservationCaptured(
            AT,
            REQUEST,
            BARE_RESERVATION,
            0,
            null,
            List.of(),
            List.of(),
            List.of(),
            0,
            0,
            null,
            BARE_ENTRY,
            4),
        new CustomerEvent.ReservationReleased(AT, REQUEST, RESERVATION, "stopped", 1, ENTRY, 0),
        new CustomerEvent.ReservationReleased(AT, null, BARE_RESERVATION, null, 0, BARE_ENTRY, 4),
        new CustomerEvent.ReservationExtended(AT, REQUEST, RESERVATION),
        new CustomerEvent.TopupGranted(
            AT, REQUEST, new RequestKey("pi_1", -1), "starter", TERMS, BARE_TERMS, ENTRY, 5, 1, 4),
        new CustomerEvent.TopupGranted(
            AT, REQUEST, null, null, BARE_TERMS, null, BARE_ENTRY, 0, 0, 4),
        new CustomerEvent.AutoTopupSet(AT, REQUEST, PACKAGE_WANTED),
        new CustomerEvent.AutoTopupSet(AT, null, null),
        new CustomerEvent.TopupRequested(AT, CREDITS_WANTED, -7, AT.plusSeconds(1), 4),
        new CustomerEvent.TopupRefused(AT, REQUEST, AT.plusSeconds(1)),
        new CustomerEvent.TopupRefused(AT, null, AT),
        new CustomerEvent.BlockActivated(AT, 7, ENTRY),
        new CustomerEvent.BlockExpired(AT, 7, ENTRY, 3),
        new CustomerEvent.UsageRecorded(
            AT,
            REQUEST,
            "tokens",
            new BigDecimal("12.50"),
            8,
            "rul_a",
            3,
            AT,
            Map.of("model", "large"),
            5,
            new Period(AT, AT.plusSeconds(1)),
            new BigDecimal("100.50"),
            ENTRY,
            4),
        new CustomerEvent.UsageRecorded(
            AT,
            REQUEST,
            "calls",
            BigDecimal.ZERO,
            0,
            "rul_b",
            1,
            AT,
            Map.of(),
            0,
            null,
            null,
            BARE_ENTRY,
            4));
  }

  private static Stream<TenantEvent> tenantEvents() {
    return Stream.of(
        new TenantEvent.TenantCreated(AT, "Acme", new ApiKeyHash("first key", "ab", AT)),
        new TenantEvent.ConfigChanged(AT, REQUEST, SETTINGS),
        new TenantEvent.ConfigChanged(AT, REQUEST, TenantConfig.DEFAULT),
        new TenantEvent.MetricCreated(AT, REQUEST, METRIC),
        new TenantEvent.MetricUpdated(AT, REQUEST, METRIC, PER_UNIT),
        new TenantEvent.MetricUpdated(AT, REQUEST, BARE_METRIC, null),
        new TenantEvent.RuleCreated(AT, REQUEST, FLAT),
        new TenantEvent.PackageCreated(AT, REQUEST, PACKAGE),
        new TenantEvent.PackageUpdated(AT, REQUEST, BARE_PACKAGE),
        new TenantEvent.RuleCreated(AT, REQUEST, BY_KIND),
        new TenantEvent.CustomerNamed(AT, REQUEST, new UUID(1, 2)));
  }

  private static Stream<TenantCommand> tenantCommands() {
    return Stream.of(
        new TenantCommand.CreateTenant("Acme", "ab"),
        new TenantCommand.ChangeConfig(
            REQUEST,
            BurnOrder.PRIORITY_FIRST,
            OveragePolicy.NOTIFY,
            OverageSettlement.INVOICE,
            new NewValue<>(9_007_199_254_740_991L),
            604_800,
            ZoneId.of("America/Argentina/Buenos_Aires")),
        new TenantCommand.ChangeConfig(REQUEST, null, null, null, new NewValue<>(null), null, null),
        new TenantCommand.ChangeConfig(REQUEST, null, null, null, null, null, null),
        new TenantCommand.CreateMetric(REQUEST, "tokens", "Tokens", "of text", "text"),
        new TenantCommand.CreateMetric(REQUEST, "tokens", "Tokens", null, null),
        new TenantCommand.UpdateMetric(
            REQUEST, "tokens", "T", new NewValue<>(null), new NewValue<>("f"), true),
        new TenantCommand.UpdateMetric(REQUEST, "tokens", null, null, null, null),
        new TenantCommand.CreateRule(
            REQUEST,
            "tokens",
            PER_UNIT.price(),
            TierScope.PERIOD,
            BY_KIND.dimensions(),
            Rounding.DOWN,
            AT),
        new TenantCommand.CreateRule(
            REQUEST, "calls", null, TierScope.EVENT, List.of(), Rounding.UP, null),
        new TenantCommand.CreatePackage(
            REQUEST, "starter", "Starter", 5, 1, new BigDecimal("9.990"), "EUR", 60L, 255),
        new TenantCommand.CreatePackage(REQUEST, "starter", "S", 5, 0, null, null, null, 0),
        new TenantCommand.UpdatePackage(
            REQUEST,
            "starter",
            "S",
            9_007_199_254_740_991L,
            0L,
            new NewValue<>(new BigDecimal("0.000000001")),
            new NewValue<>("USD"),
            new NewValue<>(3_155_760_000L),
            0,
            true),
        new TenantCommand.UpdatePackage(
            REQUEST,
            "starter",
            null,
            null,
            null,
            new NewValue<>(null),
            new NewValue<>(null),
            new NewValue<>(null),
            null,
            null),
        new TenantCommand.UpdatePackage(
            REQUEST, "starter", null, null, null, null, null, null, null, null),
        new TenantCommand.NameCustomer(REQUEST, new UUID(3, 4)));
  }

  private static Stream<Outcome> outcomes() {
    return Stream.concat(
        customerEvents().map(event -> new Outcome.Done(5, event)),
        Stream.of(
            new Outcome.Replayed(9),
            new Outcome.Settled(),
            new Outcome.Refused(new Refusal.CustomerNotFound()),
            new Outcome.Refused(new Refusal.CustomerExists(PROFILE, 3)),
            new Outcome.Refused(new Refusal.InsufficientCredits(5, 4)),
            new Outcome.Refused(new Refusal.AmountOutOfRange("too much")),
            new Outcome.Refused(new Refusal.NoMeteringRule("tokens")),
            new Outcome.Refused(new Refusal.NoPrice("tokens")),
            new Outcome.Refused(new Refusal.BlockNotLive(7)),
            new Outcome.Refused(new Refusal.ReservationNotActive(9)),
            new Outcome.Refused(new Refusal.PaymentConflict(4)),
            new Outcome.Refused(new Refusal.NoTopupPending()),
            new Outcome.Refused(new Refusal.TimestampOutOfRange("too old")),
            new Outcome.Refused(new Refusal.KeyReused()),
            new Outcome.Refused(new Refusal.InvalidField("/a", "b"))));
  }

  private static Stream<CustomerQuery> queries() {
    return Stream.of(
        new CustomerQuery.ReadCustomer(),
        new CustomerQuery.ReadCredits(null),
        new CustomerQuery.ReadCredits(BurnOrder.PRIORITY_FIRST),
        new CustomerQuery.ListBlocks(
            BurnOrder.EXPIRY_FIRST,
            BlockStatus.ACTIVE,
            new CustomerQuery.BurnPlace(3, 4, AT, true),
            20),
        new CustomerQuery.ListBlocks(
            BurnOrder.EXPIRY_FIRST, null, new CustomerQuery.BurnPlace(3, 4, null, false), 20),
        new CustomerQuery.ListBlocks(BurnOrder.EXPIRY_FIRST, BlockStatus.PENDING, null, 100),
        new CustomerQuery.CheckEntitlement(
            "tokens",
            "text",
            new Pricing(List.of(PER_UNIT)),
            POLICY,
            new BigDecimal("1.5"),
            Map.of("model", "large")),
        new CustomerQuery.CheckEntitlement(
            "tokens", null, Pricing.NONE, AccountPolicy.DEFAULT, BigDecimal.ONE, Map.of()),
        new CustomerQuery.ReadBlockFates(List.of(1L, 9_000_000_000L)),
        new CustomerQuery.ReadTimeline(100),
        new CustomerQuery.ReadReservation(9),
        new CustomerQuery.ListReservations(9L, 20),
        new CustomerQuery.ListReservations(null, 1),
        new CustomerQuery.ReadAutoTopup(),
        new CustomerQuery.ReadLedgerHead());
  }

  private static Stream<CustomerView> views() {
    var balances = new CustomerView.Balances(1, 2, 3);
    return Stream.of(
        new CustomerView.NotFound(),
        new CustomerView.Customer(PROFILE, 4),
        new CustomerView.Customer(NO_PROFILE, 4),
        new CustomerView.Credits("acme", balances, 5, 6, 7, null),
        new CustomerView.Credits(null, balances, 5, 6, 7, List.of(new Block(TERMS, 9, 1, true))),
        new CustomerView.BlockPage(List.of(new Block(BARE_TERMS, 1, 0, false)), true),
        new CustomerView.Checked(
            "acme", new Entitlement(true, null, 12L, null), balances, OveragePolicy.NOTIFY),
        new CustomerView.Checked(
            null,
            new Entitlement(false, Entitlement.Reason.NO_METERING_RULE, null, 3L),
            balances,
            OveragePolicy.BLOCK),
        new CustomerView.Checked(
            null,
            new Entitlement(false, Entitlement.Reason.OVERAGE_CAP, 3L, 0L),
            balances,
            OveragePolicy.ALLOW),
        new CustomerView.BlockPage(
            List.of(new Block(TERMS, 5, 5, false, Block.Ending.EXPIRED)), false),
        new CustomerView.BlockFates(List.of(new Block(TERMS, 9, 1, true)), List.of(3L)),
        new CustomerView.Timeline(
            Arrays.stream(Due.Kind.values())
                .map(kind -> new CustomerView.Next(new Due(AT, kind, 7), 5L))
                .toList()),
        new CustomerView.Timeline(
            List.of(new CustomerView.Next(new Due(AT, Due.Kind.AUTO_TOPUP, 0), null))),
        new CustomerView.ActiveReservation("acme", RESERVATION, balances),
        new CustomerView.ActiveReservation(null, null, balances),
        new CustomerView.ReservationPage("acme", List.of(RESERVATION, BARE_RESERVATION), true),
        new CustomerView.ReservationPage(null, List.of(), false),
        new CustomerView.Topups(
            "acme", new AutoTopup(PACKAGE_WANTED, AT, 2, AT.plusSeconds(1), List.of(AT, AT))),
        new CustomerView.Topups(null, null),
        new CustomerView.LedgerHead(5, LedgerHash.GENESIS, 6, 7));
  }

  /** One or more of every kind of message. */
  private List<ClusterMessage> messages() {
    return Stream.of(
            customerCommands(),
            customerEvents(),
            tenantEvents(),
            Stream.of(
                new CustomerMessage.Write(customerCommands().toList(), writes),
                new CustomerMessage.Stop(),
                new CustomerMessage.Ring(reads),
                new CustomerMessage.WriteReply(null, outcomes().toList(), "acme"),
                new CustomerMessage.WriteReply(
                    CustomerMessage.Unavailable.OVERLOADED, List.of(), null),
                new CustomerMessage.ReadReply(CustomerMessage.Unavailable.STORAGE, null),
                new TenantMessage.ReadCatalog(catalogs),
                new TenantMessage.Stop(),
                new TenantMessage.Drop(TENANT, dropped),
                new TenantMessage.Dropped("pekko://a@127.0.0.1:1"),
                new TenantReply.Replayed(4),
                new TenantReply.Unconfirmed(),
                new TenantReply.Unavailable(TenantReply.Cause.OVERLOADED),
                new TenantReply.Unavailable(TenantReply.Cause.STORAGE),
                new TenantMessage.CatalogReply(null),
                new TenantMessage.CatalogReply(Catalog.NONE),
                new TenantMessage.CatalogReply(
                    new Catalog(
                        true,
                        9,
                        SETTINGS,
                        7,
                        List.of(new ApiKeyHash("first key", "ab", AT)),
                        Map.of("tokens", METRIC, "calls", BARE_METRIC),
                        Map.of("tokens", List.of(PER_UNIT, BY_KIND), "calls", List.of(FLAT)),
                        Map.of("starter", PACKAGE, "bare", BARE_PACKAGE)))),
            queries().map(query -> new CustomerMessage.Read(query, reads)),
            views().map(view -> new CustomerMessage.ReadReply(null, view)),
            tenantCommands().map(command -> new TenantMessage.Change(command, replies)),
            tenantEvents().map(event -> new TenantReply.Done(3, event)),
            Arrays.stream(TenantReply.Reason.values())
                .map(reason -> new TenantReply.Refused(reason, "/a", "b")))
        .<ClusterMessage>flatMap(messages -> messages.map(ClusterMessage.class::cast))
        .toList();
  }

  @Test
  void every_message_arrives_as_it_was_sent() {
    for (ClusterMessage message : messages()) {
      assertThat(kit.serializationTestKit().verifySerialization(message, true)).isEqualTo(message);
    }
  }

  @Test
  void the_order_of_metric_keys_arrives_too() {
    var granted = new CustomerEvent.CreditGranted(AT, REQUEST, TERMS, ENTRY, 6, 2);
    var reply = new CustomerMessage.WriteReply(null, List.of(new Outcome.Done(1, granted)), null);

    CustomerMessage.WriteReply arrived =
        kit.serializationTestKit().verifySerialization(reply, true);

    var done = (Outcome.Done) arrived.outcomes().getFirst();
    assertThat(((CustomerEvent.CreditGranted) done.event()).block().metricKeys())
        .containsExactly("tokens", "images", "a", "b");
  }

  @Test
  void no_kind_of_message_is_forgotten_here() {
    var sent = new HashSet<String>();
    messages().forEach(message -> sent.add(message.getClass().getName()));
    customerCommands().forEach(part -> sent.add(part.getClass().getName()));
    tenantCommands().forEach(part -> sent.add(part.getClass().getName()));
    queries().forEach(part -> sent.add(part.getClass().getName()));
    views().forEach(part -> sent.add(part.getClass().getName()));
    outcomes()
        .forEach(outcome -> {
          sent.add(outcome.getClass().getName());
          if (outcome instanceof Outcome.Refused refused) {
            sent.add(refused.refusal().getClass().getName());
          }
        });

    var kinds = new TreeSet<String>();
    for (JavaClass found :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.quotastack.engine")) {
      boolean travels =
          Stream.of(
                  ClusterMessage.class,
                  CustomerCommand.class,
                  CustomerQuery.class,
                  CustomerView.class,
                  Outcome.class,
                  Refusal.class,
                  TenantCommand.class)
              .anyMatch(found::isAssignableTo);
      if (travels
          && !found.isInterface()
          && !found.getModifiers().contains(JavaModifier.ABSTRACT)) {
        kinds.add(found.getName());
      }
    }
    assertThat(kinds).hasSizeGreaterThan(40);
    assertThat(sent).containsAll(kinds);
  }
}
