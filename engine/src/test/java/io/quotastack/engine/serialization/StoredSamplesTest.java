package io.quotastack.engine.serialization;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
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
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerSnapshot;
import io.quotastack.engine.customer.Profile;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.tenant.ApiKeyHash;
import io.quotastack.engine.tenant.TenantConfig;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.engine.topups.TopupPackage;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
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

  /**
   * A sample's file and what it must be read as.
   *
   * @param current false = it was stored before its type got members that are written now
   */
  record Sample(String file, Stored expected, boolean current) {
    Sample(String file, Stored expected) {
      this(file, expected, true);
    }

    static Sample old(String file, Stored expected) {
      return new Sample(file, expected, false);
    }

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
        Sample.old(
            "credit_granted.1",
            new CustomerEvent.CreditGranted(AT, REQUEST, TERMS, entry(EntryType.GRANT, 8), 0, 2)),
        Sample.old(
            "credit_granted.1-minimal",
            new CustomerEvent.CreditGranted(
                BEGIN, REQUEST, NO_TERMS, emptyEntry(EntryType.GRANT), 0, 2)),
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
        Sample.old(
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
        Sample.old(
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
        Sample.old(
            "tenant_config_changed.1",
            new TenantEvent.ConfigChanged(AT, REQUEST, burning(BurnOrder.PRIORITY_FIRST))),
        Sample.old(
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
        Sample.old("metric_updated.1", new TenantEvent.MetricUpdated(AT, REQUEST, METRIC, RULE)),
        new Sample(
            "metric_updated.1-minimal",
            new TenantEvent.MetricUpdated(BEGIN, REQUEST, NO_METRIC, null)),
        Sample.old("metering_rule_created.1", new TenantEvent.RuleCreated(AT, REQUEST, RULE)),
        Sample.old(
            "metering_rule_created.1-minimal",
            new TenantEvent.RuleCreated(BEGIN, REQUEST, FLAT_RULE)),
        Sample.old(
            "metering_rule_created.1-package",
            new TenantEvent.RuleCreated(
                BEGIN,
                REQUEST,
                priced(new Price.PerPackage(new BigDecimal("1000"), new BigDecimal("2.5"))))),
        Sample.old(
            "metering_rule_created.1-tiered",
            new TenantEvent.RuleCreated(BEGIN, REQUEST, priced(new Price.Tiered(TIERS)))),
        Sample.old(
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
            "customer_named.1",
            new TenantEvent.CustomerNamed(
                AT, REQUEST, UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057"))),
        new Sample(
            "customer_named.1-minimal",
            new TenantEvent.CustomerNamed(BEGIN, REQUEST, new UUID(0, 0))),
        Sample.old(
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
                "AAAAAAAAAAG+KXRUaXjjc55tbahcS+nzAAAAAAAAAAcAAAAAAAAACQAAAZt22qgA")),
        Sample.old(
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
                "")));
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
    if (!sample.current()) {
      assertThat(StoredJson.read(StoredJson.write(read), sample.expected().getClass()))
          .isEqualTo(sample.expected());
      return;
    }

    JsonNode stored = StoredJson.tree(content(sample.file()));
    assertThat(StoredJson.tree(StoredJson.write(read))).isEqualTo(stored);
    assertThat(StoredJson.tree(StoredJson.write(sample.expected()))).isEqualTo(stored);
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
