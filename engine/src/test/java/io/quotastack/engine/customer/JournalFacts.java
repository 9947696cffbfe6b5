package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.BlockTerms;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a customer's journal says that requests refer to: as the HTTP door would look it up. */
final class JournalFacts {
  private static final int MAX_USES = 8;

  private final List<Long> blocks = new ArrayList<>();
  private final Map<Long, BlockTerms> terms = new HashMap<>();
  private final List<Long> reservations = new ArrayList<>();
  private final List<Use> uses = new ArrayList<>();

  /** A usage event, as far as its reversal must know it. */
  record Use(
      long number,
      String metricKey,
      long costMc,
      long overageMc,
      List<Allocation> taken,
      List<BlockTerms> blocks) {}

  void accept(long number, CustomerEvent event) {
    BlockTerms made = event.madeBlock();
    if (made != null) {
      blocks.add(made.number());
      terms.put(made.number(), made);
    }
    if (event instanceof CustomerEvent.CreditsReserved) {
      reservations.add(number);
    }
    if (event instanceof CustomerEvent.Used used && used.metricKey() != null) {
      List<Allocation> taken = used.entry().allocations();
      Set<BlockTerms> from = new LinkedHashSet<>();
      taken.forEach(each -> from.add(Objects.requireNonNull(terms.get(each.block()))));
      uses.add(
          new Use(
              number, used.metricKey(), used.costMc(), used.overageMc(), taken, List.copyOf(from)));
      if (uses.size() > MAX_USES) {
        uses.removeFirst();
      }
    }
  }

  /**
   * The number of the block so many before the last one; one that is no block's if there is none.
   */
  long block(int back) {
    return blocks.isEmpty() ? 1 : blocks.get(Math.max(0, blocks.size() - 1 - back));
  }

  /** The same of reservations. */
  long reservation(int back) {
    return reservations.isEmpty()
        ? 1
        : reservations.get(Math.max(0, reservations.size() - 1 - back));
  }

  /** The usage so many before the last one; null = there is none. */
  @Nullable Use use(int back) {
    return uses.isEmpty() ? null : uses.get(Math.max(0, uses.size() - 1 - back));
  }
}
