package io.quotastack.engine.credits;

import static io.quotastack.engine.credits.LedgerBook.CUSTOMER;
import static io.quotastack.engine.credits.LedgerBook.START;
import static io.quotastack.engine.credits.LedgerBook.block;
import static io.quotastack.engine.credits.LedgerBook.mc;
import static io.quotastack.engine.credits.LedgerBook.reservation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.quotastack.engine.credits.LedgerVerifier.Verdict;
import io.quotastack.engine.ids.OwnedId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The proof of a ledger: what is right passes, and every kind of forgery is found where it is. */
class LedgerVerifierTest {
  private static final List<LedgerEntry> LEDGER = ledger();

  private static List<LedgerEntry> ledger() {
    var book = new LedgerBook();
    long first = book.grant(1_000);
    long later = book.promise(500);
    book.debit(mc(first, 300));
    book.activate(later, 500);
    book.debit(mc(first, 700), mc(later, 200));
    book.debit();
    book.expire(later, 300);
    return List.copyOf(book.entries);
  }

  // ------------------------------------------------------------------------------------------
  // what is right

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
  void a_hold_is_captured_in_parts_with_more_and_with_less_than_it_held() {
    assertValid(book -> {
      long a = book.grant(100);
      long b = book.grant(50);
      long inParts = book.hold(mc(a, 30));
      book.capture(inParts, 10, mc(a, 10));
      book.capture(inParts, 0);
      book.capture(inParts, 20, mc(a, 20));
      book.capture(inParts, 0, mc(a, 5)); // all from free blocks
      long withMore = book.hold(mc(a, 20), mc(b, 10));
      book.capture(withMore, 30, mc(a, 25), mc(b, 10)); // 5 of it free
      long withLess = book.hold(mc(b, 40));
      book.capture(withLess, 40, mc(b, 1));
      long withNothing = book.hold(mc(b, 39));
      book.capture(withNothing, 39);
      long letGo = book.hold(mc(a, 5), mc(b, 2));
      book.capture(letGo, 5, mc(a, 5));
      book.release(letGo, mc(b, 2));
      book.debit(mc(b, 39), mc(a, 35));
    });
  }

  @Test
  void a_hold_survives_the_end_of_its_block_and_what_returns_is_lost() {
    assertValid(book -> {
      long expiring = book.grant(100);
      long taken = book.grant(100);
      long first = book.hold(mc(expiring, 60), mc(taken, 50));
      long second = book.hold(mc(expiring, 10), mc(taken, 50));
      book.expire(expiring, 30);
      book.add(EntryType.VOID, 0, 0, 0, block(taken)); // nothing of it is free
      book.capture(first, 110, mc(expiring, 20), mc(taken, 50));
      book.expire(expiring, 40);
      book.release(second, mc(expiring, 10), mc(taken, 50));
      book.expire(expiring, 10);
      book.takeBack(taken, 50);
    });
  }

  @Test
  void what_is_reversed_comes_back_to_used_up_ended_and_new_blocks() {
    assertValid(book -> {
      long usedUp = book.grant(10);
      book.debit(mc(usedUp, 10));
      book.reverse(0, mc(usedUp, 4));
      book.debit(mc(usedUp, 4));
      book.overage(7);
      book.reverse(7);
      book.reverse(0, mc(usedUp, 6), mc(book.next(), 3));
      book.expire(usedUp, 6);
      book.debit(mc(book.number - 1, 3));
    });
  }

  @Test
  void overage_is_booked_and_paid_by_a_grant_or_cleared_for_an_invoice() {
    assertValid(book -> {
      book.overage(30);
      long paying = book.grant(20);
      book.settle(paying, 20);
      book.invoice(4);
      book.invoice(6);
    });
  }

  @Test
  void corrections_and_pending_blocks_that_are_taken_back_are_valid() {
    assertValid(book -> {
      long up = book.adjustUp(10);
      book.adjustDown(mc(up, 3));
      long pending = book.promise(5);
      book.takeBackPromise(pending, 5);
      book.takeBack(up, 7);
    });
  }

