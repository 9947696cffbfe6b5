package io.quotastack.engine.serialization;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.credits.Overage;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerSnapshot;
import io.quotastack.engine.customer.Profile;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.idempotency.StoredKeys;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.metering.PeriodUnits;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationStatus;
import io.quotastack.engine.reservations.ReservationTerms;
import io.quotastack.engine.tenant.ApiKeyHash;
import io.quotastack.engine.tenant.TenantConfig;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.engine.topups.AutoTopup;
import io.quotastack.engine.topups.TopupPackage;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What was stored once stays readable for ever: of every stored type a full and a minimal sample
 * lies in {@code resources/stored}. Samples are never changed. A shape that gains a member with a
 * default gets more samples; one that changes otherwise gets a new name, and samples of that name.
 */
class StoredSamplesTest {
  private static final Instant AT = Instant.parse("2026-01-15T10:30:00.001Z");
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant MARCH = Instant.parse("2026-03-01T00:00:00Z");
  private static final String HASH =
      "5b06a74dfe79fe670771de5b80cf0fca137bba1465b10dc6bc1ac4048376a5be";
  private static final StoredKeys NO_KEYS = StoredKeys.of(IdempotencyWindow.empty());
  private static final StoredKeys KEYS =
      StoredKeys.ofBytes(
          Base64.getDecoder()
              .decode("AAAAAAAAAAG+KXRUaXjjc55tbahcS+nzAAAAAAAAAAcAAAAAAAAACQAAAZt22qgA"));
  private static final RequestKey REQUEST = new RequestKey("request-1", -7000000000000000001L);

  private static final Profile PROFILE =
      new Profile(
          "acme",
          "Acme \"ü\" 😀",
          "a@b.example",
          "Europe/Berlin",
          null,
          null,
          Map.of("tier", "gold"),
          BEGIN,
          AT);
  private static final Profile NO_PROFILE =
      new Profile(null, null, null, null, null, null, Map.of(), BEGIN, BEGIN);
  private static final BlockTerms TERMS =
      new BlockTerms(
          2,
          9_007_199_254_740_991L,
          255,
          AT,
          MARCH,
          BlockSource.TOPUP,
          new BigDecimal("9.990"),
          "EUR",
          new LinkedHashSet<>(List.of("tokens", "images", "a")),
          "a reason",
          Map.of("k", "v"),
          AT);
  private static final BlockTerms NO_TERMS =
      new BlockTerms(
          1, 1, 0, BEGIN, null, BlockSource.PLAN, null, null, null, null, Map.of(), BEGIN);
  private static final Metric METRIC =
      new Metric("tokens", "Tokens", "of text", "text", true, BEGIN, AT);
  private static final Metric NO_METRIC =
      new Metric("tokens", "Tokens", null, null, false, BEGIN, BEGIN);
  private static final MeteringRule RULE =
      new MeteringRule(
          "rul_orxwwzloomxdg",
          "tokens",
          3,
          new Price.PerUnit(new BigDecimal("0.600000001")),
          TierScope.EVENT,
          List.of(),
          Rounding.HALF_UP,
          MARCH,
          AT);
  private static final MeteringRule FLAT_RULE =
      new MeteringRule(
          "rul_orxwwzloomxdc",
          "tokens",
          1,
          new Price.Flat(new BigDecimal("20")),
          TierScope.EVENT,
          List.of(),
          Rounding.UP,
          BEGIN,
          BEGIN);
  private static final List<Tier> TIERS =
      List.of(
          new Tier(new BigDecimal("100"), new BigDecimal("0.5"), BigDecimal.ZERO),
          new Tier(null, BigDecimal.ZERO, new BigDecimal("20")));
  private static final MeteringRule PERIOD_RULE =
      byKind(TierScope.PERIOD, new Price.Flat(new BigDecimal("20")));
  private static final ApiKeyHash API_KEY = new ApiKeyHash("first key", HASH, BEGIN);
  private static final TenantConfig SETTINGS =
      new TenantConfig(
          BurnOrder.PRIORITY_FIRST,
          OveragePolicy.NOTIFY,
          OverageSettlement.INVOICE,
          9_007_199_254_740_991L,
          604_800,
          ZoneId.of("America/Argentina/Buenos_Aires"));
  private static final TopupPackage PACKAGE =
      new TopupPackage(
          "starter",
          "Starter \"ü\" 😀",
          9_007_199_254_740_990L,
          1,
          new BigDecimal("9.990"),
          "EUR",
          3_155_760_000L,
          255,
          true,
          BEGIN,
          AT);
  private static final TopupPackage NO_PACKAGE =
      new TopupPackage("starter", "S", 1, 0, null, null, null, 0, false, BEGIN, BEGIN);

