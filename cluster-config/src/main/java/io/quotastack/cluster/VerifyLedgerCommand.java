package io.quotastack.cluster;

import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportVerifier;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.http.credits.ExportFormat;
import io.quotastack.http.credits.ExportReader;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify-ledger}: proves an exported ledger, with nothing but the export. */
@Command(
    name = "verify-ledger",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Proves that an exported ledger is complete and unchanged. Needs no database and no node.",
      "Exit code 0: it is. 1: it is not; each fault is told. 2: the file cannot be read, or is none."
    })
final class VerifyLedgerCommand implements Callable<Integer> {
  private static final String STANDARD_INPUT = "-";

  @Parameters(
      paramLabel = "FILE",
      description =
          "What GET /v1/ledger/export answered, compressed by gzip or not; - is the standard input.")
  private String file = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "jsonl or csv. Default: what it looks like.")
  private @Nullable String format;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    ExportFormat known = format == null ? null : ExportFormat.NAMES.find(format);
    if (format != null && known == null) {
      throw new SettingsException(List.of("--format: must be jsonl or csv: " + format));
    }
    try (InputStream in = open()) {
      return verify(ExportReader.of(in, known)) ? 0 : Main.FAILED;
    } catch (IOException e) {
      out().flush();
      throw new SettingsException(List.of(reason(e)));
    }
  }

  private InputStream open() throws IOException {
    return file.equals(STANDARD_INPUT)
        ? new FilterInputStream(System.in) {
          @Override
          public void close() {
            // It is the process's, not ours.
          }
        }
        : new FileInputStream(file);
  }

  private String reason(IOException e) {
    String message = e.getMessage();
    return e instanceof FileNotFoundException && message != null
        ? message // names the file already
        : file + ": " + (message == null ? "cannot be read" : message);
  }

  private boolean verify(ExportReader reader) throws IOException {
    var verifier = new ExportVerifier(this::tell);
    long lines = 0;
    for (ExportReader.Line line = reader.next(); line != null; line = reader.next()) {
      lines = line.number();
      ExportRecord record = line.record();
      if (record == null) {
        verifier.reject(lines, String.valueOf(line.fault()));
      } else {
        verifier.accept(lines, record);
      }
    }
    ExportVerifier.Verdict verdict = verifier.finish(lines);
    summarize(verdict);
    return verdict.valid();
  }

  private void tell(ExportVerifier.Finding finding) {
    var text = new StringBuilder("line ").append(finding.line());
    if (finding.customerId() != null) {
      text.append(", customer ").append(finding.customerId());
    }
    if (finding.sequence() != null) {
      text.append(", sequence ").append(finding.sequence());
    }
    out().println(text.append(": ").append(printable(finding.problem())));
  }

  /** A damaged file may hold anything, and it is not to steer somebody's terminal. */
  private static String printable(String text) {
    var clean = new StringBuilder(text.length());
    text.codePoints().map(c -> Character.isISOControl(c) ? '?' : c).forEach(clean::appendCodePoint);
    return clean.toString();
  }

  private void summarize(ExportVerifier.Verdict verdict) {
    ExportEnd end = verdict.end();
    PrintWriter out = out();
    out.println(
        verdict.valid()
            ? "valid: complete and unchanged"
            : "NOT VALID: " + counted(verdict.faults(), "fault"));
    out.println("customers  " + verdict.customers());
    out.println("entries    " + verdict.entries());
    if (end != null) {
      out.println(
          "of         %s, %s%s"
              .formatted(
                  end.tenant().tenantId(),
                  end.tenant().environment().wire(),
                  end.customerId() == null ? "" : ", customer " + end.customerId()));
      if (end.from() != null || end.to() != null) {
        out.println("created    " + period(end.from(), end.to()));
      }
      out.println("hash       " + end.hash());
    }
    if (verdict.lateBeginnings() > 0 && verdict.valid()) {
      out.println(
          "%s behind the first entry: proven from there on. What stood before, and what older blocks had, is taken as said."
              .formatted(
                  verdict.lateBeginnings() == 1
                      ? "1 ledger begins"
                      : verdict.lateBeginnings() + " ledgers begin"));
    }
    out.flush();
  }

  private static String period(@Nullable Instant from, @Nullable Instant to) {
    String begin = from == null ? "" : "from " + LedgerHash.instant(from);
    String end = to == null ? "" : "before " + LedgerHash.instant(to);
    return (begin + " " + end).strip();
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
