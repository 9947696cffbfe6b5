package io.quotastack.engine.credits;

import io.quotastack.engine.credits.ExportRecord.Entry;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Proves an exported ledger, line by line, with nothing but the lines: that each customer's entries
 * are right by {@link LedgerVerifier}, that none is missing behind the last, that no customer is
 * missing and that the export has its end. Memory grows with one customer's live blocks and holds
 * only.
 *
 * <p>Of each customer only the first fault is told; what follows it there would be its echo.
 */
public final class ExportVerifier {
  private final Consumer<Finding> findings;
  private @Nullable Ledger ledger;
  private @Nullable UUID lastCustomer;
  private @Nullable Finding lateBeginning;
  private @Nullable ExportEnd end;
  private String endsHash = LedgerHash.GENESIS;
  private long faults;
  private long customers;
  private long entries;
  private long lateBeginnings;

  /**
   * Something that is wrong.
   *
   * @param line where, counted from 1
   * @param customerId whose ledger it is in; null = none in particular
   * @param sequence the sequence of the entry in that line; null if it is no entry
   * @param problem what, for a person
   */
  public record Finding(
      long line, @Nullable UUID customerId, @Nullable Long sequence, String problem) {}

  /**
   * What was found in all lines together.
   *
   * @param valid whether everything holds
   * @param faults how many findings there were
   * @param customers how many ledgers
   * @param entries how many entries
   * @param lateBeginnings how many ledgers begin behind their first entry, because the export was
   *     asked for entries from an instant on only
   * @param end the end of the export; null if it is missing
   */
  public record Verdict(
      boolean valid,
      long faults,
      long customers,
      long entries,
      long lateBeginnings,
      @Nullable ExportEnd end) {}

  /** The ledger whose lines come now. */
  private static final class Ledger {
    private final UUID customerId;
    private final LedgerVerifier verifier;
    private final long firstSequence;
    private long entries;
    private boolean faulty;

    Ledger(UUID customerId, long firstSequence) {
      this.customerId = customerId;
      this.verifier = LedgerVerifier.fromAnyBeginning(customerId);
      this.firstSequence = firstSequence;
    }
  }

  /** A verifier of one export that tells what it finds when it finds it. */
  public ExportVerifier(Consumer<Finding> findings) {
    this.findings = findings;
  }

  /** Takes the next line. */
  public void accept(long line, ExportRecord record) {
    if (end != null) {
      tell(line, null, null, "stands behind the end of the export");
      return;
    }
    switch (record) {
      case Entry entry -> entry(line, entry.customerId(), entry.entry());
      case LedgerEnd ledgerEnd -> ledgerEnd(line, ledgerEnd);
      case ExportEnd exportEnd -> exportEnd(line, exportEnd);
    }
  }

  /** Takes a line that is none of an export. */
  public void reject(long line, String problem) {
    tell(line, null, null, problem);
    if (ledger != null) {
      ledger.faulty = true;
    }
  }

  /** Ends the reading, after that many lines. */
  public Verdict finish(long lines) {
    if (end == null) {
      requireClosed(lines + 1);
      tell(lines + 1, null, null, "the export breaks off here: it has no export_end");
    }
    return new Verdict(faults == 0, faults, customers, entries, lateBeginnings, end);
  }

  private void entry(long line, UUID customerId, LedgerEntry entry) {
    Ledger current = ledger;
    if (current == null || !current.customerId.equals(customerId)) {
      requireClosed(line);
      current = open(line, customerId, entry.sequence());
    }
    current.entries++;
    entries++;
    if (!current.faulty) {
      current.verifier.accept(entry);
      String problem = current.verifier.problem();
      if (problem != null) {
        current.faulty = true;
        tell(line, customerId, entry.sequence(), problem);
      }
    }
  }

  private Ledger open(long line, UUID customerId, long firstSequence) {
    if (lastCustomer != null && lastCustomer.toString().compareTo(customerId.toString()) >= 0) {
      tell(line, customerId, null, "the customers are not in the order of their ids");
    }
    var opened = new Ledger(customerId, firstSequence);
    if (firstSequence > 1) {
      lateBeginnings++;
      if (lateBeginning == null) {
        lateBeginning =
            new Finding(
                line,
                customerId,
                firstSequence,
                "the ledger does not begin with its first entry, though all were asked for");
      }
    }
    customers++;
    lastCustomer = customerId;
    ledger = opened;
    return opened;
  }

  private void requireClosed(long line) {
    if (ledger != null) {
      tell(line, ledger.customerId, null, "the ledger has no ledger_end in front of this line");
      ledger = null;
    }
  }

  private void ledgerEnd(long line, LedgerEnd said) {
    Ledger current = ledger;
    if (current == null || !current.customerId.equals(said.customerId())) {
      requireClosed(line);
      open(line, said.customerId(), 1);
      tell(line, said.customerId(), null, "there are no entries in front of this ledger_end");
    } else if (!current.faulty) {
      String problem = mismatch(current, said);
      if (problem != null) {
        tell(line, said.customerId(), null, problem);
      }
    }
    if (!said.previousHash().equals(endsHash)) {
      tell(line, said.customerId(), null, "previous_hash is not the hash of the ledger_end before");
    }
    if (!said.hash().equals(said.expectedHash())) {
      tell(line, said.customerId(), null, "hash does not match the content");
    }
    endsHash = said.hash();
    ledger = null;
  }

  private static @Nullable String mismatch(Ledger ledger, LedgerEnd said) {
    if (said.entries() != ledger.entries) {
      return "ledger_end counts " + said.entries() + " entries, there are " + ledger.entries;
    }
    if (said.firstSequence() != ledger.firstSequence) {
      return "ledger_end says that the first entry is "
          + said.firstSequence()
          + ", it is "
          + ledger.firstSequence;
    }
    if (said.lastSequence() != ledger.verifier.lastSequence()) {
      return "ledger_end says that the last entry is "
          + said.lastSequence()
          + ", it is "
          + ledger.verifier.lastSequence();
    }
    return said.headHash().equals(ledger.verifier.headHash())
        ? null
        : "head_hash is not the hash of the last entry";
  }

  private void exportEnd(long line, ExportEnd said) {
    requireClosed(line);
    if (said.customers() != customers) {
      tell(
          line,
          null,
          null,
          "export_end counts " + said.customers() + " customers, there are " + customers);
    }
    if (said.entries() != entries) {
      tell(
          line,
          null,
          null,
          "export_end counts " + said.entries() + " entries, there are " + entries);
    }
    if (!said.previousHash().equals(endsHash)) {
      tell(line, null, null, "previous_hash is not the hash of the last ledger_end");
    }
    if (!said.hash().equals(said.expectedHash())) {
      tell(line, null, null, "hash does not match the content");
    }
    if (lateBeginning != null && said.from() == null) {
      tell(lateBeginning);
    }
    end = said;
  }

  private void tell(long line, @Nullable UUID customerId, @Nullable Long sequence, String problem) {
    tell(new Finding(line, customerId, sequence, problem));
  }

  private void tell(Finding finding) {
    faults++;
    findings.accept(finding);
  }
}
