package io.quotastack.http.credits;

import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerVerifier;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerHistory;
import io.quotastack.engine.customer.CustomerLedger;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.json.JsonWriter;
import io.quotastack.http.lists.Cursor;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Reading and proving the ledger (semantics 3). */
public final class LedgerRoutes {
  private static final String KIND = "ledger";
  private static final WireNames<EntryType> TYPES = WireNames.of(EntryType.class, EntryType::wire);
  private static final WireNames<Direction> ORDERS =
      WireNames.of(Direction.class, order -> order == Direction.OLDEST_FIRST ? "asc" : "desc");

  /** The most blocks that an explanation lists. */
  private static final int MAX_EXPLAINED = 200;

  private final Customers customers;
  private final Tenants tenants;
  private final CustomerHistory history;

  /** The routes to these customers' ledgers. */
  public LedgerRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
    this.history = new CustomerHistory(customers.journal());
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    Customers.both(
        routes::get,
        "/ledger",
        this::list,
        endpoint -> endpoint.query("type", "from", "to", "order", "cursor", "limit"));
    Customers.both(routes::get, "/ledger/verify", this::verify);
    routes.get("/v1/ledger/{ledger_entry_id}", this::read);
  }

  private CompletionStage<Reply> list(Call call) {
    CustomerRef customer = Customers.of(call);
    QueryParameters query = call.query();
    Direction order = query.choiceOr("order", ORDERS, Direction.NEWEST_FIRST);
    PageRequest page = PageRequest.byNumber(query, KIND);
    Cursor cursor = page.cursor();
    var wanted =
        new CustomerLedger.Query(
            query.choiceOrNull("type", TYPES),
            query.instantOrNull("from"),
            query.instantOrNull("to"),
            order,
            cursor == null ? null : cursor.number(0),
            page.limit() + 1);
    query.finish();
    return customers
        .settledHead(customer)
        .thenCompose(head -> customers.ledger().entries(customer, head.version(), wanted))
        .thenApply(found -> reply(customer, found, page.limit()));
  }

  private static Reply reply(CustomerRef customer, List<LedgerEntry> found, int limit) {
    Page<LedgerEntry> page = Page.of(found, limit, last -> Cursor.at(KIND, last.number()));
    return Reply.ok(json ->
        page.writeMembers(
            json, (each, entry) -> CreditsJson.entry(each, customer.customerId(), entry)));
  }

  private CompletionStage<Reply> read(Call call) {
    String text = call.path("ledger_entry_id");
    OwnedId id = OwnedId.Kind.LEDGER_ENTRY.parse(text);
    if (id == null) {
      throw Problem.notFound("There is no ledger entry " + text).asException();
    }
    CustomerRef customer = Customers.owner(call, id);
    return customers
        .ledger()
        .event(customer, id.number())
        .thenCompose(event -> {
          LedgerEntry entry = event == null ? null : event.entry();
          if (event == null || entry == null) {
            throw Problem.notFound("There is no ledger entry " + text).asException();
          }
          return isChoice(entry)
              ? explained(customer, event, entry)
              : Reply.ok(
                      json -> {
                        CreditsJson.entry(json, id.customerId(), entry);
                        json.nothing("explanation");
                      })
                  .now();
        });
  }

  /** Whether the burn order decided which blocks it moved. */
  private static boolean isChoice(LedgerEntry entry) {
    return switch (entry.type()) {
      case DEBIT, HOLD, CAPTURE -> true;
      case ADJUST -> entry.delta() < 0;
      default -> false;
    };
  }

  private CompletionStage<Reply> explained(
      CustomerRef customer, CustomerEvent event, LedgerEntry entry) {
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            history.explain(
                customer,
                entry.number(),
                event,
                catalog.config().policy().burnOrder(),
                MAX_EXPLAINED))
        .thenApply(explanation ->
            Reply.ok(json -> {
              CreditsJson.entry(json, customer.customerId(), entry);
              json.object(
                  "explanation",
                  told ->
                      told.text("burn_order", CreditsJson.name(explanation.burnOrder()))
                          .objects(
                              "blocks",
                              explanation.blocks(),
                              (each, one) -> considered(each, customer.customerId(), one))
                          .number("more_blocks", explanation.more()));
            }));
  }

  private static void considered(
      JsonWriter json, UUID customerId, CustomerHistory.Considered considered) {
    Block block = considered.block();
    json.text("block_id", OwnedId.Kind.BLOCK.text(customerId, block.terms().number()))
        .bool("used", considered.amountMc() > 0)
        .number("amount", considered.amountMc())
        .text("why", CreditsJson.name(considered.why()))
        .number("available_before", block.availableMc())
        .number("priority", block.terms().priority())
        .instant("expires_at", block.terms().expiresAt())
        .bool("paid", block.terms().paid())
        .texts("metric_keys", block.terms().metricKeys());
  }

  private CompletionStage<Reply> verify(Call call) {
    CustomerRef customer = Customers.of(call);
    return customers
        .settledHead(customer)
        .thenCompose(head -> customers.ledger().verify(customer, head))
        .thenApply(LedgerRoutes::reply);
  }

  private static Reply reply(LedgerVerifier.Verdict verdict) {
    return Reply.ok(json ->
        json.bool("valid", verdict.valid())
            .number("entries", verdict.entries())
            .text("head_hash", verdict.headHash())
            .numberOrNull("first_bad_sequence", verdict.firstBadSequence())
            .text("problem", verdict.problem()));
  }
}