  @Test
  void random_ledgers_of_every_kind_of_entry_are_valid() {
    var seen = EnumSet.noneOf(EntryType.class);
    for (int seed = 0; seed < 300; seed++) {
      List<LedgerEntry> ledger = RandomLedger.of(seed, 100);
      ledger.forEach(entry -> seen.add(entry.type()));
      Verdict verdict = verdict(ledger, ledger);

      assertThat(verdict.problem()).as("seed %s, %s", seed, verdict.firstBadSequence()).isNull();
      assertThat(verdict.entries()).isEqualTo(ledger.size());
    }
    assertThat(seen).containsExactlyInAnyOrder(EntryType.values());
  }

  // ------------------------------------------------------------------------------------------
  // what was changed after it was written

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
  void whatever_is_changed_dropped_or_swapped_in_a_random_ledger_is_found_where_it_is() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      List<LedgerEntry> ledger = RandomLedger.of(seed, 40);
      int at = random.nextInt(ledger.size());

      var changed = new ArrayList<>(ledger);
      changed.set(at, changed(random, ledger.get(at)));
      assertThat(verdict(changed, ledger).firstBadSequence()).as("seed %s", seed).isEqualTo(at + 1);

      var dropped = new ArrayList<>(ledger);
      dropped.remove(at);
      assertThat(verdict(dropped, ledger).firstBadSequence()).as("seed %s", seed).isEqualTo(at + 1);

