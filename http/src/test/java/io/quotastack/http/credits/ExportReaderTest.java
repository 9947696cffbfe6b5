package io.quotastack.http.credits;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import io.quotastack.engine.credits.ExportVerifier;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.http.Samples;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exports as text: what is written is read back, and nothing else is taken for it. */
class ExportReaderTest {
  private static final TenantRef TENANT =
      new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.LIVE);
  private static final UUID FIRST = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
  private static final UUID SECOND = UUID.fromString("6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11");
  private static final Instant AT = Instant.parse("2026-01-15T10:30:00.007Z");

  private static LedgerEntry grant(
      UUID customerId, @Nullable String reason, Map<String, String> metadata) {
    return new LedgerEntry(
            2,
            1,
            EntryType.GRANT,
            1_000,
            1_000,
            0,
            0,
            List.of(new Allocation(2, 1_000)),
            new Reference("block", OwnedId.Kind.BLOCK.text(customerId, 2)),
            reason,
            metadata,
            AT,
            LedgerHash.GENESIS,
            "")
        .sealed(customerId);
  }

  private static LedgerEntry debit(UUID customerId, LedgerEntry before) {
    return new LedgerEntry(
            before.number() + 300,
            before.sequence() + 1,
            EntryType.DEBIT,
            -7,
            before.balanceAfter() - 7,
            0,
            0,
            List.of(new Allocation(2, 7)),
            null,
            null,
            Map.of(),
            AT,
            before.hash(),
            "")
        .sealed(customerId);
  }

  private static LedgerEnd end(
      UUID customerId, @Nullable String externalId, String previousHash, LedgerEntry... entries) {
    return new LedgerEnd(
            customerId,
            externalId,
            entries.length,
            1,
            entries.length,
            entries[entries.length - 1].hash(),
            previousHash,
            "")
        .sealed();
  }

  /** Two ledgers with everything in them that is hard to write. */
  private static List<ExportRecord> export() {
    LedgerEntry first = grant(FIRST, null, Map.of());
    LedgerEntry second = debit(FIRST, first);
    LedgerEntry third = debit(FIRST, second);
    LedgerEnd firstEnd = end(FIRST, null, LedgerHash.GENESIS, first, second, third);
    LedgerEntry other =
        grant(
            SECOND,
            "line 1\r\nline 2, \"quoted\" \u0001 = 1",
            Map.of("0", "", "a,\"b\"", "3\n4", "é", "日本 😀 9"));
    LedgerEnd secondEnd = end(SECOND, "customer 17, \"x\"\n", firstEnd.hash(), other);
    return List.of(
        new ExportRecord.Entry(FIRST, first),
        new ExportRecord.Entry(FIRST, second),
        new ExportRecord.Entry(FIRST, third),
        firstEnd,
        new ExportRecord.Entry(SECOND, other),
        secondEnd,
        new ExportEnd(TENANT, null, null, AT, 2, 4, secondEnd.hash(), "").sealed());
  }

  private static byte[] bytes(ExportFormat format, List<ExportRecord> records) {
    return format.head().concat(format.text(records)).toArray();
  }

  private static List<ExportReader.Line> read(byte[] bytes, @Nullable ExportFormat format) {
    try {
      ExportReader reader = ExportReader.of(new ByteArrayInputStream(bytes), format);
      var lines = new ArrayList<ExportReader.Line>();
      for (ExportReader.Line line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isValid(byte[] bytes) {
    var verifier = new ExportVerifier(_ -> {});
    long last = 0;
    for (ExportReader.Line line : read(bytes, null)) {
      ExportRecord record = line.record();
      if (record == null) {
        verifier.reject(line.number(), "" + line.fault());
      } else {
        verifier.accept(line.number(), record);
      }
      last = line.number();
    }
    return verifier.finish(last).valid();
  }

  // ------------------------------------------------------------------------------------------
  // what is written

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void what_is_written_is_read_back(ExportFormat format) {
    byte[] written = bytes(format, export());
    assertThat(read(written, format))
        .allSatisfy(line -> assertThat(line.fault()).isNull())
        .extracting(ExportReader.Line::record)
        .isEqualTo(export());
    assertThat(read(written, null)).isEqualTo(read(written, format));
    assertThat(isValid(written)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void any_record_is_read_back(ExportFormat format) {
    Samples.check(random -> {
      List<ExportRecord> records =
          List.of(
              new ExportRecord.Entry(FIRST, randomEntry(random)),
              new LedgerEnd(
                  new UUID(random.nextLong(), random.nextLong()),
                  random.nextBoolean() ? null : text(random),
                  random.nextLong(),
                  random.nextLong(),
                  random.nextLong(),
                  LedgerHash.GENESIS,
                  "f".repeat(64),
                  "0a".repeat(32)),
              new ExportEnd(
                  TENANT,
                  random.nextBoolean() ? null : SECOND,
                  random.nextBoolean() ? null : AT,
                  random.nextBoolean() ? null : AT,
                  random.nextLong(),
                  random.nextLong(),
                  LedgerHash.GENESIS,
                  LedgerHash.GENESIS));
      assertThat(read(bytes(format, records), null))
          .extracting(ExportReader.Line::record)
          .isEqualTo(records);
    });
  }

  private static LedgerEntry randomEntry(Random random) {
    var allocations = new ArrayList<Allocation>();
    for (int left = random.nextInt(4); left > 0; left--) {
      allocations.add(new Allocation(1 + random.nextLong(Long.MAX_VALUE), random.nextLong()));
    }
    var metadata = new LinkedHashMap<String, String>();
    for (int left = random.nextInt(4); left > 0; left--) {
      metadata.put(text(random), text(random));
    }
    EntryType[] types = EntryType.values();
    return new LedgerEntry(
        1 + random.nextLong(Long.MAX_VALUE),
        random.nextLong(),
        types[random.nextInt(types.length)],
        random.nextLong(),
        random.nextLong(),
        random.nextLong(),
        random.nextLong(),
        allocations,
        random.nextBoolean() ? null : new Reference(text(random), text(random)),
        random.nextBoolean() ? null : text(random),
        metadata,
        Instant.ofEpochMilli(random.nextLong(253_402_300_800_000L)),
        LedgerHash.GENESIS,
        "ab".repeat(32));
  }

  private static String text(Random random) {
    return Samples.text(random).replace("\0", "");
  }

  @Test
  void json_lines_are_the_entries_of_the_api_and_two_kinds_of_ends() {
    List<String> lines =
        new String(bytes(ExportFormat.JSON_LINES, export()), UTF_8).lines().toList();
    assertThat(lines).hasSize(7);
    LedgerEntry second = ((ExportRecord.Entry) export().get(1)).entry();
    assertThat(lines.get(1))
        .isEqualTo(
            "{\"id\":\"%s\",\"customer_id\":\"%s\",\"sequence\":2,\"type\":\"debit\",\"delta\":-7,"
                    .formatted(OwnedId.Kind.LEDGER_ENTRY.text(FIRST, 302), FIRST)
                + "\"balance_after\":993,\"reserved_after\":0,\"overage_after\":0,"
                + "\"allocations\":[{\"block_id\":\"%s\",\"amount\":7}],\"reference\":null,"
                    .formatted(OwnedId.Kind.BLOCK.text(FIRST, 2))
                + "\"reason\":null,\"metadata\":{},\"created_at\":\"2026-01-15T10:30:00.007Z\","
                + "\"previous_hash\":\"%s\",\"hash\":\"%s\"}"
                    .formatted(second.previousHash(), second.hash()));
    LedgerEnd end = (LedgerEnd) export().get(3);
    assertThat(lines.get(3))
        .isEqualTo(
            "{\"ledger_end\":{\"customer_id\":\"%s\",\"external_customer_id\":null,\"entries\":3,"
                    .formatted(FIRST)
                + "\"first_sequence\":1,\"last_sequence\":3,\"head_hash\":\"%s\","
                    .formatted(end.headHash())
                + "\"previous_hash\":\"%s\",\"hash\":\"%s\"}}"
                    .formatted(LedgerHash.GENESIS, end.hash()));
    assertThat(lines.getLast())
        .startsWith(
            "{\"export_end\":{\"tenant_id\":\"ten_aaaqeayeaudaocajbifqydiob4\",\"environment\":"
                + "\"live\",\"customer_id\":null,\"from\":null,\"to\":\"2026-01-15T10:30:00.007Z\","
                + "\"customers\":2,\"entries\":4,\"previous_hash\":");
  }

  @Test
  void csv_is_that_of_rfc_4180_with_nulls_as_empty_cells() {
    String csv = new String(bytes(ExportFormat.CSV, export()), UTF_8);
    assertThat(csv)
        .startsWith(
            "record,customer_id,external_customer_id,id,sequence,type,delta,balance_after,"
                + "reserved_after,overage_after,allocations,reference,reason,metadata,created_at,"
                + "tenant_id,environment,from,to,customers,entries,first_sequence,last_sequence,"
                + "head_hash,previous_hash,hash\r\nentry,");
    LedgerEntry second = ((ExportRecord.Entry) export().get(1)).entry();
    assertThat(csv)
        .contains(
            "\r\nentry,%s,,%s,2,debit,-7,993,0,0,"
                    .formatted(FIRST, OwnedId.Kind.LEDGER_ENTRY.text(FIRST, 302))
                + "\"[{\"\"block_id\"\":\"\"%s\"\",\"\"amount\"\":7}]\",,,{},"
                    .formatted(OwnedId.Kind.BLOCK.text(FIRST, 2))
                + "2026-01-15T10:30:00.007Z,,,,,,,,,,%s,%s\r\nentry,"
                    .formatted(second.previousHash(), second.hash()));
    assertThat(csv)
        .contains(
            ",\"line 1\r\nline 2, \"\"quoted\"\" \u0001 = 1\",",
            "\r\nledger_end,%s,,,,,,,,,,,,,,,,,,,3,1,3,".formatted(FIRST),
            "\r\nledger_end,%s,\"customer 17, \"\"x\"\"\n\",".formatted(SECOND),
            "\r\nexport_end,,,,,,,,,,,,,,,ten_aaaqeayeaudaocajbifqydiob4,live,,"
                + "2026-01-15T10:30:00.007Z,2,4,,,,")
        .endsWith("\r\n");
  }

  // ------------------------------------------------------------------------------------------
  // what was changed

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void any_digit_that_is_flipped_is_found(ExportFormat format) {
    byte[] written = bytes(format, export());
    int flipped = 0;
    for (int at = 0; at < written.length; at++) {
      if (written[at] >= '0' && written[at] <= '9') {
        byte[] changed = written.clone();
        changed[at] = (byte) (written[at] == '9' ? '0' : written[at] + 1);
        assertThat(isValid(changed)).as("%s at %s", format, at).isFalse();
        flipped++;
      }
    }
    assertThat(flipped).isGreaterThan(900);
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void any_other_byte_that_is_changed_is_found_where_it_means_something(ExportFormat format) {
    byte[] written = bytes(format, export());
    for (int at = 0; at < written.length; at += 3) {
      byte[] changed = written.clone();
      changed[at] ^= 1;
      if (format == ExportFormat.CSV && (written[at] == '\r' || written[at] == '\n')) {
        continue; // may be a line end that is forgiven
      }
      if (format == ExportFormat.CSV && at < 10) {
        continue; // no export any more
      }
      boolean valid;
      try {
        valid = isValid(changed);
      } catch (UncheckedIOException e) {
        valid = false;
      }
      assertThat(valid).as("%s at %s: %s", format, at, (char) written[at]).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void any_record_that_is_dropped_or_swapped_with_its_neighbour_is_found(ExportFormat format) {
    var pieces = new ArrayList<byte[]>();
    if (!format.head().isEmpty()) {
      pieces.add(format.head().toArray());
    }
    export().forEach(record -> pieces.add(format.text(List.of(record)).toArray()));
    assertThat(isValid(joined(pieces))).isTrue();
    for (int i = 0; i < pieces.size(); i++) {
      var dropped = new ArrayList<>(pieces);
      dropped.remove(i);
      assertThat(isValid(joined(dropped))).as("without %s", i).isFalse();
      if (i > 0) {
        var swapped = new ArrayList<>(pieces);
        swapped.add(i - 1, swapped.remove(i));
        assertThat(isValid(joined(swapped))).as("%s before %s", i, i - 1).isFalse();
      }
    }
  }

  private static byte[] joined(List<byte[]> pieces) {
    var bytes = new ByteArrayOutputStream();
    pieces.forEach(bytes::writeBytes);
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void an_export_that_is_cut_off_anywhere_is_found(ExportFormat format) {
    byte[] written = bytes(format, export());
    int lineEnd = format == ExportFormat.CSV ? 2 : 1;
    for (int length = 0; length < written.length - lineEnd; length += 11) {
      byte[] cut = Arrays.copyOf(written, length);
      boolean valid;
      try {
        valid = isValid(cut);
      } catch (UncheckedIOException e) {
        valid = false;
      }
      assertThat(valid).as("%s bytes of %s", length, format).isFalse();
    }
  }

  // ------------------------------------------------------------------------------------------
  // what is none of an export

  @ParameterizedTest
  @ValueSource(
      strings = {
        "is empty|",
        "is not JSON|nonsense",
        "is not JSON|{\"ledger_end\":{}",
        "is not JSON|{\"ledger_end\":{}}{}",
        "is not JSON|{\"ledger_end\":{},\"ledger_end\":{}}",
        "has no object|[]",
        "has no object|null",
        "has no object|{\"ledger_end\":3}",
        "lacks|{}",
        "lacks|{\"ledger_end\":{}}",
        "lacks|{\"ledger_end\":{},\"export_end\":{}}",
        "lacks|{\"other_end\":{}}",
      })
  void a_line_that_is_no_record_says_why(String faultAndLine) {
    int bar = faultAndLine.indexOf('|');
    byte[] bytes = (faultAndLine.substring(bar + 1) + "\n").getBytes(UTF_8);
    assertThat(read(bytes, ExportFormat.JSON_LINES))
        .singleElement()
        .satisfies(line -> {
          assertThat(line.number()).isEqualTo(1);
          assertThat(line.record()).isNull();
          assertThat(line.fault()).startsWith(faultAndLine.substring(0, bar));
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"sequence\":2>\"sequence\":2.0",
        "\"sequence\":2>\"sequence\":2e0",
        "\"sequence\":2>\"sequence\":\"2\"",
        "\"sequence\":2>\"sequence\":null",
        "\"sequence\":2>\"sequence\":18446744073709551618",
        "\"sequence\":2>\"sequence\":2,\"sequence\":2",
        "\"delta\":-7>\"delta\":-07",
        "\"type\":\"debit\">\"type\":\"DEBIT\"",
        "\"type\":\"debit\">\"type\":\"\"",
        "\"type\":\"debit\">\"type\":null",
        "\"reason\":null>\"reason\":7",
        "\"reason\":null>\"reason\":\"\\ud800\"",
        "\"reason\":null>\"reason\":\"\\u0000\"",
        "\"reason\":null>\"reasons\":null",
        "\"reason\":null>\"reason\":null,\"note\":null",
        "\"metadata\":{}>\"metadata\":null",
        "\"metadata\":{}>\"metadata\":{\"a\":1}",
        "\"metadata\":{}>\"metadata\":{\"\\udc00\":\"\"}",
        "\"metadata\":{}>\"metadata\":{\"a\":\"1\",\"a\":\"1\"}",
        "\"reference\":null>\"reference\":{\"type\":\"a\"}",
        "\"reference\":null>\"reference\":[]",
        "\"amount\":7>\"amount\":7,\"more\":0",
        "\"amount\":7>\"amount\":\"7\"",
        "10:30:00.007Z>10:30:00.0070Z",
        "10:30:00.007Z>10:30:00.007z",
        "10:30:00.007Z>10:30:00.007+00:00",
        "01890a5d-ac96>01890A5D-ac96",
        "\"previous_hash\":\">\"previous_hash\":\"0",
        "\"previous_hash\":\"0>\"previous_hash\":\"A",
        "blk_>led_",
        "led_>LED_",
        "\"id\":\"led_>\"id\":\"led_a",
      })
  void there_is_one_way_to_write_a_value(String change) {
    List<String> lines =
        new String(bytes(ExportFormat.JSON_LINES, export()), UTF_8).lines().toList();
    int arrow = change.indexOf('>');
    // A previous_hash that begins with 0 is that of the first entry only.
    String line = change.contains("previous_hash\":\"0>") ? lines.getFirst() : lines.get(1);
    String changed =
        line.replaceFirst(
            Pattern.quote(change.substring(0, arrow)),
            Matcher.quoteReplacement(change.substring(arrow + 1)));
    assertThat(changed).isNotEqualTo(line);
    assertThat(read((changed + "\n").getBytes(UTF_8), null))
        .singleElement()
        .satisfies(read -> assertThat(read.fault()).isNotNull());
    assertThat(read((line + "\n").getBytes(UTF_8), null))
        .singleElement()
        .satisfies(read -> assertThat(read.fault()).isNull());
  }

  @Test
  void bytes_that_are_no_utf_8_are_found_and_the_next_line_is_read() {
    byte[] good = ExportFormat.JSON_LINES.text(export().subList(0, 1)).toArray();
    byte[] bad = {'{', (byte) 0xc3, '}', '\n'};
    assertThat(read(joined(List.of(bad, good)), null))
        .extracting(ExportReader.Line::number, ExportReader.Line::fault)
        .containsExactly(tuple(1L, "is not UTF-8"), tuple(2L, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "entry,a",
        "entry" + ",a,,,,,,,,,,,,,,,,,,,,,,,,,,",
        "nothing,,,,,,,,,,,,,,,,,,,,,,,,,",
        ",,,,,,,,,,,,,,,,,,,,,,,,,",
        "",
        "\"entry\"x,,,,,,,,,,,,,,,,,,,,,,,,,",
        "ent\"ry,,,,,,,,,,,,,,,,,,,,,,,,,",
        "\"entry,,,,,,,,,,,,,,,,,,,,,,,,,",
        "ledger_end,01890a5d-ac96-774b-bcce-b302099a8057,acme,led_a,,,,,,,,,,,,,,,,,3,1,3,a,b,c",
      })
  void a_row_that_is_no_record_says_so(String row) {
    byte[] bytes =
        joined(List.of(ExportFormat.CSV.head().toArray(), (row + "\r\n").getBytes(UTF_8)));
    assertThat(read(bytes, null))
        .singleElement()
        .satisfies(line -> {
          assertThat(line.number()).isEqualTo(2);
          assertThat(line.fault()).isNotBlank();
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",2,debit>,02,debit",
        ",2,debit>,+2,debit",
        ",2,debit>,\"\",debit",
        ",2,debit>,2 ,debit",
        ",2,debit>,99999999999999999999,debit",
        ",2,debit>,-,debit",
        ",,,{},>,\"\",,{},",
        ",,,{},>,,,\"{}{}\",",
        ",-7,>,-07,"
      })
  void there_is_one_way_to_write_a_cell(String change) {
    byte[] csv = bytes(ExportFormat.CSV, export().subList(1, 2));
    int arrow = change.indexOf('>');
    String text = new String(csv, UTF_8);
    String changed = text.replace(change.substring(0, arrow), change.substring(arrow + 1));
    assertThat(changed).isNotEqualTo(text);
    assertThat(read(changed.getBytes(UTF_8), null))
        .singleElement()
        .satisfies(read -> assertThat(read.fault()).isNotNull());
  }

  @Test
  void rows_bear_the_number_of_the_line_that_they_begin_in() {
    assertThat(read(bytes(ExportFormat.CSV, export()), null))
        .extracting(ExportReader.Line::number)
        .containsExactly(2L, 3L, 4L, 5L, 6L, 8L, 10L); // the sixth and the eighth have two lines
  }

  @Test
  void line_ends_and_a_missing_last_one_make_no_difference() {
    for (ExportFormat format : ExportFormat.values()) {
      String text = new String(bytes(format, export().subList(0, 4)), UTF_8);
      List<ExportReader.Line> expected = read(text.getBytes(UTF_8), null);
      assertThat(read(text.replace("\r\n", "\n").getBytes(UTF_8), null)).isEqualTo(expected);
      assertThat(read(text.stripTrailing().getBytes(UTF_8), null)).isEqualTo(expected);
      assertThat(read(text.replace("\r\n", "\n").replace("\n", "\r\n").getBytes(UTF_8), null))
          .isEqualTo(expected);
    }
  }

  @Test
  void csv_that_lost_its_header_is_a_faulty_export_and_another_csv_is_none() {
    List<ExportReader.Line> lines =
        read(ExportFormat.CSV.text(export().subList(0, 2)).toArray(), null);
    assertThat(lines).hasSize(3);
    assertThat(lines.getFirst().fault())
        .isEqualTo("the header row is missing in front of this one");
    assertThat(lines.get(1).record()).isEqualTo(export().getFirst());

    for (String other : List.of("name,amount\r\na,1\r\n", "%PDF-1.7\n", "\n", "record,id\n")) {
      assertThatThrownBy(() -> read(other.getBytes(UTF_8), null))
          .hasCauseInstanceOf(UnusableExportException.class)
          .hasMessageContaining("no export");
    }
  }

  @Test
  void nothing_at_all_is_an_export_without_lines() {
    assertThat(read(new byte[0], null)).isEmpty();
    assertThat(read(new byte[0], ExportFormat.CSV)).isEmpty();
  }

  @Test
  void an_export_may_be_compressed() throws IOException {
    for (ExportFormat format : ExportFormat.values()) {
      byte[] written = bytes(format, export());
      var packed = new ByteArrayOutputStream();
      try (var gzip = new GZIPOutputStream(packed)) {
        gzip.write(written);
      }
      assertThat(read(packed.toByteArray(), null)).isEqualTo(read(written, null));

      byte[] cut = Arrays.copyOf(packed.toByteArray(), packed.size() - 9);
      assertThatThrownBy(() -> read(cut, format)).isInstanceOf(UncheckedIOException.class);
    }
  }
}
