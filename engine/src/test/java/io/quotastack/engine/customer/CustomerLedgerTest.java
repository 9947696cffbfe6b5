package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static io.quotastack.engine.customer.Customers.grant;
import static io.quotastack.engine.customer.Customers.use;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerVerifier.Verdict;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.InMemoryJournal;
import io.quotastack.engine.journal.JournalReader.Direction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The ledger as it is read out of a journal. */
class CustomerLedgerTest {
  private static final CustomerRef CUSTOMER =
      new CustomerRef(
          new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.LIVE),
          CustomerRun.CUSTOMER_ID);

  @Test
  void any_query_on_any_ledger_gives_what_a_scan_of_all_entries_gives() {
    var random = new Random(11);
    for (int seed = 0; seed < 300; seed++) {
      List<CustomerEvent> journal = CustomerRun.of(StepGenerator.steps(seed)).journal;
      CustomerLedger ledger = ledger(journal);
      for (int i = 0; i < 20; i++) {
        CustomerLedger.Query query = randomQuery(random, journal);

        assertThat(now(ledger.entries(CUSTOMER, journal.size(), query)))
            .as("seed %s, %s", seed, query)
            .isEqualTo(scan(journal, query));
      }
    }
  }

  private static CustomerLedger.Query randomQuery(Random random, List<CustomerEvent> journal) {
    return new CustomerLedger.Query(
        pick(random, null, EntryType.GRANT, EntryType.DEBIT, EntryType.EXPIRE),
        randomInstant(random, journal),
        randomInstant(random, journal),
        random.nextBoolean() ? Direction.OLDEST_FIRST : Direction.NEWEST_FIRST,
        random.nextBoolean() ? null : (long) random.nextInt(journal.size() + 2),
        1 + random.nextInt(8));
  }

  @SafeVarargs
  private static <T extends @Nullable Object> T pick(Random random, T... from) {
    return from[random.nextInt(from.length)];
  }

  private static @Nullable Instant randomInstant(Random random, List<CustomerEvent> journal) {
    if (random.nextBoolean()) {
      return null;
    }
    return journal.isEmpty()
        ? START
        : journal.get(random.nextInt(journal.size())).at().plusMillis(random.nextInt(3) - 1);
  }

  private static List<LedgerEntry> scan(List<CustomerEvent> journal, CustomerLedger.Query query) {
    var found = new ArrayList<LedgerEntry>();
    for (CustomerEvent event : journal) {
      LedgerEntry entry = event.entry();
      if (entry != null
          && (query.type() == null || entry.type() == query.type())
          && (query.from() == null || !entry.createdAt().isBefore(query.from()))
          && (query.to() == null || entry.createdAt().isBefore(query.to()))
          && (query.after() == null
              || (query.direction() == Direction.OLDEST_FIRST
                  ? entry.number() > query.after()
                  : entry.number() < query.after()))) {
        found.add(entry);
      }
    }
    if (query.direction() == Direction.NEWEST_FIRST) {
      Collections.reverse(found);
    }
    return found.subList(0, Math.min(found.size(), query.limit()));
  }

  @Test
  void what_was_written_after_the_version_that_was_asked_for_is_not_seen() {
    List<CustomerEvent> journal = spending(10);
    var all = new CustomerLedger.Query(null, null, null, Direction.NEWEST_FIRST, null, 100);

    assertThat(now(ledger(journal).entries(CUSTOMER, 5, all)))
        .extracting(LedgerEntry::number)
        .containsExactly(5L, 4L, 3L, 2L);
  }

  @Test
  void events_are_found_by_number_in_few_reads() {
    List<CustomerEvent> journal = spending(2_500);
    var reader = new InMemoryJournal(ignored -> journal);
    var ledger = new CustomerLedger(reader);

    assertThat(now(ledger.events(CUSTOMER, Set.of(2L, 3L, 900L, 2_000L, 2_502L, 9_999L))))
        .containsOnlyKeys(2L, 3L, 900L, 2_000L, 2_502L)
        .containsEntry(900L, journal.get(899));
    assertThat(reader.reads()).isLessThanOrEqualTo(3);
    assertThat(now(ledger.events(CUSTOMER, Set.of()))).isEmpty();
    assertThat(now(ledger.event(CUSTOMER, 7))).isEqualTo(journal.get(6));
    assertThat(now(ledger.event(CUSTOMER, 9_999))).isNull();
  }

  @Test
  void a_ledger_of_many_pages_is_verified() {
    List<CustomerEvent> journal = spending(3_200);
    CustomerView.LedgerHead head = head(journal);

    assertThat(now(ledger(journal).verify(CUSTOMER, head)))
        .isEqualTo(new Verdict(true, 3_201, head.hash(), null, null));
  }

  @Test
  void a_customer_without_entries_is_verified() {
    assertThat(now(ledger(List.of()).verify(CUSTOMER, head(List.of()))).valid()).isTrue();
  }

  @Test
  void a_journal_that_lost_an_event_or_its_end_does_not_verify() {
    List<CustomerEvent> journal = spending(2_100);
    CustomerView.LedgerHead head = head(journal);

    var random = new Random(12);
    var tried = new HashSet<Integer>();
    while (tried.size() < 20) {
      int lost = 1 + random.nextInt(journal.size() - 1);
      tried.add(lost);
      var damaged = new ArrayList<>(journal);
      damaged.remove(lost);
      Verdict verdict = now(ledger(damaged).verify(CUSTOMER, head));
      assertThat(verdict.valid()).isFalse();
      assertThat(verdict.firstBadSequence()).isEqualTo(lost);
    }
    Verdict cut = now(ledger(journal.subList(0, 1_500)).verify(CUSTOMER, head));
    assertThat(cut.valid()).isFalse();
    assertThat(cut.firstBadSequence()).isEqualTo(1_500);
  }

  /** Created, granted, and then so many debits a second apart. */
  private static List<CustomerEvent> spending(int debits) {
    var decider = new CustomerDecider(CUSTOMER.customerId());
    CustomerDecider.Decision decision =
        decider.decide(CustomerState.NONE, List.of(grant("grant", 1_000_000)), START);
    var journal = new ArrayList<>(decision.events());
    for (int i = 0; i < debits; i++) {
      decision =
          decider.decide(
              decision.state(), List.of(use("use " + i, 3)), START.plus(Duration.ofSeconds(i)));
      journal.addAll(decision.events());
    }
    return journal;
  }

  private static CustomerView.LedgerHead head(List<CustomerEvent> journal) {
    CustomerState state = CustomerRun.replayed(CustomerState.NONE, journal);
    return new CustomerView.LedgerHead(
        state.ledgerSequence(), state.ledgerHash(), state.balanceMc(), state.version());
  }

  private static CustomerLedger ledger(List<CustomerEvent> journal) {
    return new CustomerLedger(
        new InMemoryJournal(persistenceId -> {
          assertThat(persistenceId).isEqualTo(CUSTOMER.persistenceId());
          return journal;
        }));
  }

  private static <T extends @Nullable Object> T now(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
