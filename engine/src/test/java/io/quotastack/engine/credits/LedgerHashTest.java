package io.quotastack.engine.credits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The canonical text of a ledger entry and its hash. The pinned texts and hashes were computed
 * outside of this project; should one of these tests fail, every stored ledger has become
 * unverifiable.
 */
class LedgerHashTest {
  private static final UUID CUSTOMER = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");

  private static final LedgerEntry FULL =
      new LedgerEntry(
          300,
          3,
          EntryType.DEBIT,
          -350,
          650,
          0,
          0,
          List.of(new Allocation(2, 300), new Allocation(255, 50)),
          new Reference("usage", "use_agequxnmsz3uxpgowmbatguak4asy"),
          "a \"quoted\" \\ reason\n\t\u0001\u001f\u007f é € / 😀",
          Map.of("b", "2", "a", "", "é", "\r\f\b"),
          Instant.parse("2026-01-15T10:30:00Z"),
          "ab".repeat(32),
          "");

  private static final LedgerEntry MINIMAL =
      new LedgerEntry(
          300,
          3,
          EntryType.DEBIT,
          0,
          650,
          0,
          0,
          List.of(),
          null,
          null,
          Map.of(),
          Instant.parse("2026-01-15T10:30:00Z"),
          LedgerHash.GENESIS,
          "");

  @Test
  void the_canonical_text_of_a_full_entry_is_pinned() {
    assertThat(LedgerHash.canonical(FULL, CUSTOMER))
        .isEqualTo(
            "{\"allocations\":[{\"amount\":300,\"block_id\":\"blk_agequxnmsz3uxpgowmbatguak4ba\"},"
                + "{\"amount\":50,\"block_id\":\"blk_agequxnmsz3uxpgowmbatguak77q\"}],"
                + "\"balance_after\":650,\"created_at\":\"2026-01-15T10:30:00.000Z\","
                + "\"customer_id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"delta\":-350,"
                + "\"id\":\"led_agequxnmsz3uxpgowmbatguak4asy\","
                + "\"metadata\":{\"a\":\"\",\"b\":\"2\",\"é\":\"\\r\\f\\b\"},"
                + "\"overage_after\":0,"
                + "\"previous_hash\":"
                + "\"abababababababababababababababababababababababababababababababab\","
                + "\"reason\":"
                + "\"a \\\"quoted\\\" \\\\ reason\\n\\t\\u0001\\u001f\u007f é € / 😀\","
                + "\"reference\":{\"id\":\"use_agequxnmsz3uxpgowmbatguak4asy\","
                + "\"type\":\"usage\"},\"reserved_after\":0,\"sequence\":3,\"type\":\"debit\"}");
  }

  @Test
  void the_hash_of_a_full_entry_is_pinned() {
    assertThat(LedgerHash.of(FULL, CUSTOMER))
        .isEqualTo("95b8743fd38f0be2e9d87b3894df58e69adb997a780f4488ef5e741fa9b97d30");
  }

  @Test
  void the_canonical_text_and_hash_of_a_minimal_entry_are_pinned() {
    assertThat(LedgerHash.canonical(MINIMAL, CUSTOMER))
        .isEqualTo(
            "{\"allocations\":[],\"balance_after\":650,"
                + "\"created_at\":\"2026-01-15T10:30:00.000Z\","
                + "\"customer_id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"delta\":0,"
                + "\"id\":\"led_agequxnmsz3uxpgowmbatguak4asy\",\"metadata\":{},"
                + "\"overage_after\":0,"
                + "\"previous_hash\":"
                + "\"0000000000000000000000000000000000000000000000000000000000000000\","
                + "\"reason\":null,\"reference\":null,\"reserved_after\":0,\"sequence\":3,"
                + "\"type\":\"debit\"}");
    assertThat(LedgerHash.of(MINIMAL, CUSTOMER))
        .isEqualTo("5b06a74dfe79fe670771de5b80cf0fca137bba1465b10dc6bc1ac4048376a5be");
  }

  @Test
  void the_entry_s_own_hash_does_not_count() {
    assertThat(LedgerHash.of(FULL.withHash("f".repeat(64)), CUSTOMER))
        .isEqualTo(LedgerHash.of(FULL, CUSTOMER));
    assertThat(FULL.sealed(CUSTOMER).hash()).isEqualTo(LedgerHash.of(FULL, CUSTOMER));
  }

