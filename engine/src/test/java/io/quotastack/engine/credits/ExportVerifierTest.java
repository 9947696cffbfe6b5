package io.quotastack.engine.credits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.quotastack.engine.credits.ExportRecord.Entry;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import io.quotastack.engine.credits.ExportVerifier.Finding;
import io.quotastack.engine.credits.ExportVerifier.Verdict;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The proof of an export of several ledgers: whatever is missing, moved or changed is told. */
class ExportVerifierTest {
  private static final TenantRef TENANT =
      new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.LIVE);
  private static final UUID FIRST = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
  private static final UUID SECOND = UUID.fromString("6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11");
  // Signed, as Java compares UUIDs, it would be the first.
  private static final UUID THIRD = UUID.fromString("f0000000-0000-4000-8000-000000000000");

  private final List<Finding> findings = new ArrayList<>();

  /** Ledgers of 20, 1 and some entries. */
  private static List<ExportRecord> export(long seed) {
    var records = new ArrayList<ExportRecord>();
    String endsHash = LedgerHash.GENESIS;
    long entries = 0;
    List<UUID> customers = List.of(FIRST, SECOND, THIRD);
    for (int i = 0; i < customers.size(); i++) {
      List<LedgerEntry> ledger =
          i == 1
              ? RandomLedger.of(customers.get(i), 3, 1).subList(0, 1)
              : RandomLedger.of(customers.get(i), seed, 20 - 5 * i);
      LedgerEnd end = append(records, customers.get(i), "name " + i, ledger, endsHash);
      endsHash = end.hash();
      entries += ledger.size();
    }
    records.add(new ExportEnd(TENANT, null, null, null, 3, entries, endsHash, "").sealed());
    return records;
  }

  private static LedgerEnd append(
      List<ExportRecord> records,
      UUID customerId,
      @Nullable String externalId,
      List<LedgerEntry> ledger,
      String previousHash) {
    ledger.forEach(entry -> records.add(new Entry(customerId, entry)));
    LedgerEnd end =
        new LedgerEnd(
                customerId,
                externalId,
                ledger.size(),
                ledger.getFirst().sequence(),
                ledger.getLast().sequence(),
                ledger.getLast().hash(),
                previousHash,
                "")
            .sealed();
    records.add(end);
    return end;
  }

  private Verdict verify(List<ExportRecord> records) {
    findings.clear();
    var verifier = new ExportVerifier(findings::add);
    long line = 0;
    for (ExportRecord each : records) {
      verifier.accept(++line, each);
    }
    Verdict verdict = verifier.finish(line);
    assertThat(verdict.faults()).isEqualTo(findings.size());
    assertThat(verdict.valid()).isEqualTo(findings.isEmpty());
    return verdict;
  }

  @Test
  void an_export_as_it_was_written_is_valid() {
    for (int seed = 0; seed < 50; seed++) {
      List<ExportRecord> records = export(seed);
      Verdict verdict = verify(records);

      assertThat(findings).as("seed %s", seed).isEmpty();
      assertThat(verdict)
          .isEqualTo(new Verdict(true, 0, 3, records.size() - 4, 0, (ExportEnd) records.getLast()));
    }
  }

  @Test
  void an_export_of_nothing_is_valid_if_it_says_so() {
    ExportEnd end = new ExportEnd(TENANT, null, null, null, 0, 0, LedgerHash.GENESIS, "").sealed();
    assertThat(verify(List.of(end)).valid()).isTrue();
    assertThat(verify(List.of()).valid()).isFalse();
    assertThat(findings).extracting(Finding::line).containsExactly(1L);
  }

  @Test
  void any_line_that_is_dropped_is_missed() {
    List<ExportRecord> records = export(1);
    for (int at = 0; at < records.size(); at++) {
      var dropped = new ArrayList<>(records);
      dropped.remove(at);

      assertThat(verify(dropped).valid()).as("without line %s", at + 1).isFalse();
      assertThat(findings.getFirst().line()).isBetween(at + 1L, (long) records.size());
    }
  }

  @Test
  void any_end_that_is_cut_off_is_missed() {
    List<ExportRecord> records = export(1);
    for (int kept = 0; kept < records.size(); kept++) {
      assertThat(verify(records.subList(0, kept)).valid()).as("%s lines", kept).isFalse();
      assertThat(findings.getLast().problem()).contains("it has no export_end");
    }
  }

  @Test
  void any_two_lines_that_are_swapped_are_found() {
    List<ExportRecord> records = export(1);
    for (int at = 0; at < records.size(); at++) {
      for (int other = at + 1; other < records.size(); other++) {
        var swapped = new ArrayList<>(records);
        Collections.swap(swapped, at, other);

        assertThat(verify(swapped).valid()).as("lines %s and %s", at, other).isFalse();
      }
    }
  }

  @Test
  void a_line_that_is_there_twice_is_found() {
    List<ExportRecord> records = export(1);
    for (int at = 0; at < records.size(); at++) {
      var repeated = new ArrayList<>(records);
      repeated.add(at, records.get(at));

      assertThat(verify(repeated).valid()).as("line %s twice", at + 1).isFalse();
    }
  }

  @Test
  void a_whole_ledger_that_is_missing_or_moved_is_found() {
    var records = export(1);
    int firstEnd = firstEnd(records);
    var without = new ArrayList<>(records.subList(firstEnd + 1, records.size()));
    assertThat(verify(without).valid()).isFalse();

    var moved = new ArrayList<>(without);
    moved.addAll(moved.size() - 1, records.subList(0, firstEnd + 1));
    assertThat(verify(moved).valid()).isFalse();
    assertThat(findings)
        .extracting(Finding::problem)
        .contains("the customers are not in the order of their ids");
  }

  private static int firstEnd(List<ExportRecord> records) {
    int at = 0;
    while (!(records.get(at) instanceof LedgerEnd)) {
      at++;
    }
    return at;
  }

  @Test
  void whatever_an_end_says_otherwise_is_found() {
    List<ExportRecord> records = export(1);
    int at = firstEnd(records);
    LedgerEnd end = (LedgerEnd) records.get(at);
    // Each with its old hash and with one that fits it.
    List<UnaryOperator<LedgerEnd>> changes =
        List.of(
            e -> changed(e, SECOND, e.externalId(), 0, 0, 0, e.headHash(), e.previousHash()),
            e -> changed(e, e.customerId(), "other", 0, 0, 0, e.headHash(), e.previousHash()),
            e -> changed(e, e.customerId(), null, 0, 0, 0, e.headHash(), e.previousHash()),
            e ->
                changed(e, e.customerId(), e.externalId(), 1, 0, 0, e.headHash(), e.previousHash()),
            e ->
                changed(e, e.customerId(), e.externalId(), 0, 1, 0, e.headHash(), e.previousHash()),
            e ->
                changed(e, e.customerId(), e.externalId(), 0, 0, 1, e.headHash(), e.previousHash()),
            e ->
                changed(
                    e,
                    e.customerId(),
                    e.externalId(),
                    0,
                    0,
                    0,
                    LedgerHash.GENESIS,
                    e.previousHash()),
            e -> changed(e, e.customerId(), e.externalId(), 0, 0, 0, e.headHash(), e.headHash()));
    for (UnaryOperator<LedgerEnd> change : changes) {
      LedgerEnd forged = change.apply(end);
      for (LedgerEnd each : List.of(forged, forged.sealed())) {
        var changed = new ArrayList<>(records);
        changed.set(at, each);
        assertThat(verify(changed).valid()).as(each.toString()).isFalse();
      }
    }
  }

  private static LedgerEnd changed(
      LedgerEnd end,
      UUID customerId,
      @Nullable String externalId,
      long entries,
      long first,
      long last,
      String headHash,
      String previousHash) {
    return new LedgerEnd(
        customerId,
        externalId,
        end.entries() + entries,
        end.firstSequence() + first,
        end.lastSequence() + last,
        headHash,
        previousHash,
        end.hash());
  }

  @Test
  void whatever_the_end_of_the_export_says_otherwise_is_found() {
    List<ExportRecord> records = export(1);
    ExportEnd end = (ExportEnd) records.getLast();
    Instant instant = LedgerBook.START;
    var test = new TenantRef(TENANT.tenantId(), Environment.TEST);
    List<ExportEnd> forgeries =
        List.of(
            new ExportEnd(test, null, null, null, 3, end.entries(), end.previousHash(), end.hash()),
            new ExportEnd(
                TENANT, FIRST, null, null, 3, end.entries(), end.previousHash(), end.hash()),
            new ExportEnd(
                TENANT, null, instant, null, 3, end.entries(), end.previousHash(), end.hash()),
            new ExportEnd(
                TENANT, null, null, instant, 3, end.entries(), end.previousHash(), end.hash()),
            new ExportEnd(
                    TENANT, null, null, null, 2, end.entries(), end.previousHash(), end.hash())
                .sealed(),
            new ExportEnd(
                    TENANT, null, null, null, 3, end.entries() + 1, end.previousHash(), end.hash())
                .sealed(),
            new ExportEnd(
                    TENANT, null, null, null, 3, end.entries(), LedgerHash.GENESIS, end.hash())
                .sealed(),
            new ExportEnd(
                TENANT,
                null,
                null,
                null,
                3,
                end.entries(),
                end.previousHash(),
                LedgerHash.GENESIS));
    for (ExportEnd forged : forgeries) {
      var changed = new ArrayList<>(records);
      changed.set(records.size() - 1, forged);
      assertThat(verify(changed).valid()).as(forged.toString()).isFalse();
      assertThat(findings).hasSize(1);
    }
  }

  @Test
  void the_hash_of_the_end_stands_for_every_entry_and_every_name() {
    ExportEnd end = (ExportEnd) export(1).getLast();
    assertThat(((ExportEnd) export(1).getLast()).hash()).isEqualTo(end.hash());
    assertThat(((ExportEnd) export(2).getLast()).hash()).isNotEqualTo(end.hash());
  }

  @Test
  void of_each_ledger_the_first_fault_is_told_with_its_line_and_its_sequence() {
    List<ExportRecord> records = export(1);
    var changed = new ArrayList<>(records);
    changed.set(4, records.get(3));
    changed.set(9, records.get(3));
    int second = firstEnd(records) + 1;
    changed.set(second, new Entry(SECOND, ((Entry) records.get(3)).entry()));

    assertThat(verify(changed).valid()).isFalse();
    assertThat(findings)
        .containsExactly(
            new Finding(5, FIRST, 4L, "sequence 4 stands where 5 belongs"),
            new Finding(second + 1L, SECOND, 4L, "hash does not match the content"),
            new Finding(
                second + 1L,
                SECOND,
                4L,
                "the ledger does not begin with its first entry, though all were asked for"));
  }

  @Test
  void a_line_that_could_not_be_read_makes_its_ledger_faulty_and_no_echo() {
    List<ExportRecord> records = export(1);
    var verifier = new ExportVerifier(findings::add);
    for (int i = 0; i < records.size(); i++) {
      if (i == 5) {
        verifier.reject(6, "is no JSON");
      } else {
        verifier.accept(i + 1L, records.get(i));
      }
    }
    assertThat(verifier.finish(records.size()).valid()).isFalse();
    assertThat(findings)
        .extracting(Finding::line, Finding::problem)
        .first()
        .isEqualTo(tuple(6L, "is no JSON"));
    assertThat(findings).extracting(Finding::line).containsExactly(6L, (long) records.size());
  }

  // ------------------------------------------------------------------------------------------
  // exports from an instant on

  @Test
  void ledgers_may_begin_late_if_the_export_was_asked_for_it() {
    var random = new Random(1);
    for (int seed = 0; seed < 50; seed++) {
      List<LedgerEntry> ledger = RandomLedger.of(FIRST, seed, 30);
      int cut = 1 + random.nextInt(28);
      var records = new ArrayList<ExportRecord>();
      LedgerEnd end =
          append(records, FIRST, null, ledger.subList(cut, ledger.size()), LedgerHash.GENESIS);
      Instant from = ledger.get(cut).createdAt();
      int entries = ledger.size() - cut;

      records.add(new ExportEnd(TENANT, null, from, null, 1, entries, end.hash(), "").sealed());
      Verdict verdict = verify(records);
      assertThat(findings).isEmpty();
      assertThat(verdict.lateBeginnings()).isEqualTo(1);

      records.set(
          records.size() - 1,
          new ExportEnd(TENANT, null, null, null, 1, entries, end.hash(), "").sealed());
      assertThat(verify(records).valid()).isFalse();
      assertThat(findings)
          .containsExactly(
              new Finding(
                  1,
                  FIRST,
                  cut + 1L,
                  "the ledger does not begin with its first entry, though all were asked for"));
    }
  }
}
