package io.quotastack.engine.customer;

import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.JournalRow;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads blocks out of the journal: those that are used up or have ended are not in memory. */
public final class BlockHistory {
  /** The names of the stored events that make a block, if only some of them do. */
  private static final Set<String> MADE =
      Set.of("credit_granted.1", "topup_granted.1", "credit_adjusted.1", "usage_reversed.1");

  private final JournalReader journal;
  private final CustomerLedger ledger;

  /** The blocks in that journal. */
  public BlockHistory(JournalReader journal) {
    this.journal = journal;
    this.ledger = new CustomerLedger(journal);
  }

  /** The terms of the block of that number; null if there never was one. */
  public CompletionStage<@Nullable BlockTerms> find(CustomerRef customer, long number) {
    return ledger
        .event(customer, number)
        .thenApply(event -> event == null ? null : event.madeBlock());
  }

  /**
   * Blocks that were made before that journal number, newest first, whatever became of them.
   *
   * @param limit at most so many; fewer only if there are no more
   */
  public CompletionStage<List<BlockTerms>> newestFirst(
      CustomerRef customer, long before, int limit) {
    return gather(customer, before, limit, List.of());
  }

  private CompletionStage<List<BlockTerms>> gather(
      CustomerRef customer, long before, int limit, List<BlockTerms> found) {
    return journal
        .read(customer.persistenceId(), 1, before - 1, Direction.NEWEST_FIRST, MADE, limit)
        .thenCompose(rows -> {
          List<BlockTerms> all =
              Stream.concat(
                      found.stream(),
                      rows.stream()
                          .map(JournalRow::event)
                          .map(event -> ((CustomerEvent) event).madeBlock())
                          .filter(Objects::nonNull))
                  .limit(limit)
                  .toList();
          return rows.size() < limit || all.size() == limit
              ? CompletableFuture.completedFuture(all)
              : gather(customer, rows.getLast().sequence(), limit, all);
        });
  }

  /**
   * Which of these blocks had something left when they expired, or got something back afterwards.
   * Reads all expiries since the oldest of them was made.
   */
  public CompletionStage<Set<Long>> expiredAmong(CustomerRef customer, Set<Long> numbers) {
    return numbers.isEmpty()
        ? CompletableFuture.completedFuture(Set.of())
        : expiredFrom(customer, Collections.min(numbers), numbers, new HashSet<>());
  }

  private CompletionStage<Set<Long>> expiredFrom(
      CustomerRef customer, long from, Set<Long> numbers, Set<Long> found) {
    return journal
        .read(
            customer.persistenceId(),
            from,
            Long.MAX_VALUE,
            Direction.OLDEST_FIRST,
            Set.of("block_expired.1"),
            JournalReader.MAX_ROWS)
        .thenCompose(rows -> {
          for (JournalRow row : rows) {
            long number = ((CustomerEvent.BlockExpired) row.event()).block();
            if (numbers.contains(number)) {
              found.add(number);
            }
          }
          return rows.size() < JournalReader.MAX_ROWS || found.size() == numbers.size()
              ? CompletableFuture.completedFuture(found)
              : expiredFrom(customer, rows.getLast().sequence() + 1, numbers, found);
        });
  }
}