  @Test
  void the_hash_names_its_customer() {
    assertThat(LedgerHash.of(FULL, new UUID(1, 2))).isNotEqualTo(LedgerHash.of(FULL, CUSTOMER));
  }

  /** The example of RFC 8785, section 3.2.3: by UTF-16 code units, not by code points. */
  @Test
  void keys_are_in_the_order_of_rfc_8785() {
    var metadata = new LinkedHashMap<String, String>();
    for (String key : List.of("€", "\r", "\ufb33", "1", "😀", "\u0080", "ö")) {
      metadata.put(key, "");
    }
    assertThat(LedgerHash.canonical(with(metadata, null), CUSTOMER))
        .contains(
            "\"metadata\":{\"\\r\":\"\",\"1\":\"\",\"\u0080\":\"\",\"ö\":\"\",\"€\":\"\","
                + "\"😀\":\"\",\"\ufb33\":\"\"}");
  }

  /** RFC 8785, section 3.2.2.2: only what must be is escaped, and in lower case. */
  @Test
  void strings_are_escaped_as_in_rfc_8785() {
    assertThat(LedgerHash.canonical(with(Map.of(), "€$\u000f\nA'B\"\\\\\"/"), CUSTOMER))
        .contains("\"reason\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    assertThat(LedgerHash.canonical(with(Map.of(), "\u2028\u2029\u007f\u0080<>&"), CUSTOMER))
        .contains("\"reason\":\"\u2028\u2029\u007f\u0080<>&\"");
  }

  @Test
  void a_json_library_comes_to_the_same_text_and_hash_for_any_entry() {
    var random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      LedgerEntry entry = randomEntry(random);
      assertThat(LedgerHash.canonical(entry, CUSTOMER))
          .isEqualTo(CanonicalJson.of(entry, CUSTOMER));
      assertThat(LedgerHash.of(entry, CUSTOMER)).isEqualTo(CanonicalJson.hash(entry, CUSTOMER));
    }
  }

  @Test
  void instants_have_three_digits_of_milliseconds_and_utc() {
    assertThat(LedgerHash.instant(Instant.parse("2026-01-15T00:00:00Z")))
        .isEqualTo("2026-01-15T00:00:00.000Z");
    assertThat(LedgerHash.instant(Instant.parse("2026-01-15T23:59:59.120Z")))
        .isEqualTo("2026-01-15T23:59:59.120Z");
  }

  private static LedgerEntry with(Map<String, String> metadata, @Nullable String reason) {
    return new LedgerEntry(
        1,
        1,
        EntryType.GRANT,
        1,
        1,
        0,
        0,
        List.of(),
        null,
        reason,
        metadata,
        Instant.EPOCH,
        LedgerHash.GENESIS,
        "");
  }

  private static LedgerEntry randomEntry(Random random) {
    var metadata = new HashMap<String, String>();
    for (int i = random.nextInt(4); i > 0; i--) {
      metadata.put(randomText(random), randomText(random));
    }
    return new LedgerEntry(
        random.nextLong(1, Long.MAX_VALUE),
        random.nextLong(1, Amounts.MAX_MC),
        pick(random, EntryType.values()),
        random.nextLong(-Amounts.MAX_MC, Amounts.MAX_MC),
        random.nextLong(Amounts.MAX_MC),
        random.nextLong(Amounts.MAX_MC),
        random.nextLong(Amounts.MAX_MC),
        random
            .longs(random.nextInt(4), 1, 1L << random.nextInt(1, 60))
            .mapToObj(number -> new Allocation(number, random.nextLong(1, Amounts.MAX_MC)))
            .toList(),
        random.nextBoolean() ? null : new Reference("block", randomText(random)),
        random.nextBoolean() ? null : randomText(random),
        metadata,
        Instant.ofEpochMilli(random.nextLong(253_402_300_800_000L)),
        "0f".repeat(32),
        "");
  }

  private static <T> T pick(Random random, T[] from) {
    return from[random.nextInt(from.length)];
  }

  /** Of all planes, without lone surrogates, which no text of the API has. */
  private static String randomText(Random random) {
    int[] codePoints =
        random
            .ints(random.nextInt(12), 0, Character.MAX_CODE_POINT)
            .map(codePoint -> random.nextBoolean() ? codePoint % 0x100 : codePoint)
            .filter(codePoint -> codePoint < 0xd800 || codePoint > 0xdfff)
            .toArray();
    return new String(codePoints, 0, codePoints.length);
  }
}
