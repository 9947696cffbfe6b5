package io.quotastack.engine.credits;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.LedgerVerifier.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The proof of a ledger: what is right passes, and every kind of forgery is found where it is. */
class LedgerVerifierTest {
  private static final UUID CUSTOMER = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final List<LedgerEntry> LEDGER =
      List.copyOf(
          new Book()
              .add(EntryType.GRANT, 1_000, new Allocation(2, 1_000))
              .add(EntryType.GRANT, 0, new Allocation(3, 500)) // for later
              .add(EntryType.DEBIT, -300, new Allocation(2, 300))
              .add(EntryType.GRANT, 500, new Allocation(3, 500)) // now
              .add(EntryType.DEBIT, -900, new Allocation(2, 700), new Allocation(3, 200))
              .add(EntryType.DEBIT, 0)
              .add(EntryType.EXPIRE, -300, new Allocation(3, 300))
              .entries);

  @Test
  void a_ledger_as_it_was_written_is_valid() {
    assertThat(verdict(LEDGER))
        .isEqualTo(new Verdict(true, 7, LEDGER.getLast().hash(), null, null));
  }

  @Test
  void an_empty_ledger_is_valid() {
    assertThat(new LedgerVerifier(CUSTOMER).verdict(0, LedgerHash.GENESIS, 0))
        .isEqualTo(new Verdict(true, 0, LedgerHash.GENESIS, null, null));
  }

  @Test
  void a_flipped_digit_is_found_where_it_is() {
    List<UnaryOperator<LedgerEntry>> flips =
        List.of(
            e -> copy(e, e.sequence(), e.delta() - 1, e.balanceAfter(), e.reason()),
            e -> copy(e, e.sequence(), e.delta(), e.balanceAfter() + 10, e.reason()),
            e -> copy(e, e.sequence(), e.delta(), e.balanceAfter(), "a reason"),
            e -> copy(e, e.sequence() + 1, e.delta(), e.balanceAfter(), e.reason()));
    for (int i = 0; i < LEDGER.size(); i++) {
      for (UnaryOperator<LedgerEntry> flip : flips) {
        var forged = new ArrayList<>(LEDGER);
        forged.set(i, flip.apply(forged.get(i)));

        assertBreaksAt(i + 1L, verdict(forged));
      }
    }
  }

  @Test
  void a_forged_entry_with_a_hash_that_fits_it_breaks_the_chain_behind_it() {
    for (int i = 0; i < LEDGER.size() - 1; i++) {
      var forged = new ArrayList<>(LEDGER);
      LedgerEntry entry = forged.get(i);
      forged.set(
          i,
          copy(entry, entry.sequence(), entry.delta(), entry.balanceAfter(), "forged")
              .sealed(CUSTOMER));

      assertBreaksAt(i + 2L, verdict(forged));
    }
  }

  @Test
  void a_ledger_that_was_forged_and_chained_anew_does_not_end_as_the_account_does() {
    var book = new Book();
    for (LedgerEntry entry : LEDGER) {
      book.add(entry.type(), entry.delta(), entry.allocations().toArray(new Allocation[0]));
    }
    assertThat(verdict(book.entries).valid()).isTrue();

    var forged = new Book();
    forged.reason = "forged";
    for (LedgerEntry entry : LEDGER) {
      forged.add(entry.type(), entry.delta(), entry.allocations().toArray(new Allocation[0]));
    }
    assertBreaksAt(7L, verdict(forged.entries));
  }

  @Test
  void a_dropped_entry_is_found() {
    for (int i = 0; i < LEDGER.size(); i++) {
      var forged = new ArrayList<>(LEDGER);
      forged.remove(i);

      assertBreaksAt(i + 1L, verdict(forged));
    }
  }

  @Test
  void a_ledger_that_lacks_its_end_breaks_at_the_first_entry_that_is_missing() {
    for (int kept = 0; kept < LEDGER.size(); kept++) {
      Verdict verdict = verdict(LEDGER.subList(0, kept));

      assertBreaksAt(kept + 1L, verdict);
      assertThat(verdict.entries()).isEqualTo(kept);
    }
  }

  @Test
  void swapped_and_repeated_entries_are_found() {
    for (int i = 0; i < LEDGER.size() - 1; i++) {
      var swapped = new ArrayList<>(LEDGER);
      Collections.swap(swapped, i, i + 1);
      assertBreaksAt(i + 1L, verdict(swapped));

      var repeated = new ArrayList<>(LEDGER);
      repeated.add(i + 1, LEDGER.get(i));
      assertBreaksAt(i + 2L, verdict(repeated));
    }
  }

