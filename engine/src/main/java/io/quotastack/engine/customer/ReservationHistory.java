package io.quotastack.engine.customer;

import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.JournalRow;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads out of the journal what became of reservations that have ended: these are not in memory any
 * more, and the event that ended one tells how.
 */
public final class ReservationHistory {
  private static final String RESERVED = "credits_reserved.1";
  private static final Set<String> CHANGED =
      Set.of("reservation_captured.1", "reservation_released.1", "reservation_extended.1");

  private final JournalReader journal;

  /** The reservations in that journal. */
  public ReservationHistory(JournalReader journal) {
    this.journal = journal;
  }

  /**
   * The reservation of that number as it ended; active if it has not; null if there never was one.
   */
  public CompletionStage<@Nullable Reservation> find(CustomerRef customer, long number) {
    return journal
        .read(customer.persistenceId(), number, number, Direction.OLDEST_FIRST, Set.of(), 1)
        .thenCompose(rows -> {
          if (rows.isEmpty()
              || !(rows.getFirst().event() instanceof CustomerEvent.CreditsReserved reserved)) {
            return CompletableFuture.completedFuture(null);
          }
          return ended(customer, List.of(reserved.reservation()))
              .thenApply(found -> found.getFirst());
        });
  }

  /**
   * Reservations by the age of their numbers, newest first, each as it ended or, if it has not,
   * active.
   *
   * @param before only those with a smaller number
   * @param limit at most so many
   */
  public CompletionStage<List<Reservation>> newestFirst(
      CustomerRef customer, long before, int limit) {
    return journal
        .read(
            customer.persistenceId(),
            1,
            before - 1,
            Direction.NEWEST_FIRST,
            Set.of(RESERVED),
            limit)
        .thenCompose(rows ->
            ended(
                customer,
                rows.stream()
                    .map(row -> ((CustomerEvent.CreditsReserved) row.event()).reservation())
                    .toList()));
  }

  /** The same reservations, each as its last event left it. */
  private CompletionStage<List<Reservation>> ended(
      CustomerRef customer, List<Reservation> reserved) {
    if (reserved.isEmpty()) {
      return CompletableFuture.completedFuture(reserved);
    }
    var latest = new HashMap<Long, Reservation>();
    reserved.forEach(each -> latest.put(each.terms().number(), each));
    Set<Long> open =
        reserved.stream().map(each -> each.terms().number()).collect(Collectors.toSet());
    long from = open.stream().mapToLong(Long::longValue).min().orElseThrow();
    return follow(customer, from + 1, open, latest)
        .thenApply(all -> {
          var inOrder = new ArrayList<Reservation>(reserved.size());
          for (Reservation each : reserved) {
            inOrder.add(all.getOrDefault(each.terms().number(), each));
          }
          return inOrder;
        });
  }

  /** Goes through what happened to reservations from there on until all of these have ended. */
  private CompletionStage<Map<Long, Reservation>> follow(
      CustomerRef customer, long from, Set<Long> open, Map<Long, Reservation> latest) {
    return journal
        .read(
            customer.persistenceId(),
            from,
            Long.MAX_VALUE,
            Direction.OLDEST_FIRST,
            CHANGED,
            JournalReader.MAX_ROWS)
        .thenCompose(rows -> {
          for (JournalRow row : rows) {
            Reservation now = changed((CustomerEvent) row.event());
            if (open.contains(now.terms().number())) {
              latest.put(now.terms().number(), now);
              if (now.status() != ReservationStatus.ACTIVE) {
                open.remove(now.terms().number());
              }
            }
          }
          return open.isEmpty() || rows.size() < JournalReader.MAX_ROWS
              ? CompletableFuture.completedFuture(latest)
              : follow(customer, rows.getLast().sequence() + 1, open, latest);
        });
  }

  private static Reservation changed(CustomerEvent event) {
    return switch (event) {
      case CustomerEvent.ReservationCaptured captured -> captured.reservation();
      case CustomerEvent.ReservationReleased released -> released.reservation();
      case CustomerEvent.ReservationExtended extended -> extended.reservation();
      default -> throw new IllegalStateException("changes no reservation: " + event);
    };
  }
}
