package io.quotastack.engine.customer;

import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.JournalRow;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Reads a customer's usage out of its journal: usage events, and the captures of reservations that
 * were for a metric. Usage is found by when it was used, which may lie before or a little after
 * when it was recorded.
 */
public final class UsageHistory {
  /** The most buckets of one summary. */
  public static final int MAX_BUCKETS = 10_000;

  /** A listing looks at so many events at most before it hands out a page, full or not. */
  private static final int MAX_LOOKED_AT = 20 * JournalReader.MAX_ROWS;

  private static final Set<String> USED = Set.of("usage_recorded.1", "reservation_captured.1");
  private static final Set<String> USED_OR_REVERSED =
      Set.of("usage_recorded.1", "reservation_captured.1", "usage_reversed.1");

  private final JournalReader journal;
  private final CustomerLedger ledger;

  /** The usage in that journal. */
  public UsageHistory(JournalReader journal) {
    this.journal = journal;
    this.ledger = new CustomerLedger(journal);
  }

  /**
   * Which usage is asked for.
   *
   * @param metricKey only of that metric; null = all
   * @param from only what was used then or later; null = all
   * @param to only what was used before then; null = all
   */
  public record Filter(@Nullable String metricKey, @Nullable Instant from, @Nullable Instant to) {
    private boolean takes(CustomerEvent.Used used) {
      String key = used.metricKey();
      return key != null
          && (metricKey == null || key.equals(metricKey))
          && (from == null || !used.usedAt().isBefore(from))
          && (to == null || used.usedAt().isBefore(to));
    }
  }

  /**
   * Some usage, newest first.
   *
   * @param rows events that are {@link CustomerEvent.Used}
   * @param next go on before that journal number; null = there is no more
   */
  public record Listing(List<JournalRow> rows, @Nullable Long next) {}

  /**
   * A page of usage, the latest recorded first. It can be shorter than the limit, with more to
   * come, if the filter takes little of what there is.
   *
   * @param version the customer's last journal event
   * @param before only what was recorded before that journal number; null = all
   */
  public CompletionStage<Listing> list(
      CustomerRef customer, long version, Filter filter, @Nullable Long before, int limit) {
    return bounds(customer, version, filter)
        .thenCompose(bounds -> {
          long high = before == null ? bounds.high() : Math.min(bounds.high(), before - 1);
          return gather(
              customer, bounds.low(), high, filter, limit, MAX_LOOKED_AT, new ArrayList<>());
        });
  }

  private CompletionStage<Listing> gather(
      CustomerRef customer,
      long low,
      long high,
      Filter filter,
      int limit,
      int budget,
      List<JournalRow> found) {
    int pageSize = filter.metricKey() == null ? limit + 1 : JournalReader.MAX_ROWS;
    return journal
        .read(customer.persistenceId(), low, high, Direction.NEWEST_FIRST, USED, pageSize)
        .thenCompose(rows -> {
          for (JournalRow row : rows) {
            if (filter.takes((CustomerEvent.Used) row.event())) {
              if (found.size() == limit) {
                return CompletableFuture.completedFuture(
                    new Listing(found, found.getLast().sequence()));
              }
              found.add(row);
            }
          }
          if (rows.size() < pageSize) {
            return CompletableFuture.completedFuture(new Listing(found, null));
          }
          long last = rows.getLast().sequence();
          return budget <= pageSize
              ? CompletableFuture.completedFuture(new Listing(found, last))
              : gather(customer, low, last - 1, filter, limit, budget - pageSize, found);
        });
  }

  private record Bounds(long low, long high) {}

  /** Between which journal numbers what was used in that time may have been recorded. */
  private CompletionStage<Bounds> bounds(CustomerRef customer, long version, Filter filter) {
    CompletionStage<Long> low =
        filter.from() == null
            ? CompletableFuture.completedFuture(1L)
            : ledger.firstAt(
                customer, filter.from().minus(CustomerDecider.USAGE_MAX_AHEAD), 1, version + 1);
    CompletionStage<Long> behind =
        filter.to() == null
            ? CompletableFuture.completedFuture(version + 1)
            : ledger.firstAt(
                customer, filter.to().plus(CustomerDecider.USAGE_MAX_AGE), 1, version + 1);
    return low.thenCombine(behind, (first, end) -> new Bounds(first, end - 1));
  }

  /** How long a bucket is. */
  public enum Grain {
    HOUR,
    DAY,
    MONTH;

    private ZonedDateTime startOf(Instant instant, ZoneId zone) {
      ZonedDateTime local = instant.atZone(zone);
      LocalDate date = local.toLocalDate();
      return switch (this) {
        case HOUR -> local.truncatedTo(ChronoUnit.HOURS);
        case DAY -> date.atStartOfDay(zone);
        case MONTH -> date.withDayOfMonth(1).atStartOfDay(zone);
      };
    }

