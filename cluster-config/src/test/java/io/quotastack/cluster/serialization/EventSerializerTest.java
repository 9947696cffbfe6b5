package io.quotastack.cluster.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.customer.CustomerSnapshot;
import io.quotastack.engine.idempotency.RequestKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is stored stays readable for ever, by this program and by people. The samples beside this
 * test are rows of journals that exist somewhere: never change one, add to them.
 */
class EventSerializerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The samples that were stored before their type got a member more, which is written today: of a
   * rule its scope and its dimensions, of settings all but the burn order, of a grant and of usage
   * what they have to do with overage, of a snapshot all that is not blocks.
   */
  private static final Set<String> OLDER =
      Set.of(
          "credit_granted.1",
          "usage_recorded.1",
          "customer_snapshot.1",
          "metering_rule_created.1",
          "metric_updated.1",
          "tenant_config_changed.1");

  /**
   * A member of snapshots that nobody reads: as long as it was written, nothing was ever booked.
   */
  private static final String UNREAD = "overage_mc";

  private static ActorSystem system;
  private static Serialization serialization;
  private static EventSerializer serializer;

  @BeforeAll
  static void start() throws NotSerializableException {
    // The node's own settings, without its cluster.
    Config config =
        ConfigFactory.parseString("pekko.actor.provider = local")
            .withFallback(ConfigFactory.load());
    system = ActorSystem.create("serialization", config);
    serialization = SerializationExtension.get(system);
    serializer = (EventSerializer) serialization.serializerFor(UsageRecorded.class);
  }

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(system);
  }

  static Stream<String> names() {
    return StoredNames.ALL.keySet().stream().sorted();
  }

  /** Files: one for each name, and more where a type got a member more. */
  static Stream<String> samples() {
    return Stream.concat(
        names(),
        Stream.of(
            "tenant_config_changed.1-all",
            "metering_rule_created.1-dimensions",
            "metric_updated.1-dimensions",
            "customer_created.1-overage",
            "credit_granted.1-bonus",
            "usage_recorded.1-overage",
            "customer_snapshot.1-reserved"));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void every_stored_type_has_a_sample_that_reads_and_writes_back_the_same(String file)
      throws Exception {
    String name = file.replaceFirst("-.*", "");
    JsonNode sample = JSON.readTree(sample(file));

    Object stored = read(sample(file), name);

    assertThat(stored).isInstanceOf(StoredNames.ALL.get(name));
    assertThat(serializer.manifest(stored)).isEqualTo(name);
    JsonNode written = JSON.readTree(serializer.toBinary(stored));
    if (stored instanceof CustomerSnapshot) {
      ((ObjectNode) sample).remove(UNREAD);
    }
    assertThat(OLDER.contains(file) ? withoutMore(written, sample) : written).isEqualTo(sample);
  }

  /** What was written, without the members of objects that the sample does not have. */
  private static JsonNode withoutMore(JsonNode written, JsonNode sample) {
    if (!(written instanceof ObjectNode object)) {
      return written;
    }
    ObjectNode less = object.objectNode();
    object
        .properties()
        .forEach(member -> {
          JsonNode before = sample.get(member.getKey());
          if (before != null) {
            less.set(member.getKey(), withoutMore(member.getValue(), before));
          }
        });
    return less;
  }

  @ParameterizedTest
  @MethodSource("names")
  void pekko_hands_every_stored_type_to_this_serializer_under_its_number(String name)
      throws Exception {
    Object stored = read(sample(name), name);

    assertThat(serialization.serializerFor(stored.getClass())).isInstanceOf(EventSerializer.class);
    // This number stands in every row: another one would leave them unreadable.
    assertThat(serializer.identifier()).isEqualTo(101);
    assertThat(serialization.deserialize(sample(name), 101, name).get())
        .usingRecursiveComparison()
        .isEqualTo(stored);
  }

  @Test
  void the_text_is_plain_json_for_people_and_sql() {
    var event =
        new UsageRecorded(
            Instant.parse("2026-01-15T09:00:00Z"),
            new RequestKey("größe", 7),
            "tokens",
            new BigDecimal("1E+3"),
            600,
            "rul_a",
            1,
            Instant.parse("2026-01-15T08:59:59.120Z"),
            Map.of(),
            0,
            null,
            null,
            new LedgerEntry(
                3,
                2,
                EntryType.DEBIT,
                -600,
                400,
                0,
                0,
                List.of(new Allocation(1, 600)),
                new Reference("usage", "use_a"),
                null,
                Map.of(),
                Instant.parse("2026-01-15T09:00:00Z"),
                "p",
                "h"),
            0);

    assertThat(new String(serializer.toBinary(event), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {"event":"usage_recorded.1","at":"2026-01-15T09:00:00.000Z",\
            "request":{"key":"größe","fingerprint":7},"metric_key":"tokens","units":1000,\
            "cost_mc":600,"rule_id":"rul_a","rule_version":1,\
            "timestamp":"2026-01-15T08:59:59.120Z","properties":{},"overage_mc":0,\
            "entry":{"number":3,"sequence":2,"type":"debit","delta":-600,"balance_after":400,\
            "reserved_after":0,"overage_after":0,"allocations":[{"block":1,"amount_mc":600}],\
            "reference":{"type":"usage","id":"use_a"},"metadata":{},\
            "created_at":"2026-01-15T09:00:00.000Z","previous_hash":"p","hash":"h"},\
            "webhook_sequence":0}\
            """);
  }

  @Test
  void decimals_come_back_digit_by_digit() throws Exception {
    var usage = (UsageRecorded) read(sample("usage_recorded.1"), "usage_recorded.1");

    assertThat(usage.units()).isEqualTo(new BigDecimal("1000000.000000001"));
  }

  @Test
  void members_of_later_versions_are_passed_over() throws Exception {
    var sample = (ObjectNode) JSON.readTree(sample("usage_recorded.1"));
    ObjectNode later = sample.deepCopy();
    later.put("from_the_future", true);
    ((ObjectNode) later.required("entry")).putObject("also_new").put("x", 1);

    assertThat(read(JSON.writeValueAsBytes(later), "usage_recorded.1"))
        .isEqualTo(read(JSON.writeValueAsBytes(sample), "usage_recorded.1"));
  }

  @Test
  void a_name_or_a_type_that_is_not_known_is_refused() {
    assertThatThrownBy(() -> read("{}".getBytes(StandardCharsets.UTF_8), "usage_recorded.99"))
        .isInstanceOf(NotSerializableException.class)
        .hasMessageContaining("usage_recorded.99");
    assertThatThrownBy(() -> serializer.toBinary("no event"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("java.lang.String");
  }

  private static Object read(byte[] json, String name) throws NotSerializableException {
    return serializer.fromBinary(json, name);
  }

  private static byte[] sample(String name) throws IOException {
    try (InputStream sample = EventSerializerTest.class.getResourceAsStream(name + ".json")) {
      assertThat(sample).as("a sample of " + name).isNotNull();
      return sample.readAllBytes();
    }
  }
}