      int other = (at + 1 + random.nextInt(ledger.size() - 1)) % ledger.size();
      var swapped = new ArrayList<>(ledger);
      Collections.swap(swapped, at, other);
      assertThat(verdict(swapped, ledger).firstBadSequence())
          .as("seed %s", seed)
          .isEqualTo(Math.min(at, other) + 1);
    }
  }

  private static LedgerEntry changed(Random random, LedgerEntry e) {
    long by = random.nextBoolean() ? 1 : -10;
    int field = random.nextInt(13);
    return new LedgerEntry(
        e.number() + (field == 0 ? by : 0),
        e.sequence() + (field == 1 ? by : 0),
        field == 2 ? (e.type() == EntryType.DEBIT ? EntryType.GRANT : EntryType.DEBIT) : e.type(),
        e.delta() + (field == 3 ? by : 0),
        e.balanceAfter() + (field == 4 ? by : 0),
        e.reservedAfter() + (field == 5 ? by : 0),
        e.overageAfter() + (field == 6 ? by : 0),
        field == 7 ? List.of(mc(999, 1)) : e.allocations(),
        field == 8 ? new Reference("usage", "use_x") : e.reference(),
        field == 9 ? "another" : e.reason(),
        field == 10 ? Map.of("a", "b") : e.metadata(),
        e.createdAt().plusMillis(field == 11 ? by : 0),
        field == 12 ? e.previousHash().replace('0', '1') + "1" : e.previousHash(),
        e.hash());
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
    var forged = new LedgerBook();
    forged.reason = "forged";
    for (LedgerEntry entry : LEDGER) {
      forged.add(
          entry.type(),
          entry.delta(),
          0,
          0,
          entry.reference(),
          entry.allocations().toArray(new Allocation[0]));
    }
    assertThat(verdict(forged.entries, forged.entries).valid()).isTrue();
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
    var longer = new LedgerBook();
    for (LedgerEntry entry : LEDGER) {
      longer.add(
          entry.type(),
          entry.delta(),
          0,
          0,
          entry.reference(),
          entry.allocations().toArray(new Allocation[0]));
    }
    longer.grant(5);

    assertBreaksAt(8L, verdict(longer.entries));
  }

  @Test
  void another_customer_s_ledger_is_not_this_one_s() {
    var verifier = new LedgerVerifier(new UUID(0, 1));
    LEDGER.forEach(verifier::accept);

    assertBreaksAt(1L, verifier.verdict(7, LEDGER.getLast().hash(), 0));
  }

  @Test
  void an_account_whose_balance_is_another_is_found() {
    var verifier = new LedgerVerifier(CUSTOMER);
    LEDGER.forEach(verifier::accept);

    assertBreaksAt(7L, verifier.verdict(7, LEDGER.getLast().hash(), 1));
  }

  // ------------------------------------------------------------------------------------------
  // what was wrong when it was written: every hash fits, and one rule is broken by the last entry

  @ParameterizedTest(name = "{0}")
  @MethodSource("brokenRules")
  void each_rule_is_checked_though_every_hash_fits(String problem, Consumer<LedgerBook> writing) {
    var book = new LedgerBook();
    writing.accept(book);

    for (int kept = 0; kept < book.entries.size(); kept++) {
      List<LedgerEntry> good = book.entries.subList(0, kept);
      assertThat(verdict(good, good).problem()).as("up to entry %s", kept).isNull();
    }
    Verdict verdict = verdict(book.entries, book.entries);
    assertBreaksAt(book.entries.size(), verdict);
    assertThat(verdict.problem()).contains(problem);
  }

  static Stream<Arguments> brokenRules() {
    return Stream.of(
            placeRules(), blockRules(), grantRules(), reservationRules(), endRules(), otherRules())
        .flatMap(rules -> rules);
  }

  private static Arguments rule(String problem, Consumer<LedgerBook> writing) {
    return arguments(problem, writing);
  }

  private static Stream<Arguments> placeRules() {
    return Stream.of(
        rule(
            "created_at is before",
            book -> {
              book.grant(1);
              book.at = START.minusSeconds(5);
              book.grant(1);
            }),
        rule(
            "id is not behind",
            book -> {
              book.grant(1);
              book.number = 1;
              book.debit();
            }),
        rule(
            "balance_after is not the balance before plus delta",
            book -> {
              long a = book.grant(10);
              book.balanceMc = 11;
              book.debit(mc(a, 1));
            }),
        rule("balance_after is below 0", book -> book.debit(mc(1, 1))),
        rule(
            "reserved_after is below 0",
            book -> book.add(EntryType.RELEASE, 0, -1, 0, reservation(1), mc(1, 1))),
        rule(
            "overage_after is below 0",
            book -> {
              book.overage(5);
              book.invoice(6);
            }),
        rule(
            "more is reserved than there is",
            book -> {
              long a = book.grant(10);
              book.hold(mc(a, 11));
            }),
        rule(
            "an allocation is not above 0",
            book -> {
              long a = book.grant(10);
              book.debit(mc(a, 0));
            }),
        rule(
            "a block stands twice",
            book -> {
              long a = book.grant(10);
              book.debit(mc(a, 1), mc(a, 2));
            }),
        rule("an amount is out of range", book -> book.grant(Amounts.MAX_MC + 1)),
        rule(
            "an amount is out of range",
            book -> {
              book.grant(Amounts.MAX_MC);
              book.grant(1);
            }),
        rule("an amount is out of range", book -> book.overage(Amounts.MAX_MC + 1)));
  }

  private static Stream<Arguments> blockRules() {
    return Stream.of(
        rule(
            "gave more than it had",
            book -> {
              long a = book.grant(10);
              book.grant(10);
              book.debit(mc(a, 11));
            }),
        rule(
            "gave more than it had", // of what is free
            book -> {
              long a = book.grant(10);
              book.grant(10);
              book.hold(mc(a, 6));
              book.debit(mc(a, 5));
            }),
        rule(
            "gave more than it had", // pinned twice
            book -> {
              long a = book.grant(10);
              book.grant(10);
              book.hold(mc(a, 6));
              book.hold(mc(a, 5));
            }),
        rule(
            "gave more than it had", // used up
            book -> {
              long a = book.grant(10);
              book.grant(10);
              book.debit(mc(a, 10));
              book.debit(mc(a, 1));
            }),
        rule(
            "gave more than it had", // never granted
            book -> {
              book.grant(10);
              book.debit(mc(99, 1));
            }),
        rule(
            "has not taken effect",
            book -> {
              book.grant(10);
              long later = book.promise(10);
              book.debit(mc(later, 5));
            }),
        rule(
            "has not taken effect",
            book -> {
              book.grant(10);
              long later = book.promise(10);
              book.hold(mc(later, 5));
            }),
        rule(
            "gave after its end",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 4));
              book.expire(a, 6);
              book.release(held, mc(a, 4));
              book.debit(mc(a, 4));
            }),
        rule(
            "gave after its end",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 4));
              book.takeBack(a, 6);
              book.release(held, mc(a, 4));
              book.hold(mc(a, 4));
            }),
        rule(
            "allocations do not add up to delta",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.DEBIT, -5, 0, 0, null, mc(a, 4));
            }));
  }

  private static Stream<Arguments> grantRules() {
    return Stream.of(
        rule(
            "not those of one block",
            book -> book.add(EntryType.GRANT, 3, 0, 0, null, mc(2, 1), mc(3, 2))),
        rule("not those of one block", book -> book.add(EntryType.GRANT, 0, 0, 0, null)),
        rule(
            "do not add up to delta",
            book -> book.add(EntryType.GRANT, 3, 0, 0, block(2), mc(2, 4))),
        rule(
            "do not add up to delta",
            book -> {
              book.grant(10);
              book.add(EntryType.GRANT, -3, 0, 0, block(3), mc(3, 3));
            }),
        rule(
            "not the one that this entry makes",
            book -> {
              long a = book.grant(10);
              book.activate(a, 10); // comes in twice
            }),
        rule(
            "not the one that this entry makes",
            book -> book.add(EntryType.GRANT, 0, 0, 0, null, mc(7, 4))),
        rule(
            "not what was promised",
            book -> {
              long later = book.promise(10);
              book.activate(later, 11);
            }),
        rule(
            "not the one that this entry makes",
            book -> {
              long later = book.promise(10);
              book.takeBackPromise(later, 10);
              book.activate(later, 10);
            }),
        rule(
            "reserved_after does not follow",
            book -> {
              book.grant(10);
              book.add(EntryType.GRANT, 5, 1, 0, block(3), mc(3, 5));
            }),
        rule(
            "overage_after is another",
            book -> book.add(EntryType.GRANT, 5, 0, 1, block(2), mc(2, 5))));
  }

  private static Stream<Arguments> reservationRules() {
    return Stream.of(
        rule(
            "delta is not 0",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.HOLD, -4, 4, 0, reservation(3), mc(a, 4));
            }),
        rule(
            "reserved_after does not follow",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.HOLD, 0, 5, 0, reservation(3), mc(a, 4));
            }),
        rule(
            "not the one that this entry makes",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 4));
              book.add(EntryType.HOLD, 0, 4, 0, reservation(held), mc(a, 4));
            }),
        rule(
            "not to a reservation of this customer",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.HOLD, 0, 4, 0, block(3), mc(a, 4));
            }),
        rule(
            "not to a reservation of this customer",
            book -> {
              long a = book.grant(10);
              String another = OwnedId.Kind.RESERVATION.text(new UUID(1, 2), 3);
              book.add(EntryType.HOLD, 0, 4, 0, new Reference("reservation", another), mc(a, 4));
            }),
        rule(
            "not to a reservation of this customer",
            book -> {
              book.grant(10);
              book.add(EntryType.CAPTURE, 0, 0, 0, null);
            }),
        rule("overage_after is another", book -> book.add(EntryType.HOLD, 0, 0, 1, reservation(2))),
        rule(
            "not what the reservation holds",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 4));
              book.release(held, mc(a, 3));
            }),
        rule(
            "not what the reservation holds", // it is another one that holds
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 4));
              book.release(held - 1, mc(a, 4));
            }),
        rule(
            "not what the reservation holds", // twice
            book -> {
              long a = book.grant(10);
              long first = book.hold(mc(a, 4));
              book.hold(mc(a, 4));
              book.release(first, mc(a, 4));
              book.release(first, mc(a, 4));
            }),
        rule(
            "not what the reservation holds", // what it has captured
            book -> {
              long a = book.grant(10);
              book.hold(mc(a, 4));
              long held = book.hold(mc(a, 4));
              book.capture(held, 2, mc(a, 2));
              book.release(held, mc(a, 4));
            }),
        rule(
            "reserved_after does not follow",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 4));
              book.add(EntryType.RELEASE, 0, -3, 0, reservation(held), mc(a, 4));
            }),
        rule(
            "delta is not 0",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 4));
              book.add(EntryType.RELEASE, 4, -4, 0, reservation(held), mc(a, 4));
            }),
        rule(
            "neither less by what was captured nor by all that was held",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 6));
              book.capture(held, 5, mc(a, 4));
            }),
        rule(
            "neither less by what was captured nor by all that was held",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 6));
              book.capture(held, 0, mc(a, 4));
            }),
        rule(
            "neither less by what was captured nor by all that was held", // it held nothing
            book -> {
              long a = book.grant(10);
              book.hold(mc(a, 6));
              book.capture(2, 4, mc(a, 4));
            }),
        rule(
            "free credits were taken before all that the reservation holds",
            book -> {
              long a = book.grant(10);
              long b = book.grant(10);
              long held = book.hold(mc(a, 6));
              book.capture(held, 6, mc(a, 5), mc(b, 1));
            }),
        rule(
            "gave more than it had", // what another reservation holds
            book -> {
              long a = book.grant(10);
              book.grant(10);
              book.hold(mc(a, 6));
              long held = book.hold(mc(a, 4));
              book.capture(held, 4, mc(a, 5));
            }),
        rule(
            "gave after its end", // the excess
            book -> {
              long a = book.grant(10);
              long other = book.hold(mc(a, 3));
              long held = book.hold(mc(a, 4));
              book.expire(a, 3);
              book.release(other, mc(a, 3));
              book.capture(held, 4, mc(a, 5));
            }),
        rule(
            "do not add up to delta",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 6));
              book.add(EntryType.CAPTURE, -5, -6, 0, reservation(held), mc(a, 6));
            }),
        rule(
            "overage_after is another",
            book -> {
              long a = book.grant(10);
              long held = book.hold(mc(a, 6));
              book.add(EntryType.CAPTURE, -6, -6, 1, reservation(held), mc(a, 6));
            }));
  }

  private static Stream<Arguments> endRules() {
    return Stream.of(
        rule(
            "and not the 10 free",
            book -> {
              long a = book.grant(10);
              book.expire(a, 9);
            }),
        rule(
            "and not the 6 free",
            book -> {
              long a = book.grant(10);
              book.grant(10);
              book.hold(mc(a, 4));
              book.takeBack(a, 10 - 3);
            }),
        rule(
            "gave more than it had",
            book -> {
              long a = book.grant(10);
              book.grant(10);
              book.debit(mc(a, 10));
              book.expire(a, 10);
            }),
        rule(
            "not of the block that it is about",
            book -> {
              long a = book.grant(10);
              long b = book.grant(10);
              book.add(EntryType.EXPIRE, -10, 0, 0, block(a), mc(b, 10));
            }),
        rule(
            "not to a block of this customer",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.EXPIRE, -10, 0, 0, null, mc(a, 10));
            }),
        rule(
            "not those of one block",
            book -> {
              long a = book.grant(10);
              long b = book.grant(10);
              book.add(EntryType.VOID, -20, 0, 0, block(a), mc(a, 10), mc(b, 10));
            }),
        rule(
            "do not add up to delta",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.VOID, -9, 0, 0, block(a), mc(a, 10));
            }),
        rule(
            "do not add up to delta", // only a pending block is taken back for nothing
            book -> {
              long a = book.grant(10);
              book.add(EntryType.VOID, 0, 0, 0, block(a), mc(a, 10));
            }),
        rule(
            "gave more than it had", // a pending block cannot expire
            book -> {
              book.grant(10);
              long later = book.promise(10);
              book.expire(later, 10);
            }),
        rule(
            "not what was promised",
            book -> {
              long later = book.promise(10);
              book.takeBackPromise(later, 9);
            }),
        rule(
            "delta is not 0",
            book -> {
              book.grant(10);
              long later = book.promise(10);
              book.takeBack(later, 10);
            }),
        rule(
            "reserved_after does not follow",
            book -> {
              long a = book.grant(10);
              book.hold(mc(a, 4));
              book.add(EntryType.EXPIRE, -6, -1, 0, block(a), mc(a, 6));
            }),
        rule(
            "overage_after is another",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.EXPIRE, -10, 0, 1, block(a), mc(a, 10));
            }));
  }

  private static Stream<Arguments> otherRules() {
    return Stream.of(
        rule("delta is 0", book -> book.add(EntryType.ADJUST, 0, 0, 0, null)),
        rule(
            "not the one that this entry makes",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.ADJUST, 5, 0, 0, block(a), mc(a, 5));
            }),
        rule(
            "not the one that this entry makes",
            book -> {
              long later = book.promise(5);
              book.add(EntryType.ADJUST, 5, 0, 0, block(later), mc(later, 5));
            }),
        rule(
            "do not add up to delta",
            book -> book.add(EntryType.ADJUST, 5, 0, 0, block(2), mc(2, 6))),
        rule(
            "do not add up to delta",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.ADJUST, -5, 0, 0, null, mc(a, 6));
            }),
        rule(
            "do not add up to delta",
            book -> {
              long a = book.grant(10);
              book.debit(mc(a, 6));
              book.add(EntryType.REVERSE, 5, 0, 0, null, mc(a, 6));
            }),
        rule(
            "does not exist yet",
            book -> {
              book.grant(10);
              book.reverse(0, mc(77, 6));
            }),
        rule(
            "has not taken effect",
            book -> {
              long later = book.promise(10);
              book.reverse(0, mc(later, 6));
            }),
        rule("overage_after grew", book -> book.reverse(-1)),
        rule(
            "reserved_after does not follow",
            book -> {
              book.grant(10);
              book.add(EntryType.REVERSE, 0, 1, 0, null);
            }),
        rule("overage_after did not grow", book -> book.overage(0)),
        rule(
            "overage_after did not grow",
            book -> {
              book.overage(5);
              book.overage(-1);
            }),
        rule(
            "overage has allocations",
            book -> {
              long a = book.grant(10);
              book.add(EntryType.OVERAGE, 0, 0, 5, null, mc(a, 5));
            }),
        rule(
            "delta is not 0",
            book -> {
              book.grant(10);
              book.add(EntryType.OVERAGE, -5, 0, 5, null);
            }),
        rule(
            "overage_after did not fall",
            book -> {
              book.overage(5);
              book.invoice(0);
            }),
        rule(
            "overage_after is not less by what was paid",
            book -> {
              book.overage(5);
              long a = book.grant(10);
              book.add(EntryType.SETTLE, -5, 0, -4, block(a), mc(a, 5));
            }),
        rule(
            "not of the block that it is about",
            book -> {
              book.overage(5);
              long a = book.grant(10);
              long b = book.grant(10);
              book.add(EntryType.SETTLE, -5, 0, -5, block(a), mc(b, 5));
            }),
        rule(
            "do not add up to delta",
            book -> {
              book.overage(5);
              long a = book.grant(10);
              book.add(EntryType.SETTLE, -4, 0, -5, block(a), mc(a, 5));
            }),
        rule(
            "gave more than it had",
            book -> {
              book.overage(5);
              long a = book.grant(4);
              book.grant(10);
              book.settle(a, 5);
            }));
  }

  @Test
  void numbers_that_no_event_has_are_found() {
    LedgerEntry good = LEDGER.getFirst();
    for (long number : new long[] {0, -1, Long.MIN_VALUE}) {
      assertBreaksAt(1L, verdict(List.of(numbered(good, number, good.allocations()))));
      assertBreaksAt(1L, verdict(List.of(numbered(good, 2, List.of(mc(number, 1))))));
    }
  }

  private static LedgerEntry numbered(LedgerEntry e, long number, List<Allocation> allocations) {
    return new LedgerEntry(
        number,
        e.sequence(),
        e.type(),
        e.delta(),
        e.balanceAfter(),
        e.reservedAfter(),
        e.overageAfter(),
        allocations,
        e.reference(),
        e.reason(),
        e.metadata(),
        e.createdAt(),
        e.previousHash(),
        e.hash());
  }

  // ------------------------------------------------------------------------------------------
  // ledgers whose beginning is not there

  @Test
  void a_ledger_without_its_beginning_holds_from_its_first_entry_on() {
    for (int seed = 0; seed < 100; seed++) {
      List<LedgerEntry> ledger = RandomLedger.of(seed, 60);
      for (int cut = 0; cut < ledger.size(); cut++) {
        LedgerVerifier verifier = LedgerVerifier.fromAnyBeginning(CUSTOMER);
        ledger.subList(cut, ledger.size()).forEach(verifier::accept);

        assertThat(verifier.problem()).as("seed %s, without %s", seed, cut).isNull();
        assertThat(verifier.lastSequence()).isEqualTo(ledger.size());
        assertThat(verifier.headHash()).isEqualTo(ledger.getLast().hash());
      }
    }
  }

  @Test
  void a_ledger_without_its_beginning_is_taken_only_by_whom_it_was_announced_to() {
    var verifier = new LedgerVerifier(CUSTOMER);
    LEDGER.subList(1, 7).forEach(verifier::accept);

    assertThat(verifier.problem()).isEqualTo("sequence 2 stands where 1 belongs");
  }

  @Test
  void what_is_changed_dropped_or_swapped_in_a_ledger_without_its_beginning_is_found() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      List<LedgerEntry> whole = RandomLedger.of(seed, 40);
      List<LedgerEntry> ledger = whole.subList(1 + random.nextInt(20), whole.size());
      int at = random.nextInt(ledger.size());

      var changed = new ArrayList<>(ledger);
      changed.set(at, changed(random, ledger.get(at)));
      assertThat(problem(changed)).as("seed %s", seed).isNotNull();

      var dropped = new ArrayList<>(ledger);
      dropped.remove(1 + random.nextInt(ledger.size() - 2)); // neither end: nothing here tells
      assertThat(problem(dropped)).as("seed %s", seed).isNotNull();

      var swapped = new ArrayList<>(ledger);
      Collections.swap(swapped, at, (at + 1) % ledger.size());
      assertThat(problem(swapped)).as("seed %s", seed).isNotNull();
    }
  }

  @Test
  void blocks_that_came_in_behind_the_beginning_are_kept_in_view() {
    var book = new LedgerBook();
    long old = book.grant(100);
    book.debit(mc(old, 1));
    long known = book.grant(10);
    book.debit(mc(old, 40), mc(known, 4));
    book.debit(mc(known, 7));

    assertThat(problem(book.entries.subList(1, 4))).isNull();
    assertThat(problem(book.entries.subList(1, 5))).contains("gave more than it had");
  }

  private static @Nullable String problem(List<LedgerEntry> entries) {
    LedgerVerifier verifier = LedgerVerifier.fromAnyBeginning(CUSTOMER);
    entries.forEach(verifier::accept);
    return verifier.problem();
  }

  // ------------------------------------------------------------------------------------------

  private static void assertValid(Consumer<LedgerBook> writing) {
    var book = new LedgerBook();
    writing.accept(book);
    Verdict verdict = verdict(book.entries, book.entries);
    assertThat(verdict.problem()).as("entry %s", verdict.firstBadSequence()).isNull();
    assertThat(verdict.entries()).isEqualTo(book.entries.size());
  }

  private static void assertBreaksAt(long sequence, Verdict verdict) {
    assertThat(verdict.valid()).isFalse();
    assertThat(verdict.firstBadSequence()).isEqualTo(sequence);
    assertThat(verdict.problem()).isNotBlank();
  }

  /** What is said of these entries if the account ends as {@link #LEDGER} does. */
  private static Verdict verdict(List<LedgerEntry> entries) {
    return verdict(entries, LEDGER);
  }

  /** What is said of these entries if the account is that of those. */
  private static Verdict verdict(List<LedgerEntry> entries, List<LedgerEntry> account) {
    var verifier = new LedgerVerifier(CUSTOMER);
    entries.forEach(verifier::accept);
    return account.isEmpty()
        ? verifier.verdict(0, LedgerHash.GENESIS, 0)
        : verifier.verdict(
            account.size(), account.getLast().hash(), account.getLast().balanceAfter());
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
}
