package io.quotastack.cluster.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.CommandRun;
import io.quotastack.cluster.Main;
import io.quotastack.cluster.TestNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code verify-ledger} on what a node has exported: that it is valid, and that whatever was done
 * to the file since is found.
 */
class VerifyLedgerTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final int DIGITS_TRIED = 250;

  @TempDir private Path folder;

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeHistory() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "1");
    for (String name : List.of("acme", "b 2, \"c\"\n", "日本")) {
      api.grant(
          name,
          "{\"credits\": 1000, \"reason\": \"a 1,\\r\\n2\", \"metadata\": {\"4\": \"\\u00015\"}}");
      api.use(name, "tokens", "30").created();
      api.grant(name, "{\"credits\": 7, \"effective_at\": \"2100-01-01T00:00:00Z\"}");
      api.use(name, "tokens", "0").created();
    }
  }

  private byte[] exported(String query) {
    return api.get("/v1/ledger/export?" + query).ok().body().getBytes(UTF_8);
  }

  private CommandRun verify(byte[] export, String... options) throws IOException {
    Path file = Files.write(folder.resolve("export"), export);
    var arguments = new ArrayList<>(List.of("verify-ledger", file.toString()));
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray(new String[0]));
  }

  private void assertNotValid(byte[] export, String as) throws IOException {
    CommandRun run = verify(export);
    assertThat(run.exitCode()).as("%s: %s", as, run).isEqualTo(1);
    assertThat(run.output()).as(as).contains("line ").contains("NOT VALID");
  }

  // ------------------------------------------------------------------------------------------
  // what a node exports

  @ParameterizedTest
  @ValueSource(strings = {"jsonl", "csv"})
  void what_a_node_exports_is_valid(String format) throws IOException {
    CommandRun run = verify(exported("format=" + format));
    assertThat(run.exitCode()).as(run.toString()).isZero();
    assertThat(run.errors()).isEmpty();
    assertThat(run.output().lines())
        .containsExactly(
            "valid: complete and unchanged",
            "customers  3",
            "entries    12",
            "of         " + TENANT.id() + ", live",
            "hash       " + exportHash(""));
    assertThat(verify(exported("format=" + format), "--format", format)).isEqualTo(run);
    String other = format.equals("csv") ? "jsonl" : "csv";
    assertThat(verify(exported("format=" + format), "--format", other).exitCode()).isNotZero();
  }

  private String exportHash(String query) {
    JsonNode last = Answer.json(new String(exported(query), UTF_8).lines().toList().getLast());
    return last.at("/export_end/hash").textValue();
  }

  @Test
  void one_customer_and_nothing_at_all_are_valid() throws IOException {
    CommandRun one = verify(exported("customer=acme"));
    assertThat(one.exitCode()).isZero();
    String id = api.ledger("acme").getFirst().path("customer_id").textValue();
    assertThat(one.output()).contains("customers  1", ", live, customer " + id);
    assertThat(verify(exported("to=2000-01-01T00:00:00Z")).output())
        .contains("valid:", "customers  0", "created    before 2000-01-01T00:00:00.000Z");
  }

  @Test
  void a_part_of_time_is_valid_and_says_what_it_does_not_prove() throws IOException {
    String from = api.ledger("acme").get(1).path("created_at").textValue();
    CommandRun run = verify(exported("customer=acme&from=" + from));
    assertThat(run.exitCode()).isZero();
    assertThat(run.output())
        .contains("valid:", "entries    3", "created    from " + from)
        .contains("1 ledger begins behind the first entry: proven from there on.");
  }

  @Test
  void twenty_five_thousand_entries_are_valid_compressed_or_not() throws IOException {
    TestTenant large = TestTenant.in(TestNode.shared());
    large.live().metric("tokens", "1");
    large.live().grant("large", 1_000_000);
    for (int i = 0; i < 25; i++) {
      large.live().post("/v1/usage/batch", Writes.batch("large", "tokens", 1_000)).ok();
    }
    byte[] export = large.live().get("/v1/ledger/export?format=csv").ok().body().getBytes(UTF_8);
    assertThat(verify(export).output()).contains("valid:", "entries    25001");

    Path packed = folder.resolve("export.csv.gz");
    try (var gzip = new GZIPOutputStream(Files.newOutputStream(packed))) {
      gzip.write(export);
    }
    assertThat(CommandRun.of("verify-ledger", packed.toString()).output())
        .isEqualTo(verify(export).output());
  }

  @Test
  void an_export_is_read_from_standard_input() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(exported("")));
    try {
      CommandRun run = CommandRun.of("verify-ledger", "-");
      assertThat(run.exitCode()).isZero();
      assertThat(run.output()).contains("entries    12");
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void it_needs_no_node_and_ends_with_its_verdict_as_the_exit_code() throws Exception {
    byte[] export = exported("");
    assertThat(process(export)).isZero();
    assertThat(process(Arrays.copyOf(export, export.length / 2))).isEqualTo(1);
    assertThat(process("%PDF-1.7\n".getBytes(UTF_8))).isEqualTo(2);
  }

  private static int process(byte[] input) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "verify-ledger",
                "-")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var in = process.getOutputStream()) {
      in.write(input);
    }
    return process.waitFor();
  }

  // ------------------------------------------------------------------------------------------
  // what was done to it

  @ParameterizedTest
  @ValueSource(strings = {"jsonl", "csv"})
  void a_flipped_digit_is_found_wherever_it_is(String format) throws IOException {
    byte[] export = exported("format=" + format);
    var random = new Random(42);
    for (int tried = 0; tried < DIGITS_TRIED; ) {
      int at = random.nextInt(export.length);
      if (export[at] < '0' || export[at] > '9') {
        continue;
      }
      byte[] changed = export.clone();
      changed[at] = (byte) ('0' + (export[at] - '0' + 1 + random.nextInt(9)) % 10);
      assertNotValid(changed, "another digit at " + at);
      tried++;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jsonl", "csv"})
  void each_line_that_is_dropped_or_swapped_with_its_neighbour_is_found(String format)
      throws IOException {
    List<String> records = records(new String(exported("format=" + format), UTF_8), format);
    assertThat(String.join("", records)).isEqualTo(new String(exported("format=" + format), UTF_8));
    assertThat(records).hasSizeGreaterThanOrEqualTo(16);
    for (int i = 0; i < records.size(); i++) {
      var dropped = new ArrayList<>(records);
      dropped.remove(i);
      assertNotValid(String.join("", dropped).getBytes(UTF_8), "without " + records.get(i));
      if (i > 0) {
        var swapped = new ArrayList<>(records);
        swapped.add(i - 1, swapped.remove(i));
        assertNotValid(String.join("", swapped).getBytes(UTF_8), "too early: " + records.get(i));
      }
    }
  }

  /** The lines of JSON, or the rows of CSV, of which one may have several lines. */
  private static List<String> records(String export, String format) {
    String between =
        format.equals("csv")
            ? "(?<=\r\n)(?=record,|entry,|ledger_end,|export_end,)"
            : "(?<=\n)(?=.)";
    return List.of(export.split(between, -1));
  }

  @Test
  void a_fault_is_told_with_its_line_its_customer_and_its_sequence() throws IOException {
    String export = new String(exported("customer=acme"), UTF_8);
    String id = api.ledger("acme").getFirst().path("customer_id").textValue();
    CommandRun run = verify(export.replace("\"delta\":-30", "\"delta\":-20").getBytes(UTF_8));
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.output().lines())
        .startsWith(
            "line 2, customer %s, sequence 2: hash does not match the content".formatted(id),
            "NOT VALID: 1 fault");
  }

  @Test
  void what_is_told_of_a_damaged_file_steers_no_terminal() throws IOException {
    CommandRun run = verify("{\"\\u001b[2J\": 1}\n".getBytes(UTF_8));
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.output()).doesNotContain("\u001b");
  }

  @Test
  void what_cannot_be_read_or_is_no_export_is_told_apart_from_a_bad_one() throws IOException {
    Path missing = folder.resolve("missing");
    CommandRun none = CommandRun.of("verify-ledger", missing.toString());
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.errors()).contains(missing.toString()).hasLineCount(1);
    assertThat(CommandRun.of("verify-ledger", folder.toString()).exitCode()).isEqualTo(2);

    CommandRun other = verify("a,b\r\n1,2\r\n".getBytes(UTF_8));
    assertThat(other.exitCode()).isEqualTo(2);
    assertThat(other.errors()).contains("this is no export of a ledger").hasLineCount(1);
    assertThat(verify(new byte[0]).exitCode()).isEqualTo(1);
    assertThat(verify(new byte[] {0x1f, (byte) 0x8b, 0, 0}).exitCode()).isEqualTo(2);
  }
}