    private Instant endOf(ZonedDateTime start) {
      LocalDate date = start.toLocalDate();
      return switch (this) {
        case HOUR -> start.toInstant().plus(1, ChronoUnit.HOURS);
        case DAY -> date.plusDays(1).atStartOfDay(start.getZone()).toInstant();
        case MONTH -> date.plusMonths(1).atStartOfDay(start.getZone()).toInstant();
      };
    }
  }

  /**
   * What was used of one metric in one stretch of time; what was reversed counts in the stretch in
   * which it was.
   *
   * @param start its first instant
   * @param end the first instant after it
   * @param metricKey the metric
   * @param events how many usage events
   * @param units how many units
   * @param costMc what they cost, in mc
   * @param overageMc the part of that which was booked as overage
   * @param reversedMc what was given back, in mc
   */
  public record Bucket(
      Instant start,
      Instant end,
      String metricKey,
      long events,
      BigDecimal units,
      long costMc,
      long overageMc,
      long reversedMc) {
    private Bucket plus(CustomerEvent.Used used) {
      BigDecimal more = used.units();
      return new Bucket(
          start,
          end,
          metricKey,
          events + 1,
          more == null ? units : units.add(more),
          costMc + used.costMc(),
          overageMc + used.overageMc(),
          reversedMc);
    }

    private Bucket plus(CustomerEvent.UsageReversed back) {
      return new Bucket(
          start, end, metricKey, events, units, costMc, overageMc, reversedMc + back.amountMc());
    }
  }

  /** There would be more than {@link #MAX_BUCKETS} buckets. */
  public static final class TooManyBucketsException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManyBucketsException() {
      super("a summary has at most " + MAX_BUCKETS + " buckets", null, false, false);
    }
  }

  /**
   * Usage in buckets, by time and then by metric; buckets without usage are left out. Takes time in
   * the number of events in that time.
   *
   * @param version the customer's last journal event
   * @param zone whose hours, days and months
   * @return fails with {@link TooManyBucketsException} if there are too many
   */
  public CompletionStage<List<Bucket>> summary(
      CustomerRef customer, long version, Filter filter, Grain grain, ZoneId zone) {
    return bounds(customer, version, filter)
        .thenCompose(
            bounds -> sum(customer, bounds.low(), bounds.high(), filter, new Sums(grain, zone)))
        .thenApply(Sums::inOrder);
  }

  private CompletionStage<Sums> sum(
      CustomerRef customer, long low, long high, Filter filter, Sums sums) {
    return journal
        .read(
            customer.persistenceId(),
            low,
            high,
            Direction.OLDEST_FIRST,
            USED_OR_REVERSED,
            JournalReader.MAX_ROWS)
        .thenCompose(rows -> {
          rows.forEach(row -> sums.take((CustomerEvent) row.event(), filter));
          return rows.size() < JournalReader.MAX_ROWS
              ? CompletableFuture.completedFuture(sums)
              : sum(customer, rows.getLast().sequence() + 1, high, filter, sums);
        });
  }

  private static final class Sums {
    private record Key(Instant start, String metricKey) {}

    private final Grain grain;
    private final ZoneId zone;
    private final Map<Key, Bucket> buckets = new HashMap<>();

    Sums(Grain grain, ZoneId zone) {
      this.grain = grain;
      this.zone = zone;
    }

    void take(CustomerEvent event, Filter filter) {
      switch (event) {
        case CustomerEvent.Used used -> {
          String metricKey = used.metricKey();
          if (metricKey != null && filter.takes(used)) {
            Bucket bucket = bucket(used.usedAt(), metricKey);
            put(bucket.plus(used));
          }
        }
        case CustomerEvent.UsageReversed back -> {
          if ((filter.metricKey() == null || back.metricKey().equals(filter.metricKey()))
              && (filter.from() == null || !back.at().isBefore(filter.from()))
              && (filter.to() == null || back.at().isBefore(filter.to()))) {
            put(bucket(back.at(), back.metricKey()).plus(back));
          }
        }
        default -> throw new IllegalStateException("no usage: " + event);
      }
    }

    private Bucket bucket(Instant at, String metricKey) {
      ZonedDateTime start = grain.startOf(at, zone);
      return buckets.getOrDefault(
          new Key(start.toInstant(), metricKey),
          new Bucket(
              start.toInstant(), grain.endOf(start), metricKey, 0, BigDecimal.ZERO, 0, 0, 0));
    }

    private void put(Bucket bucket) {
      buckets.put(new Key(bucket.start(), bucket.metricKey()), bucket);
      if (buckets.size() > MAX_BUCKETS) {
        throw new TooManyBucketsException();
      }
    }

    List<Bucket> inOrder() {
      return buckets.values().stream()
          .sorted(Comparator.comparing(Bucket::start).thenComparing(Bucket::metricKey))
          .toList();
    }
  }
}