  @Test
  void an_entry_that_the_account_does_not_know_is_found() {
    var longer = new Book();
    for (LedgerEntry entry : LEDGER) {
      longer.add(entry.type(), entry.delta(), entry.allocations().toArray(new Allocation[0]));
    }
    longer.add(EntryType.GRANT, 5, new Allocation(9, 5));

    assertBreaksAt(8L, verdict(longer.entries));
  }

  @Test
  void another_customer_s_ledger_is_not_this_one_s() {
    var verifier = new LedgerVerifier(new UUID(0, 1));
    LEDGER.forEach(verifier::accept);

    assertBreaksAt(1L, verifier.verdict(7, LEDGER.getLast().hash(), 0));
  }

  @Test
  void a_block_that_gave_more_than_it_had_is_found_though_every_hash_fits() {
    var book = new Book();
    book.add(EntryType.GRANT, 10, new Allocation(1, 10));
    book.add(EntryType.GRANT, 10, new Allocation(2, 10));
    book.add(EntryType.DEBIT, -11, new Allocation(1, 11));

    assertBreaksAt(3L, verdict(book.entries));
  }

  @Test
  void a_block_that_is_only_promised_cannot_give() {
    var book = new Book();
    book.add(EntryType.GRANT, 0, new Allocation(1, 10));
    book.add(EntryType.GRANT, 10, new Allocation(2, 10));
    book.add(EntryType.DEBIT, -5, new Allocation(1, 5));

    assertBreaksAt(3L, verdict(book.entries));
  }

  @Test
  void allocations_that_do_not_add_up_are_found() {
    var book = new Book();
    book.add(EntryType.GRANT, 10, new Allocation(1, 10));
    book.add(EntryType.DEBIT, -5, new Allocation(1, 4));

    assertBreaksAt(2L, verdict(book.entries));
  }

  @Test
  void a_balance_that_does_not_follow_is_found_though_every_hash_fits() {
    var book = new Book();
    book.add(EntryType.GRANT, 10, new Allocation(1, 10));
    book.balanceMc = 11;
    book.add(EntryType.DEBIT, -1, new Allocation(1, 1));

    assertBreaksAt(2L, verdict(book.entries));
  }

  @Test
  void an_account_whose_balance_is_another_is_found() {
    var verifier = new LedgerVerifier(CUSTOMER);
    LEDGER.forEach(verifier::accept);

    assertBreaksAt(7L, verifier.verdict(7, LEDGER.getLast().hash(), 1));
  }

  private static void assertBreaksAt(long sequence, Verdict verdict) {
    assertThat(verdict.valid()).isFalse();
    assertThat(verdict.firstBadSequence()).isEqualTo(sequence);
    assertThat(verdict.problem()).isNotBlank();
  }

  /** What is said of these entries if the account ends as {@link #LEDGER} does. */
  private static Verdict verdict(List<LedgerEntry> entries) {
    var verifier = new LedgerVerifier(CUSTOMER);
    entries.forEach(verifier::accept);
    return verifier.verdict(LEDGER.size(), LEDGER.getLast().hash(), 0);
  }

  private static LedgerEntry copy(
      LedgerEntry entry, long sequence, long delta, long balanceAfter, @Nullable String reason) {
    return new LedgerEntry(
        entry.number(),
        sequence,
        entry.type(),
        delta,
        balanceAfter,
        entry.reservedAfter(),
        entry.overageAfter(),
        entry.allocations(),
        entry.reference(),
        reason,
        entry.metadata(),
        entry.createdAt(),
        entry.previousHash(),
        entry.hash());
  }

  /** A ledger that is being written. */
  private static final class Book {
    private final List<LedgerEntry> entries = new ArrayList<>();
    private long balanceMc;
    private @Nullable String reason;

    Book add(EntryType type, long delta, Allocation... allocations) {
      balanceMc += delta;
      entries.add(
          new LedgerEntry(
                  entries.size() + 2L,
                  entries.size() + 1L,
                  type,
                  delta,
                  balanceMc,
                  0,
                  0,
                  List.of(allocations),
                  new Reference("usage", "use_x"),
                  reason,
                  Map.of(),
                  START.plusSeconds(entries.size()),
                  entries.isEmpty() ? LedgerHash.GENESIS : entries.getLast().hash(),
                  "")
              .sealed(CUSTOMER));
      return this;
    }
  }
}
