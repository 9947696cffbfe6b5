package io.quotastack.http.metering;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.customer.CustomerCommand.ReverseUsage;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.UsageHistory;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.http.credits.CreditRoutes;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.lists.Cursor;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Recording usage, giving it back, and reading it (semantics 4). */
public final class UsageRoutes {
  private static final String KIND = "usage";
  private static final String ID = "usage_event_id";
  private static final WireNames<UsageHistory.Grain> GRAINS =
      WireNames.lowerCase(UsageHistory.Grain.class);

  private final Customers customers;
  private final Tenants tenants;
  private final UsageHistory history;

  /** The routes to these customers' usage. */
  public UsageRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
    this.history = new UsageHistory(customers.journal());
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post("/v1/usage", this::record);
    routes.post(UsageBatch.PATH, this::recordBatch);
    routes.post("/v1/usage/{usage_event_id}/reverse", this::reverse);
    Customers.both(
        routes::get,
        "/usage",
        this::list,
        endpoint -> endpoint.query("billable_metric_key", "from", "to", "cursor", "limit"));
    Customers.both(
        routes::get,
        "/usage/summary",
        this::summary,
        endpoint -> endpoint.query("from", "to", "group_by", "metric"));
  }

  private CompletionStage<Reply> record(Call call) {
    UsageInput input = UsageInput.read(call.caller().tenant(), call.body());
    return tenants
        .catalog(call.caller().tenant())
        .thenCompose(catalog ->
            customers.write(
                input.customer(), input.command(call.requestKey(), catalog, tenants.now())));
  }

  private CompletionStage<Reply> recordBatch(Call call) {
    UsageBatch batch = UsageBatch.read(call);
    return tenants
        .catalog(call.caller().tenant())
        .thenCompose(catalog -> batch.record(customers, catalog, tenants.now()));
  }

  private CompletionStage<Reply> reverse(Call call) {
    OwnedId id = Customers.owned(call, ID, OwnedId.Kind.USAGE_EVENT, "usage event");
    JsonFields body = call.body();
    Long creditsMc = body.amountOrNull("credits", 1);
    String reason = body.text("reason", CreditRoutes.REASON);
    body.finish();
    CustomerRef customer = Customers.owner(call, id);
    return customers
        .ledger()
        .event(customer, id.number())
        .thenCompose(event -> {
          if (!(event instanceof CustomerEvent.Used used) || used.metricKey() == null) {
            throw Customers.notFound(call, ID, "usage event").asException();
          }
          return reverse(call, customer, used, creditsMc, reason);
        });
  }

  /** Brings what the journal says of the usage: all of it stays as it is for ever. */
  private CompletionStage<Reply> reverse(
      Call call,
      CustomerRef customer,
      CustomerEvent.Used used,
      @Nullable Long creditsMc,
      String reason) {
    List<Allocation> taken = used.entry().allocations();
    return customers
        .ledger()
        .events(customer, taken.stream().map(Allocation::block).toList())
        .thenCompose(events ->
            customers.write(
                customer,
                new ReverseUsage(
                    call.requestKey(),
                    used.entry().number(),
                    Objects.requireNonNull(used.metricKey()),
                    creditsMc,
                    reason,
                    used.costMc(),
                    used.overageMc(),
                    taken,
                    taken.stream().map(each -> madeBy(events, each.block())).toList())));
  }

  private static BlockTerms madeBy(Map<Long, CustomerEvent> events, long number) {
    CustomerEvent event = events.get(number);
    BlockTerms terms = event == null ? null : event.madeBlock();
    if (terms == null) {
      throw new IllegalStateException("block " + number + " is not in the journal");
    }
    return terms;
  }

  private CompletionStage<Reply> list(Call call) {
    CustomerRef customer = Customers.of(call);
    QueryParameters query = call.query();
    var filter =
        new UsageHistory.Filter(
            query.textOrNull("billable_metric_key", MetricRoutes.KEY),
            query.instantOrNull("from"),
            query.instantOrNull("to"));
    PageRequest page = PageRequest.byNumber(query, KIND);
    query.finish();
    Cursor cursor = page.cursor();
    return customers
        .read(customer, new CustomerQuery.ReadCustomer(), CustomerView.Customer.class)
        .thenCompose(view ->
            history.list(
                customer,
                view.version(),
                filter,
                cursor == null ? null : cursor.number(0),
                page.limit()))
        .thenApply(found -> {
          Long next = found.next();
          var usage = new Page<>(found.rows(), next == null ? null : Cursor.at(KIND, next));
          return Reply.ok(json ->
              usage.writeMembers(
                  json,
                  (each, row) ->
                      UsageJson.listed(
                          each, customer.customerId(), (CustomerEvent.Used) row.event())));
        });
  }

  private CompletionStage<Reply> summary(Call call) {
    CustomerRef customer = Customers.of(call);
    QueryParameters query = call.query();
    Instant from = query.instantOrNull("from");
    Instant to = query.instantOrNull("to");
    UsageHistory.Grain grain = query.choiceOr("group_by", GRAINS, UsageHistory.Grain.DAY);
    String metricKey = query.textOrNull("metric", MetricRoutes.KEY);
    if (from != null && to != null && !from.isBefore(to)) {
      query.reject("to", "must be after from");
    }
    query.finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            customers
                .read(customer, new CustomerQuery.ReadCustomer(), CustomerView.Customer.class)
                .thenCompose(view -> summary(customer, view, catalog, metricKey, from, to, grain)));
  }

  private CompletionStage<Reply> summary(
      CustomerRef customer,
      CustomerView.Customer view,
      Catalog catalog,
      @Nullable String metricKey,
      @Nullable Instant from,
      @Nullable Instant to,
      UsageHistory.Grain grain) {
    ZoneId zone = view.profile().over(catalog.config().policy()).timeZone();
    // What is used in this very millisecond is in it.
    Instant until = to == null ? tenants.now().plusMillis(1) : to;
    // The month that ends with it, if it is the first instant of the next.
    Instant since = from == null ? Period.month(until.minusMillis(1), zone).start() : from;
    if (!since.isBefore(until)) {
      throw Problem.invalidRequest("?from", "must be in the past, or give to").asException();
    }
    return history
        .summary(
            customer, view.version(), new UsageHistory.Filter(metricKey, since, until), grain, zone)
        .exceptionally(UsageRoutes::refuse)
        .thenApply(buckets ->
            Reply.ok(json ->
                json.text("customer_id", customer.customerId().toString())
                    .text("external_customer_id", view.profile().externalId())
                    .instant("from", since)
                    .instant("to", until)
                    .text("group_by", CreditsJson.name(grain))
                    .text("time_zone", zone.getId())
                    .objects("buckets", buckets, UsageJson::bucket)));
  }

  private static List<UsageHistory.Bucket> refuse(Throwable failure) {
    if (failure.getCause() instanceof UsageHistory.TooManyBucketsException tooMany) {
      throw Problem.invalidRequest("?group_by", String.valueOf(tooMany.getMessage())).asException();
    }
    throw failure instanceof RuntimeException fault ? fault : new CompletionException(failure);
  }
}
