package io.quotastack.engine.customer;

import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.PlacedRow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The ledgers of all customers of an environment, or of one, read out of the journal page by page,
 * in memory that does not grow: ask {@link #next()} until {@link #isAtEnd()}, one call at a time.
 *
 * <p>Each ledger is exported as far as it went when its reading began: one that grows faster than
 * it is read has an end all the same. Whose last entry was acknowledged before the export began is
 * exported with it. What is due but was not written yet is not there.
 */
public final class LedgerExport {
  private static final String CUSTOMER_PREFIX = "customer|";
  private static final long REST = Long.MAX_VALUE;

  private final JournalReader journal;
  private final TenantRef tenant;
  private final @Nullable UUID customerId;
  private final @Nullable Instant from;
  private final @Nullable Instant to;
  private final String prefix;

  private String afterPersistenceId;
  private long afterSequence;
  private @Nullable Ledger ledger;
  private long customers;
  private long entries;
  private String endsHash = LedgerHash.GENESIS;
  private boolean atEnd;

  /** The ledger that is being read. */
  private static final class Ledger {
    private final String persistenceId;
    private final UUID customerId;
    private @Nullable String externalId;
    private @Nullable Long lastNumber;
    private boolean over;
    private long entries;
    private long firstSequence;
    private @Nullable LedgerEntry last;

    Ledger(String persistenceId) {
      this.persistenceId = persistenceId;
      this.customerId = customerOf(persistenceId);
    }
  }

  private LedgerExport(
      JournalReader journal,
      TenantRef tenant,
      @Nullable UUID customerId,
      @Nullable Instant from,
      @Nullable Instant to,
      String prefix) {
    this.journal = journal;
    this.tenant = tenant;
    this.customerId = customerId;
    this.from = from;
    this.to = to;
    this.prefix = prefix;
    this.afterPersistenceId = prefix;
  }

  /**
   * All customers of that environment, by their ids.
   *
   * @param from only entries made then or later; null = all
   * @param to only entries made before then; null = all
   */
  public static LedgerExport of(
      JournalReader journal, TenantRef tenant, @Nullable Instant from, @Nullable Instant to) {
    String prefix = CUSTOMER_PREFIX + tenant.entityId() + '|';
    return new LedgerExport(journal, tenant, null, from, to, prefix);
  }

  /**
   * One customer.
   *
   * @param from only entries made then or later; null = all
   * @param to only entries made before then; null = all
   */
  public static LedgerExport of(
      JournalReader journal, CustomerRef customer, @Nullable Instant from, @Nullable Instant to) {
    return new LedgerExport(
        journal, customer.tenant(), customer.customerId(), from, to, customer.persistenceId());
  }

  private static UUID customerOf(String persistenceId) {
    return UUID.fromString(persistenceId.substring(persistenceId.lastIndexOf('|') + 1));
  }

  /** Whether the end of the export was read. */
  public boolean isAtEnd() {
    return atEnd;
  }

  /**
   * What comes next, in order; may be nothing, though more follows. Reads one page of the journal.
   *
   * @return fails with {@link io.quotastack.engine.journal.JournalUnavailableException} if the
   *     database does not answer; then the export is to be thrown away
   */
  public CompletionStage<List<ExportRecord>> next() {
    if (atEnd) {
      throw new IllegalStateException("the export is at its end");
    }
    return journal
        .readAcross(
            prefix,
            afterPersistenceId,
            afterSequence,
            CustomerLedger.WITH_ENTRY,
            JournalReader.MAX_ROWS)
        .thenCompose(this::read);
  }

  private CompletionStage<List<ExportRecord>> read(List<PlacedRow> rows) {
    var records = new ArrayList<ExportRecord>(rows.size() + 1);
    if (rows.isEmpty()) {
      close(records);
      records.add(
          new ExportEnd(tenant, customerId, from, to, customers, entries, endsHash, "").sealed());
      atEnd = true;
      return CompletableFuture.completedFuture(records);
    }
    for (PlacedRow row : rows) {
      read(row, records);
    }
    return goOn(rows.getLast()).thenApply(_ -> records);
  }

  private void read(PlacedRow row, List<ExportRecord> records) {
    Ledger current = ledger;
    if (current == null || !current.persistenceId.equals(row.persistenceId())) {
      close(records);
      current = new Ledger(row.persistenceId());
      ledger = current;
    }
    if (current.lastNumber != null && row.sequence() > current.lastNumber) {
      current.over = true;
    }
    if (current.over) {
      return;
    }
    var event = (CustomerEvent) row.event();
    if (event instanceof CustomerEvent.CustomerCreated created) {
      current.externalId = created.profile().externalId();
    }
    LedgerEntry entry = event.entry();
    if (entry == null || (from != null && entry.createdAt().isBefore(from))) {
      return;
    }
    if (to != null && !entry.createdAt().isBefore(to)) {
      // Time never runs backwards in a journal: nothing that follows is asked for.
      current.over = true;
      return;
    }
    records.add(new ExportRecord.Entry(current.customerId, entry));
    if (current.entries == 0) {
      current.firstSequence = entry.sequence();
    }
    current.entries++;
    current.last = entry;
  }

  private void close(List<ExportRecord> records) {
    Ledger closed = ledger;
    ledger = null;
    if (closed == null || closed.last == null) {
      return;
    }
    LedgerEnd end =
        new LedgerEnd(
                closed.customerId,
                closed.externalId,
                closed.entries,
                closed.firstSequence,
                closed.last.sequence(),
                closed.last.hash(),
                endsHash,
                "")
            .sealed();
    records.add(end);
    endsHash = end.hash();
    customers++;
    entries += closed.entries;
  }

  /** Moves on behind a page, of which that is the last row. */
  private CompletionStage<?> goOn(PlacedRow last) {
    Ledger current = ledger;
    afterPersistenceId = last.persistenceId();
    afterSequence = last.sequence();
    if (current == null || current.over) {
      afterSequence = REST;
      return CompletableFuture.completedFuture(last);
    }
    if (current.lastNumber != null) {
      return CompletableFuture.completedFuture(last);
    }
    return journal
        .read(
            last.persistenceId(),
            last.sequence(),
            Long.MAX_VALUE,
            Direction.NEWEST_FIRST,
            Set.of(),
            1)
        .thenCompose(newest -> {
          long lastNumber = newest.isEmpty() ? last.sequence() : newest.getFirst().sequence();
          current.lastNumber = lastNumber;
          return skip(last, lastNumber);
        });
  }

  /** Passes over what is before the first instant that was asked for, without reading it. */
  private CompletionStage<?> skip(PlacedRow last, long lastNumber) {
    if (from == null || !((CustomerEvent) last.event()).at().isBefore(from)) {
      return CompletableFuture.completedFuture(last);
    }
    var customer = new CustomerRef(tenant, customerOf(last.persistenceId()));
    return new CustomerLedger(journal)
        .firstAt(customer, from, last.sequence() + 1, lastNumber + 1)
        .thenAccept(first -> afterSequence = first - 1);
  }
}
