package io.quotastack.http.credits;

import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.customer.LedgerExport;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.http.door.Customers;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.problems.ProblemType;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The export of ledgers, of all customers or of one. It is written while it is sent: the next page
 * of the journal is read when the client has taken what was written of the one before, so that
 * neither a long ledger nor a slow client takes memory.
 */
public final class ExportRoutes {
  /** How many exports a node writes at once. */
  static final int MAX_EXPORTS = 2;

  private static final Logger LOG = LoggerFactory.getLogger(ExportRoutes.class);
  private static final int RETRY_AFTER_SECONDS = 10;

  /** Longer than a client is given to get the head of an answer. */
  private static final Duration SENDING_BEGINS = Duration.ofSeconds(60);

  /** So many records are written in one go, between others' requests. */
  private static final int RECORDS_AT_ONCE = 100;

  private final Customers customers;
  private final JournalReader journal;
  private final ExportSlots slots;

  /** The routes to the ledgers in that journal. */
  public ExportRoutes(ActorSystem<?> system, Customers customers, JournalReader journal) {
    this.customers = customers;
    this.journal = journal;
    this.slots = new ExportSlots(system, MAX_EXPORTS, SENDING_BEGINS);
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.get("/v1/ledger/export", this::export).query("from", "to", "customer", "format");
  }

  private CompletionStage<Reply> export(Call call) {
    TenantRef tenant = call.caller().tenant();
    QueryParameters query = call.query();
    Instant from = query.instantOrNull("from");
    Instant to = query.instantOrNull("to");
    String customer = query.textOrNull("customer", Customers.EXTERNAL_ID);
    ExportFormat format = query.choiceOr("format", ExportFormat.NAMES, ExportFormat.JSON_LINES);
    query.finish();
    ExportSlots.Slot slot = slots.take();
    if (slot == null) {
      throw Problem.overloaded(RETRY_AFTER_SECONDS).asException();
    }
    CompletionStage<LedgerExport> export;
    try {
      export =
          customer == null
              ? CompletableFuture.completedFuture(LedgerExport.of(journal, tenant, from, to))
              : settled(tenant, customer)
                  .thenApply(found -> LedgerExport.of(journal, found, from, to));
    } catch (RuntimeException e) {
      slot.free();
      throw e;
    }
    // The first page is read before the answer begins: what fails now is still a proper answer.
    return export
        .thenCompose(
            begun -> begun.next().thenApply(first -> reply(call, begun, first, format, slot)))
        .whenComplete((reply, failure) -> {
          if (failure != null) {
            slot.free();
          }
        });
  }

  /**
   * The customer that is named, with all that time has done in its ledger. A UUID is a customer_id
   * first; but tenants use UUIDs, too.
   */
  private CompletionStage<CustomerRef> settled(TenantRef tenant, String name) {
    CustomerRef byExternalId = CustomerRef.ofExternalId(tenant, name);
    UUID customerId = Customers.uuid(name);
    if (customerId == null) {
      return settled(byExternalId);
    }
    return settled(new CustomerRef(tenant, customerId))
        .exceptionallyCompose(failure ->
            isNotFound(failure) ? settled(byExternalId) : CompletableFuture.failedFuture(failure));
  }

  private CompletionStage<CustomerRef> settled(CustomerRef customer) {
    return customers.settledHead(customer).thenApply(_ -> customer);
  }

  private static boolean isNotFound(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof ProblemException known
        && known.problem().type() == ProblemType.CUSTOMER_NOT_FOUND;
  }

  private static Reply reply(
      Call call,
      LedgerExport export,
      List<ExportRecord> firstPage,
      ExportFormat format,
      ExportSlots.Slot slot) {
    Source<ByteString, NotUsed> text =
        pages(call, export, firstPage, slot).mapConcat(ExportRoutes::parts).map(format::text);
    ByteString head = format.head();
    Source<ByteString, NotUsed> whole =
        head.isEmpty() ? text : Source.single(head).concatLazy(text);
    return Reply.streamed(
        format.contentType(),
        whole.watchTermination((notUsed, done) -> {
          done.whenComplete((_, _) -> slot.free());
          return notUsed;
        }));
  }

  private static Source<List<ExportRecord>, NotUsed> pages(
      Call call, LedgerExport export, List<ExportRecord> firstPage, ExportSlots.Slot slot) {
    Source<List<ExportRecord>, NotUsed> rest =
        Source.unfoldAsync(export, reading -> next(call, reading));
    return Source.lazySource(
            () -> {
              if (!slot.begin()) {
                throw new TimeoutException("the client came for its export too late");
              }
              return Source.single(firstPage).concatLazy(rest);
            })
        .mapMaterializedValue(_ -> NotUsed.getInstance());
  }

  private static CompletionStage<Optional<Pair<LedgerExport, List<ExportRecord>>>> next(
      Call call, LedgerExport export) {
    if (export.isAtEnd()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return export
        .next()
        .whenComplete((page, failure) -> {
          if (failure != null) {
            LOG.warn(
                "Request {} breaks off: its export cannot be read on", call.requestId(), failure);
          }
        })
        .thenApply(page -> Optional.of(Pair.create(export, page)));
  }

  private static List<List<ExportRecord>> parts(List<ExportRecord> page) {
    var parts = new ArrayList<List<ExportRecord>>();
    for (int from = 0; from < page.size(); from += RECORDS_AT_ONCE) {
      parts.add(page.subList(from, Math.min(from + RECORDS_AT_ONCE, page.size())));
    }
    return parts;
  }
}
