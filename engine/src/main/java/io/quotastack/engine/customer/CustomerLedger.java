package io.quotastack.engine.customer;

import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerVerifier;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.JournalRow;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a customer's ledger out of its journal, of which it is a part. Sees what is durable; what
 * time has done is there once {@link CustomerCommand.SettleDue} was answered.
 */
public final class CustomerLedger {
  /** The names of the stored events that are ledger entries, by the types of these. */
  private static final Map<EntryType, Set<String>> MANIFESTS =
      Map.ofEntries(
          Map.entry(
              EntryType.GRANT, Set.of("credit_granted.1", "block_activated.1", "topup_granted.1")),
          Map.entry(EntryType.DEBIT, Set.of("usage_recorded.1")),
          Map.entry(EntryType.HOLD, Set.of("credits_reserved.1")),
          Map.entry(EntryType.RELEASE, Set.of("reservation_released.1")),
          Map.entry(EntryType.CAPTURE, Set.of("reservation_captured.1")),
          Map.entry(EntryType.EXPIRE, Set.of("block_expired.1")),
          Map.entry(EntryType.VOID, Set.of("block_voided.1")),
          Map.entry(EntryType.ADJUST, Set.of("credit_adjusted.1")),
          Map.entry(EntryType.REVERSE, Set.of("usage_reversed.1")),
          Map.entry(EntryType.OVERAGE, Set.of("overage_booked.1")),
          Map.entry(EntryType.SETTLE, Set.of("overage_settled.1")));

  /** The names of all stored events that are ledger entries. */
  public static final Set<String> WITH_ENTRY =
      MANIFESTS.values().stream().flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());

  private final JournalReader journal;

  /** The ledgers in that journal. */
  public CustomerLedger(JournalReader journal) {
    this.journal = journal;
  }

  /**
   * Which entries of a ledger are asked for.
   *
   * @param type only this type; null = all
   * @param from only entries made then or later; null = all
   * @param to only entries made before then; null = all
   * @param direction which end comes first
   * @param after only entries behind the one of this journal number, in that direction; null = all
   * @param limit at most so many, below {@link JournalReader#MAX_ROWS}
   */
  public record Query(
      @Nullable EntryType type,
      @Nullable Instant from,
      @Nullable Instant to,
      Direction direction,
      @Nullable Long after,
      int limit) {}

  /**
   * Entries of that customer's ledger.
   *
   * @param version the customer's last journal event
   */
  public CompletionStage<List<LedgerEntry>> entries(
      CustomerRef customer, long version, Query query) {
    CompletionStage<Long> first =
        query.from() == null
            ? CompletableFuture.completedFuture(1L)
            : firstAt(customer, query.from(), 1, version + 1);
    CompletionStage<Long> behindLast =
        query.to() == null
            ? CompletableFuture.completedFuture(version + 1)
            : firstAt(customer, query.to(), 1, version + 1);
    return first
        .thenCombine(behindLast, (low, high) -> bounded(query, low, high - 1))
        .thenCompose(bounds ->
            journal.read(
                customer.persistenceId(),
                bounds.low(),
                bounds.high(),
                query.direction(),
                manifests(query.type()),
                query.limit()))
        .thenApply(rows -> rows.stream().map(CustomerLedger::entryOf).toList());
  }

  private record Bounds(long low, long high) {}

  private static Bounds bounded(Query query, long low, long high) {
    Long after = query.after();
    if (after == null) {
      return new Bounds(low, high);
    }
    return switch (query.direction()) {
      case OLDEST_FIRST -> new Bounds(Math.max(low, after + 1), high);
      case NEWEST_FIRST -> new Bounds(low, Math.min(high, after - 1));
    };
  }

  /**
   * The first journal number in [low, high) whose event holds at that instant or later, or high:
   * found by halving, since time never runs backwards in a journal.
   */
  CompletionStage<Long> firstAt(CustomerRef customer, Instant instant, long low, long high) {
    if (low >= high) {
      return CompletableFuture.completedFuture(low);
    }
    long middle = (low + high) >>> 1;
    return event(customer, middle)
        .thenCompose(event ->
            event != null && event.at().isBefore(instant)
                ? firstAt(customer, instant, middle + 1, high)
                : firstAt(customer, instant, low, middle));
  }

  /** The event of that journal number, or null if there is none. */
  public CompletionStage<@Nullable CustomerEvent> event(CustomerRef customer, long number) {
    return journal
        .read(customer.persistenceId(), number, number, Direction.OLDEST_FIRST, Set.of(), 1)
        .thenApply(rows -> rows.isEmpty() ? null : (CustomerEvent) rows.getFirst().event());
  }

  /** The events of these journal numbers, read in as few pages as they lie in. */
  public CompletionStage<Map<Long, CustomerEvent>> events(
      CustomerRef customer, Collection<Long> numbers) {
    return collect(customer, new TreeSet<>(numbers), new HashMap<>());
  }

  private CompletionStage<Map<Long, CustomerEvent>> collect(
      CustomerRef customer, SortedSet<Long> missing, Map<Long, CustomerEvent> found) {
    if (missing.isEmpty()) {
      return CompletableFuture.completedFuture(found);
    }
    long first = missing.getFirst();
    long last = Math.min(missing.getLast(), first + JournalReader.MAX_ROWS - 1);
    return journal
        .read(
            customer.persistenceId(),
            first,
            last,
            Direction.OLDEST_FIRST,
            Set.of(),
            JournalReader.MAX_ROWS)
        .thenCompose(rows -> {
          for (JournalRow row : rows) {
            if (missing.contains(row.sequence())) {
              found.put(row.sequence(), (CustomerEvent) row.event());
            }
          }
          missing.headSet(last + 1).clear();
          return collect(customer, missing, found);
        });
  }

  /** Proves that customer's whole ledger against what its account says is the end. */
  public CompletionStage<LedgerVerifier.Verdict> verify(
      CustomerRef customer, CustomerView.LedgerHead head) {
    return feed(customer, new LedgerVerifier(customer.customerId()), 1, head.version())
        .thenApply(verifier -> verifier.verdict(head.entries(), head.hash(), head.balanceMc()));
  }

  private CompletionStage<LedgerVerifier> feed(
      CustomerRef customer, LedgerVerifier verifier, long from, long to) {
    if (from > to) {
      return CompletableFuture.completedFuture(verifier);
    }
    return journal
        .read(
            customer.persistenceId(),
            from,
            to,
            Direction.OLDEST_FIRST,
            WITH_ENTRY,
            JournalReader.MAX_ROWS)
        .thenCompose(rows -> {
          rows.forEach(row -> verifier.accept(entryOf(row)));
          return rows.size() < JournalReader.MAX_ROWS
              ? CompletableFuture.completedFuture(verifier)
              : feed(customer, verifier, rows.getLast().sequence() + 1, to);
        });
  }

  private static LedgerEntry entryOf(JournalRow row) {
    LedgerEntry entry = ((CustomerEvent) row.event()).entry();
    if (entry == null) {
      throw new IllegalStateException("event " + row.sequence() + " has no ledger entry");
    }
    return entry;
  }

  private static Set<String> manifests(@Nullable EntryType type) {
    return type == null ? WITH_ENTRY : Objects.requireNonNull(MANIFESTS.get(type));
  }
}