  private static TenantConfig burning(BurnOrder burnOrder) {
    return new TenantConfig(
        burnOrder, OveragePolicy.BLOCK, OverageSettlement.NEXT_GRANT, null, 300, ZoneId.of("UTC"));
  }

  private static final Profile WITH_OVERAGE =
      new Profile(
          "acme",
          null,
          null,
          null,
          OveragePolicy.NOTIFY,
          9_007_199_254_740_991L,
          Map.of(),
          BEGIN,
          BEGIN);
  private static final Period JANUARY = new Period(BEGIN, Instant.parse("2026-02-01T00:00:00Z"));
  private static final Quote QUOTE =
      new Quote(new Price.Graduated(TIERS), Rounding.DOWN, new BigDecimal("99.50"));
  private static final ReservationTerms RESERVED =
      new ReservationTerms(
          6,
          "tokens",
          "rul_orxwwzloomxdg",
          3,
          new BigDecimal("12.50"),
          8,
          Map.of("model", "large"),
          Map.of("job", "j-1"),
          BEGIN);
  private static final ReservationTerms CREDITS_RESERVED =
      new ReservationTerms(5, null, null, null, null, 1, Map.of(), Map.of(), BEGIN);
  private static final AutoTopup.Settings PACKAGE_WANTED =
      new AutoTopup.Settings(5_000, "starter", null, 3, 86_400);
  private static final AutoTopup.Settings CREDITS_WANTED =
      new AutoTopup.Settings(1, null, 9_007_199_254_740_991L, 1, 1);

  private static Reservation reservation(@Nullable Quote quote, ReservationStatus status) {
    return new Reservation(
        RESERVED,
        quote,
        status == ReservationStatus.ACTIVE
            ? List.of(new Allocation(2, 5), new Allocation(3, 1))
            : List.of(),
        2,
        new BigDecimal("1.5"),
        1,
        MARCH,
        status);
  }

  /** Of credits as such, of which nothing was captured. */
  private static Reservation bareReservation(ReservationStatus status) {
    return new Reservation(
        CREDITS_RESERVED,
        null,
        status == ReservationStatus.ACTIVE ? List.of(new Allocation(2, 1)) : List.of(),
        0,
        BigDecimal.ZERO,
        0,
        MARCH,
        status);
  }

  private static MeteringRule priced(Price price) {
    return new MeteringRule(
        "rul_orxwwzloomxdc",
        "tokens",
        1,
        price,
        TierScope.EVENT,
        List.of(),
        Rounding.UP,
        BEGIN,
        BEGIN);
  }

  private static MeteringRule byKind(TierScope scope, @Nullable Price price) {
    return new MeteringRule(
        "rul_orxwwzloomxdi",
        "tokens",
        4,
        price,
        scope,
        List.of(
            new Dimension(
                Map.of("model", "large", "direction", "output"), new Price.Graduated(TIERS)),
            new Dimension(
                Map.of("model", "large"), new Price.PerUnit(new BigDecimal("0.600000001")))),
        Rounding.HALF_UP,
        MARCH,
        AT);
  }

  /**
   * The files that were stored before their type got a member more, which is written today: of a
   * rule its scope and its dimensions, of a grant and of usage what they have to do with overage,
   * of a snapshot all that is not blocks.
   */
  private static final Set<String> OLDER =
      Set.of(
          "credit_granted.1",
          "credit_granted.1-minimal",
          "usage_recorded.1",
          "usage_recorded.1-minimal",
          "customer_snapshot.1",
          "customer_snapshot.1-minimal",
          "tenant_config_changed.1",
          "tenant_config_changed.1-minimal",
          "metric_updated.1",
          "metering_rule_created.1",
          "metering_rule_created.1-minimal",
          "metering_rule_created.1-package",
          "metering_rule_created.1-tiered",
          "metering_rule_created.1-graduated");

