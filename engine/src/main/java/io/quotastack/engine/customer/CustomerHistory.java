package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.JournalRow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a customer's account was at an earlier time: found by replaying its journal up to there, a
 * page at a time, apart from the customer's actor. Takes time in the number of events before.
 */
public final class CustomerHistory {
  private final JournalReader journal;
  private final CustomerLedger ledger;

  /** The history in that journal. */
  public CustomerHistory(JournalReader journal) {
    this.journal = journal;
    this.ledger = new CustomerLedger(journal);
  }

  /**
   * The account as of that instant, everything that happened at it included.
   *
   * @param version the customer's last journal event, behind all that time has done by now
   * @param blocksIn also the blocks that were live, in this order; null = without them
   */
  public CompletionStage<CustomerView.Credits> creditsAt(
      CustomerRef customer, Instant at, long version, @Nullable BurnOrder blocksIn) {
    return ledger
        .firstAt(customer, at.plusMillis(1), 1, version + 1)
        .thenCompose(next -> replayed(customer, CustomerState.NONE, 1, next - 1))
        .thenApply(state -> CustomerReader.credits(state, blocksIn));
  }

  /** Why a block was used, or was not. */
  public enum Why {
    /** It was next in the burn order. */
    USED,
    /** The blocks before it were enough. */
    NOT_NEEDED,
    /** It does not pay for the metric. */
    NOT_FOR_METRIC,
    /** Reservations pinned all of it. */
    HELD,
    /** Its {@code effective_at} had not come. */
    PENDING,
    /** It had expired or been voided; holds alone could still use it. */
    ENDED,
    /** The reservation that was captured had pinned it. */
    PINNED
  }

  /**
   * One block in the explanation of an entry.
   *
   * @param block as it was right before
   * @param amountMc how much of it was used
   * @param why why so much
   */
  public record Considered(Block block, long amountMc, Why why) {}

  /**
   * Why an entry that took from blocks took from these.
   *
   * @param burnOrder in which the blocks stood
   * @param blocks all that were live then, in that order, up to the limit that was asked for
   * @param more how many more there were
   */
  public record Explanation(BurnOrder burnOrder, List<Considered> blocks, int more) {}

  /**
   * Why the entry in that event took from the blocks that it took from.
   *
   * @param likely the burn order if more than one fits
   * @param limit at most so many blocks are listed
   */
  public CompletionStage<Explanation> explain(
      CustomerRef customer, long number, CustomerEvent event, BurnOrder likely, int limit) {
    return replayed(customer, CustomerState.NONE, 1, number - 1)
        .thenApply(before -> explanation(before, event, likely, limit));
  }

  private static Explanation explanation(
      CustomerState before, CustomerEvent event, BurnOrder likely, int limit) {
    String metricKey = metricOf(event);
    boolean overAll = event instanceof CustomerEvent.CreditAdjusted;
    List<Allocation> planned = planned(event);
    BurnOrder order = orderOf(before, planned, metricKey, overAll, likely);
    Map<Long, Long> used =
        event.entry() == null
            ? Map.of()
            : event.entry().allocations().stream()
                .collect(Collectors.toMap(Allocation::block, Allocation::amountMc, Long::sum));
    Set<Long> pinned = pinned(event);
    List<Block> live =
        before.blocks().all().stream()
            .sorted(Comparator.comparing(Block::terms, order.comparator()))
            .toList();
    var considered = new ArrayList<Considered>();
    for (Block block : live) {
      if (considered.size() == limit) {
        break;
      }
      long number = block.terms().number();
      long amountMc = used.getOrDefault(number, 0L);
      considered.add(
          new Considered(
              block, amountMc, why(block, amountMc, pinned.contains(number), metricKey, overAll)));
    }
    return new Explanation(order, considered, live.size() - considered.size());
  }

  private static Why why(
      Block block, long amountMc, boolean pinned, @Nullable String metricKey, boolean overAll) {
    if (amountMc > 0) {
      return pinned ? Why.PINNED : Why.USED;
    }
    if (block.isPending()) {
      return Why.PENDING;
    }
    if (block.ended() != null) {
      return Why.ENDED;
    }
    if (!overAll && !block.terms().paysFor(metricKey)) {
      return Why.NOT_FOR_METRIC;
    }
    return block.availableMc() == 0 ? Why.HELD : Why.NOT_NEEDED;
  }

  private static @Nullable String metricOf(CustomerEvent event) {
    return switch (event) {
      case CustomerEvent.Used used -> used.metricKey();
      case CustomerEvent.CreditsReserved reserved -> reserved.reservation().terms().metricKey();
      default -> null;
    };
  }

  /** What was taken in burn order: all of it, but for what a reservation had pinned. */
  private static List<Allocation> planned(CustomerEvent event) {
    return switch (event) {
      case CustomerEvent.ReservationCaptured captured -> captured.fromFree();
      case CustomerEvent.CreditsReserved reserved -> reserved.reservation().held();
      default -> event.entry() == null ? List.of() : event.entry().allocations();
    };
  }

  private static Set<Long> pinned(CustomerEvent event) {
    return event instanceof CustomerEvent.ReservationCaptured captured
        ? captured.fromHeld().stream().map(Allocation::block).collect(Collectors.toSet())
        : Set.of();
  }

  /** The burn order in which taking so much gives what was taken. */
  private static BurnOrder orderOf(
      CustomerState before,
      List<Allocation> taken,
      @Nullable String metricKey,
      boolean overAll,
      BurnOrder likely) {
    if (fits(before, taken, metricKey, overAll, likely)) {
      return likely;
    }
    for (BurnOrder order : BurnOrder.values()) {
      if (fits(before, taken, metricKey, overAll, order)) {
        return order;
      }
    }
    return likely;
  }

  private static boolean fits(
      CustomerState before,
      List<Allocation> taken,
      @Nullable String metricKey,
      boolean overAll,
      BurnOrder order) {
    long amountMc = Draft.sumMc(taken);
    return taken.equals(
        overAll
            ? before.blocks().planOverAll(order, amountMc)
            : before.blocks().plan(order, metricKey, amountMc));
  }

  private CompletionStage<CustomerState> replayed(
      CustomerRef customer, CustomerState state, long from, long to) {
    if (from > to) {
      return CompletableFuture.completedFuture(state);
    }
    return journal
        .read(
            customer.persistenceId(),
            from,
            to,
            Direction.OLDEST_FIRST,
            Set.of(),
            JournalReader.MAX_ROWS)
        .thenCompose(rows -> {
          CustomerState next = state;
          for (JournalRow row : rows) {
            next = next.apply((CustomerEvent) row.event());
          }
          return rows.isEmpty()
              ? CompletableFuture.completedFuture(next)
              : replayed(customer, next, rows.getLast().sequence() + 1, to);
        });
  }
}