  /**
   * A member of snapshots that nobody reads: as long as it was written, nothing was ever booked.
   */
  private static final String UNREAD = "overage_mc";

  /** A sample's file and what it must be read as. */
  record Sample(String file, Stored expected) {
    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Sample> samples() {
    return Stream.of(
        new Sample(
            "customer_created.1", new CustomerEvent.CustomerCreated(AT, REQUEST, PROFILE, 1)),
        new Sample(
            "customer_created.1-minimal",
            new CustomerEvent.CustomerCreated(BEGIN, null, NO_PROFILE, 1)),
        new Sample("customer_updated.1", new CustomerEvent.CustomerUpdated(AT, REQUEST, PROFILE)),
        new Sample(
            "customer_updated.1-minimal",
            new CustomerEvent.CustomerUpdated(BEGIN, REQUEST, NO_PROFILE)),
        new Sample(
            "credit_granted.1",
            new CustomerEvent.CreditGranted(AT, REQUEST, TERMS, entry(EntryType.GRANT, 8), 0, 2)),
        new Sample(
            "credit_granted.1-minimal",
            new CustomerEvent.CreditGranted(
                BEGIN, REQUEST, NO_TERMS, emptyEntry(EntryType.GRANT), 0, 2)),
        new Sample(
            "customer_created.1-overage",
            new CustomerEvent.CustomerCreated(AT, REQUEST, WITH_OVERAGE, 1)),
        new Sample(
            "credit_granted.1-bonus",
            new CustomerEvent.CreditGranted(AT, null, TERMS, entry(EntryType.GRANT, 8), 5, 2)),
        new Sample(
            "credit_adjusted.1",
            new CustomerEvent.CreditAdjusted(AT, REQUEST, TERMS, entry(EntryType.ADJUST, 8), 5, 2)),
        new Sample(
            "credit_adjusted.1-minimal",
            new CustomerEvent.CreditAdjusted(
                BEGIN, REQUEST, null, emptyEntry(EntryType.ADJUST), 0, 2)),
        new Sample(
            "block_voided.1",
            new CustomerEvent.BlockVoided(
                AT,
                REQUEST,
                new Block(TERMS, 3, 3, false, Block.Ending.VOIDED),
                entry(EntryType.VOID, -8),
                3)),
        new Sample(
            "block_voided.1-minimal",
            new CustomerEvent.BlockVoided(
                BEGIN,
                null,
                new Block(NO_TERMS, 0, 0, false, Block.Ending.VOIDED),
                emptyEntry(EntryType.VOID),
                3)),
        new Sample(
            "usage_recorded.1-overage",
            new CustomerEvent.UsageRecorded(
                AT,
                REQUEST,
                "tokens",
                new BigDecimal("12.50"),
                8,
                "rul_orxwwzloomxdg",
                3,
                BEGIN,
                Map.of("model", "large"),
                5,
                JANUARY,
                new BigDecimal("99.50"),
                entry(EntryType.DEBIT, -3),
                4)),
        new Sample(
            "usage_recorded.1-covered",
            new CustomerEvent.UsageRecorded(
                BEGIN,
                REQUEST,
                "tokens",
                BigDecimal.ZERO,
                0,
                "rul_orxwwzloomxdg",
                1,
                BEGIN,
                Map.of(),
                0,
                null,
                null,
                emptyEntry(EntryType.DEBIT),
                4)),
        new Sample(
            "usage_reversed.1",
            new CustomerEvent.UsageReversed(
                AT,
                REQUEST,
                7,
                "tokens",
                20,
                30,
                5,
                4,
                3,
                TERMS,
                List.of(NO_TERMS, TERMS),
                entry(EntryType.REVERSE, 8),
                4)),
        new Sample(
            "usage_reversed.1-minimal",
            new CustomerEvent.UsageReversed(
                BEGIN,
                REQUEST,
                1,
                "tokens",
                1,
                1,
                0,
                0,
                0,
                null,
                List.of(),
                emptyEntry(EntryType.REVERSE),
                4)),
        new Sample(
            "overage_booked.1",
            new CustomerEvent.OverageBooked(
                AT, 5, OverageSettlement.INVOICE, JANUARY.end(), entry(EntryType.OVERAGE, 0), 4)),
        new Sample(
            "overage_booked.1-minimal",
            new CustomerEvent.OverageBooked(
                BEGIN, 1, OverageSettlement.NEXT_GRANT, null, emptyEntry(EntryType.OVERAGE), 0)),
        new Sample(
            "overage_settled.1",
            new CustomerEvent.OverageSettled(
                AT, 5, OverageSettlement.NEXT_GRANT, entry(EntryType.SETTLE, -5))),
        new Sample(
            "overage_settled.1-minimal",
            new CustomerEvent.OverageSettled(
                BEGIN, 1, OverageSettlement.INVOICE, emptyEntry(EntryType.SETTLE))),
        new Sample(
            "credits_reserved.1",
            new CustomerEvent.CreditsReserved(
                AT,
                REQUEST,
                reservation(QUOTE, ReservationStatus.ACTIVE),
                entry(EntryType.HOLD, 0))),
        new Sample(
            "credits_reserved.1-minimal",
            new CustomerEvent.CreditsReserved(
                BEGIN,
                REQUEST,
                bareReservation(ReservationStatus.ACTIVE),
                emptyEntry(EntryType.HOLD))),
        new Sample(
            "reservation_captured.1",
            new CustomerEvent.ReservationCaptured(
                AT,
                REQUEST,
                reservation(null, ReservationStatus.COMMITTED),
                12,
                new BigDecimal("1.50"),
                List.of(new Allocation(2, 5)),
                List.of(new Allocation(3, 3)),
                List.of(new Allocation(4, 2)),
                1,
                4,
                JANUARY,
                entry(EntryType.CAPTURE, -8),
                4)),
        new Sample(
            "reservation_captured.1-minimal",
            new CustomerEvent.ReservationCaptured(
                BEGIN,
                REQUEST,
                bareReservation(ReservationStatus.ACTIVE),
                0,
                null,
                List.of(),
                List.of(),
                List.of(),
                0,
                0,
                null,
                emptyEntry(EntryType.CAPTURE),
                4)),
        new Sample(
            "reservation_released.1",
            new CustomerEvent.ReservationReleased(
                AT,
                REQUEST,
                reservation(null, ReservationStatus.RELEASED),
                "the job was stopped",
                1,
                entry(EntryType.RELEASE, 0),
                4)),
        new Sample(
            "reservation_released.1-minimal",
            new CustomerEvent.ReservationReleased(
                BEGIN,
                null,
                bareReservation(ReservationStatus.EXPIRED),
                null,
                0,
                emptyEntry(EntryType.RELEASE),
                0)),
        new Sample(
            "reservation_extended.1",
            new CustomerEvent.ReservationExtended(
                AT, REQUEST, reservation(null, ReservationStatus.ACTIVE))),
        new Sample(
            "reservation_extended.1-minimal",
            new CustomerEvent.ReservationExtended(
                BEGIN, REQUEST, bareReservation(ReservationStatus.ACTIVE))),
        new Sample(
            "topup_granted.1",
            new CustomerEvent.TopupGranted(
                AT,
                REQUEST,
                new RequestKey("pi_1", 7_000_000_000_000_000_001L),
                "starter",
                TERMS,
                NO_TERMS,
                entry(EntryType.GRANT, 8),
                5,
                1,
                4)),
        new Sample(
            "topup_granted.1-minimal",
            new CustomerEvent.TopupGranted(
                BEGIN, REQUEST, null, null, NO_TERMS, null, emptyEntry(EntryType.GRANT), 0, 0, 4)),
        new Sample("auto_topup_set.1", new CustomerEvent.AutoTopupSet(AT, REQUEST, PACKAGE_WANTED)),
        new Sample("auto_topup_set.1-minimal", new CustomerEvent.AutoTopupSet(BEGIN, null, null)),
        new Sample(
            "topup_requested.1",
            new CustomerEvent.TopupRequested(AT, PACKAGE_WANTED, -7, AT.plusSeconds(3_600), 4)),
        new Sample(
            "topup_requested.1-minimal",
            new CustomerEvent.TopupRequested(
                BEGIN, CREDITS_WANTED, 0, BEGIN.plusSeconds(3_600), 4)),
        new Sample(
            "topup_refused.1", new CustomerEvent.TopupRefused(AT, REQUEST, AT.plusSeconds(7_200))),
        new Sample(
            "topup_refused.1-minimal",
            new CustomerEvent.TopupRefused(BEGIN, null, BEGIN.plusSeconds(3_600))),
        new Sample(
            "customer_snapshot.1-reserved",
            new CustomerSnapshot(
                WITH_OVERAGE,
                List.of(
                    new Block(NO_TERMS, 1, 1, false, Block.Ending.EXPIRED),
                    new Block(TERMS, 900, 5, true)),
                List.of(
                    reservation(QUOTE, ReservationStatus.ACTIVE),
                    bareReservation(ReservationStatus.ACTIVE)),
                new Overage(3, 4, JANUARY.end()),
                1000,
                100,
                Map.of("tokens", new PeriodUnits(JANUARY, new BigDecimal("112.00"))),
                Map.of(7L, 20L, 11L, 1L),
                List.of(4L, 5L),
                KEYS,
                new AutoTopup(
                    PACKAGE_WANTED,
                    AT.plusSeconds(3_600),
                    2,
                    AT.minusSeconds(60),
                    List.of(BEGIN, AT)),
                4,
                HASH,
                5,
                9,
                AT,
                NO_KEYS)),
        new Sample(
            "customer_snapshot.1-unreserved",
            new CustomerSnapshot(
                null,
                List.of(),
                List.of(),
                Overage.NONE,
                0,
                0,
                Map.of(),
                Map.of(),
                List.of(),
                NO_KEYS,
                new AutoTopup(CREDITS_WANTED, null, 0, null, List.of()),
                0,
                LedgerHash.GENESIS,
                0,
                0,
                Instant.EPOCH,
                NO_KEYS)),
        new Sample(
            "block_activated.1",
            new CustomerEvent.BlockActivated(AT, 7, entry(EntryType.GRANT, 8))),
        new Sample(
            "block_activated.1-minimal",
            new CustomerEvent.BlockActivated(BEGIN, 1, emptyEntry(EntryType.GRANT))),
        new Sample(
            "block_expired.1",
            new CustomerEvent.BlockExpired(AT, 7, entry(EntryType.EXPIRE, -8), 3)),
        new Sample(
            "block_expired.1-minimal",
            new CustomerEvent.BlockExpired(BEGIN, 1, emptyEntry(EntryType.EXPIRE), 3)),
        new Sample(
            "usage_recorded.1",
            new CustomerEvent.UsageRecorded(
                AT,
                REQUEST,
                "tokens",
                new BigDecimal("12.50"),
                8,
                "rul_orxwwzloomxdg",
                3,
                BEGIN,
                Map.of("model", "large"),
                0,
                null,
                null,
                entry(EntryType.DEBIT, -8),
                4)),
        new Sample(
            "usage_recorded.1-minimal",
            new CustomerEvent.UsageRecorded(
                BEGIN,
                REQUEST,
                "tokens",
                BigDecimal.ZERO,
                0,
                "rul_orxwwzloomxdg",
                1,
                BEGIN,
                Map.of(),
                0,
                null,
                null,
                emptyEntry(EntryType.DEBIT),
                4)),
        new Sample("tenant_created.1", new TenantEvent.TenantCreated(AT, "Acme", API_KEY)),
        new Sample("tenant_created.1-minimal", new TenantEvent.TenantCreated(BEGIN, "", API_KEY)),
        new Sample(
            "tenant_config_changed.1",
            new TenantEvent.ConfigChanged(AT, REQUEST, burning(BurnOrder.PRIORITY_FIRST))),
        new Sample(
            "tenant_config_changed.1-minimal",
            new TenantEvent.ConfigChanged(BEGIN, REQUEST, burning(BurnOrder.EXPIRY_FIRST))),
        new Sample(
            "tenant_config_changed.1-all", new TenantEvent.ConfigChanged(AT, REQUEST, SETTINGS)),
        new Sample(
            "tenant_config_changed.1-defaults",
            new TenantEvent.ConfigChanged(AT, REQUEST, TenantConfig.DEFAULT)),
        new Sample("metric_created.1", new TenantEvent.MetricCreated(AT, REQUEST, METRIC)),
        new Sample(
            "metric_created.1-minimal", new TenantEvent.MetricCreated(BEGIN, REQUEST, NO_METRIC)),
        new Sample("metric_updated.1", new TenantEvent.MetricUpdated(AT, REQUEST, METRIC, RULE)),
        new Sample(
            "metric_updated.1-minimal",
            new TenantEvent.MetricUpdated(BEGIN, REQUEST, NO_METRIC, null)),
        new Sample(
            "metric_updated.1-period",
            new TenantEvent.MetricUpdated(AT, REQUEST, METRIC, PERIOD_RULE)),
        new Sample("metering_rule_created.1", new TenantEvent.RuleCreated(AT, REQUEST, RULE)),
        new Sample(
            "metering_rule_created.1-minimal",
            new TenantEvent.RuleCreated(BEGIN, REQUEST, FLAT_RULE)),
        new Sample(
            "metering_rule_created.1-package",
            new TenantEvent.RuleCreated(
                BEGIN,
                REQUEST,
                priced(new Price.PerPackage(new BigDecimal("1000"), new BigDecimal("2.5"))))),
        new Sample(
            "metering_rule_created.1-tiered",
            new TenantEvent.RuleCreated(BEGIN, REQUEST, priced(new Price.Tiered(TIERS)))),
        new Sample(
            "metering_rule_created.1-graduated",
            new TenantEvent.RuleCreated(BEGIN, REQUEST, priced(new Price.Graduated(TIERS)))),
        new Sample("package_created.1", new TenantEvent.PackageCreated(AT, REQUEST, PACKAGE)),
        new Sample(
            "package_created.1-minimal",
            new TenantEvent.PackageCreated(BEGIN, REQUEST, NO_PACKAGE)),
        new Sample("package_updated.1", new TenantEvent.PackageUpdated(AT, REQUEST, PACKAGE)),
        new Sample(
            "package_updated.1-minimal",
            new TenantEvent.PackageUpdated(BEGIN, REQUEST, NO_PACKAGE)),
        new Sample(
            "metering_rule_created.1-event",
            new TenantEvent.RuleCreated(BEGIN, REQUEST, FLAT_RULE)),
        new Sample(
            "metering_rule_created.1-period",
            new TenantEvent.RuleCreated(AT, REQUEST, PERIOD_RULE)),
        new Sample(
            "metering_rule_created.1-dimensions",
            new TenantEvent.RuleCreated(AT, REQUEST, byKind(TierScope.EVENT, null))),
        new Sample(
            "customer_named.1",
            new TenantEvent.CustomerNamed(
                AT, REQUEST, UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057"))),
        new Sample(
            "customer_named.1-minimal",
            new TenantEvent.CustomerNamed(BEGIN, REQUEST, new UUID(0, 0))),
        new Sample(
            "customer_snapshot.1",
            new CustomerSnapshot(
                PROFILE,
                List.of(new Block(NO_TERMS, 1, 0, false), new Block(TERMS, 900, 3, true)),
                null,
                null,
                1000,
                100,
                null,
                null,
                null,
                null,
                null,
                4,
                HASH,
                5,
                9,
                AT,
                KEYS)),
        new Sample(
            "customer_snapshot.1-minimal",
            new CustomerSnapshot(
                null,
                List.of(),
                null,
                null,
                0,
                0,
                null,
                null,
                null,
                null,
                null,
                0,
                LedgerHash.GENESIS,
                0,
                0,
                Instant.EPOCH,
                NO_KEYS)));
  }

  private static LedgerEntry entry(EntryType type, long delta) {
    return new LedgerEntry(
        8,
        4,
        type,
        delta,
        992,
        1,
        2,
        List.of(new Allocation(2, 5), new Allocation(3, 3)),
        new Reference("usage", "use_agequxnmsz3uxpgowmbatguak4ea"),
        "why",
        Map.of("job", "j-1"),
        AT,
        HASH,
        "ab".repeat(32));
  }

  private static LedgerEntry emptyEntry(EntryType type) {
    return new LedgerEntry(
        1, 1, type, 0, 0, 0, 0, List.of(), null, null, Map.of(), BEGIN, LedgerHash.GENESIS, HASH);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void what_was_stored_is_read_as_it_was_meant(Sample sample) {
    assertThat(StoredJson.read(content(sample.file()), sample.expected().getClass()))
        .isEqualTo(sample.expected());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void it_is_written_back_as_it_was_stored(Sample sample) {
    Stored read = StoredJson.read(content(sample.file()), sample.expected().getClass());
    JsonNode stored = StoredJson.tree(content(sample.file()));
    JsonNode written = StoredJson.tree(StoredJson.write(read));
    if (sample.expected() instanceof CustomerSnapshot) {
      ((ObjectNode) stored).remove(UNREAD);
    }

    assertThat(OLDER.contains(sample.file()) ? withoutMore(written, stored) : written)
        .isEqualTo(stored);
    assertThat(StoredJson.tree(StoredJson.write(sample.expected()))).isEqualTo(written);
  }

  /** What was written, without the members of objects that had not been stored. */
  private static JsonNode withoutMore(JsonNode written, JsonNode stored) {
    if (!(written instanceof ObjectNode object)) {
      return written;
    }
    ObjectNode less = object.objectNode();
    object
        .properties()
        .forEach(member -> {
          JsonNode before = stored.get(member.getKey());
          if (before != null) {
            less.set(member.getKey(), withoutMore(member.getValue(), before));
          }
        });
    return less;
  }

  @ParameterizedTest
  @MethodSource("samples")
  void members_that_a_later_version_adds_are_passed_over(Sample sample) {
    String extended = content(sample.file()).replaceFirst("\\{", "{\"some_day\": {\"a\": [1]},");

    assertThat(StoredJson.read(extended, sample.expected().getClass()))
        .isEqualTo(sample.expected());
  }

  @Test
  void decimals_keep_their_digits_and_have_no_exponent() {
    var event =
        new CustomerEvent.UsageRecorded(
            AT,
            REQUEST,
            "tokens",
            new BigDecimal("0.000000001"),
            8,
            "rul_a",
            3,
            AT,
            Map.of(),
            0,
            null,
            null,
            entry(EntryType.DEBIT, -8),
            4);

    assertThat(StoredJson.write(event)).contains("\"units\":0.000000001,");
    assertThat(StoredJson.read(StoredJson.write(event), event.getClass())).isEqualTo(event);
  }

  @Test
  void every_stored_type_has_a_full_and_a_minimal_sample() {
    var names = new TreeMap<String, Class<?>>();
    for (Class<?> family :
        List.of(CustomerEvent.class, TenantEvent.class, CustomerSnapshot.class)) {
      JsonSubTypes declared = Objects.requireNonNull(family.getAnnotation(JsonSubTypes.class));
      for (JsonSubTypes.Type type : declared.value()) {
        assertThat(names.put(type.name(), type.value())).as(type.name()).isNull();
      }
    }
    var stored = new TreeSet<String>();
    for (JavaClass found :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.quotastack.engine")) {
      if (found.isAssignableTo(Stored.class) && !found.isInterface()) {
        stored.add(found.getName());
      }
    }
    assertThat(names.values())
        .as("every stored type declares a name")
        .extracting(Class::getName)
        .containsExactlyInAnyOrderElementsOf(stored);

    var expected = new ArrayList<String>();
    names.forEach((name, type) -> {
      expected.add(name);
      expected.add(name + "-minimal");
    });
    assertThat(samples().map(Sample::file)).containsAll(expected);
    samples()
        .forEach(sample ->
            assertThat(names.get(sample.file().replaceFirst("-.*", "")))
                .isEqualTo(sample.expected().getClass()));
  }

  private static String content(String name) {
    try (InputStream file =
        Objects.requireNonNull(
            StoredSamplesTest.class.getResourceAsStream("/stored/" + name + ".json"), name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
