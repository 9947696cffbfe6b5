package io.quotastack.http.reservations;

import io.quotastack.engine.customer.CustomerCommand.Commit;
import io.quotastack.engine.customer.CustomerCommand.Extend;
import io.quotastack.engine.customer.CustomerCommand.Release;
import io.quotastack.engine.customer.CustomerCommand.Reserve;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.Refusal;
import io.quotastack.engine.customer.ReservationHistory;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationStatus;
import io.quotastack.engine.tenant.TenantConfig;
import io.quotastack.http.credits.CreditRoutes;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.NamedCustomer;
import io.quotastack.http.door.Refusals;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.lists.Cursor;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.metering.MetricRoutes;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemType;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Holding credits during long work (semantics 6). */
public final class ReservationRoutes {
  private static final long MAX_TTL_SECONDS = TenantConfig.MAX_RESERVATION_TTL_SECONDS;
  private static final String KIND = "reservations";
  private static final String ID = "reservation_id";

  /** A list with a filter looks at so many reservations at most before it hands out a page. */
  private static final int MAX_LOOKED_AT = 2_000;

  private static final int LOOKED_AT_ONCE = 100;
  private static final WireNames<ReservationStatus> STATUSES =
      WireNames.lowerCase(ReservationStatus.class);

  private final Customers customers;
  private final Tenants tenants;
  private final ReservationHistory history;

  /** The routes to these customers' reservations. */
  public ReservationRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
    this.history = new ReservationHistory(customers.journal());
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post("/v1/reserve", this::reserve);
    routes.post("/v1/reserve/{reservation_id}/commit", this::commit);
    routes.post("/v1/reserve/{reservation_id}/release", this::release);
    routes.post("/v1/reserve/{reservation_id}/extend", this::extend);
    routes.get("/v1/reserve/{reservation_id}", this::read);
    Customers.both(
        routes::get,
        "/reservations",
        this::list,
        endpoint -> endpoint.query("status", "cursor", "limit"));
  }

  private CompletionStage<Reply> reserve(Call call) {
    JsonFields body = call.body();
    NamedCustomer named = NamedCustomer.read(body);
    String metricKey = body.textOrNull("billable_metric_key", MetricRoutes.KEY);
    BigDecimal units = body.decimalOrNull("estimated_units", DecimalRule.POSITIVE);
    Long creditsMc = body.amountOrNull("credits", 1);
    Long ttlSeconds = body.wholeOrNull("ttl_seconds", 1, MAX_TTL_SECONDS);
    Map<String, String> properties = body.textMap("properties", TextMapRule.METADATA);
    Map<String, String> metadata = body.textMap("metadata", TextMapRule.METADATA);
    if (!body.has("credits")) {
      if (!body.has("billable_metric_key")) {
        body.reject("billable_metric_key", "is required with estimated_units, or give credits");
      } else if (!body.has("estimated_units")) {
        body.reject("estimated_units", "is required, or give credits");
      }
    } else if (body.has("estimated_units")) {
      body.reject("credits", "excludes estimated_units: give one of the two");
    } else if (body.has("billable_metric_key")) {
      body.reject("billable_metric_key", "goes with estimated_units, not with credits");
    }
    body.finish();
    CustomerRef customer = named.in(call.caller().tenant());
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            customers.write(
                customer,
                new Reserve(
                    call.requestKey(),
                    metricKey,
                    units,
                    creditsMc,
                    metricKey == null
                        ? Pricing.NONE
                        : catalog.pricing(metricKey, tenants.now()).narrowedTo(properties),
                    catalog.config().policy(),
                    ttlSeconds == null
                        ? catalog.config().reservationDefaultTtlSeconds()
                        : ttlSeconds,
                    properties,
                    metadata)));
  }

  private CompletionStage<Reply> commit(Call call) {
    OwnedId id = id(call);
    JsonFields body = call.optionalBody();
    BigDecimal units = body.decimalOrNull("actual_units", DecimalRule.NOT_NEGATIVE);
    Long creditsMc = body.amountOrNull("credits", 0);
    boolean last = body.boolOr("final", true);
    Map<String, String> metadata = body.textMap("metadata", TextMapRule.METADATA);
    if (body.has("actual_units") && body.has("credits")) {
      body.reject("credits", "excludes actual_units: give one of the two");
    } else if (!last && !body.has("actual_units") && !body.has("credits")) {
      body.reject("actual_units", "is required if the commit is not final, or give credits");
    }
    body.finish();
    CustomerRef customer = Customers.owner(call, id);
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            customers.write(
                customer,
                new Commit(
                    call.requestKey(),
                    id.number(),
                    units,
                    creditsMc,
                    last,
                    catalog.config().policy(),
                    metadata),
                refusal -> problem(call, customer, refusal)));
  }

  private CompletionStage<Reply> release(Call call) {
    OwnedId id = id(call);
    JsonFields body = call.optionalBody();
    String note = body.textOrNull("reason", CreditRoutes.REASON);
    body.finish();
    CustomerRef customer = Customers.owner(call, id);
    return customers.write(
        customer,
        new Release(call.requestKey(), id.number(), note),
        refusal -> problem(call, customer, refusal));
  }

  private CompletionStage<Reply> extend(Call call) {
    OwnedId id = id(call);
    JsonFields body = call.body();
    long ttlSeconds = body.whole("ttl_seconds", 1, MAX_TTL_SECONDS);
    body.finish();
    CustomerRef customer = Customers.owner(call, id);
    return customers.write(
        customer,
        new Extend(call.requestKey(), id.number(), ttlSeconds),
        refusal -> problem(call, customer, refusal));
  }

  private static OwnedId id(Call call) {
    return Customers.owned(call, ID, OwnedId.Kind.RESERVATION, "reservation");
  }

  /** Why nothing was changed: of a reservation that has ended, with its final state. */
  private CompletionStage<Problem> problem(Call call, CustomerRef customer, Refusal refusal) {
    return switch (refusal) {
      case Refusal.CustomerNotFound _ ->
          CompletableFuture.completedFuture(Customers.notFound(call, ID, "reservation"));
      case Refusal.ReservationNotActive gone -> ended(call, customer, gone.reservation());
      default -> CompletableFuture.completedFuture(Refusals.problem(customer, refusal));
    };
  }

  private CompletionStage<Problem> ended(Call call, CustomerRef customer, long number) {
    return history
        .find(customer, number)
        .thenCombine(
            customers.read(customer, new CustomerQuery.ReadCustomer(), CustomerView.Customer.class),
            (found, view) -> {
              if (found == null) {
                return Customers.notFound(call, ID, "reservation");
              }
              boolean expired = found.status() == ReservationStatus.EXPIRED;
              return Problem.of(
                      expired ? ProblemType.RESERVATION_EXPIRED : ProblemType.RESERVATION_CLOSED,
                      expired
                          ? "The reservation expired at "
                              + found.expiresAt()
                              + "; what it held went back"
                          : "The reservation was "
                              + found.status().name().toLowerCase(Locale.ROOT)
                              + " before")
                  .withObject(
                      "reservation",
                      json ->
                          ReservationJson.write(
                              json, customer.customerId(), view.profile().externalId(), found));
            });
  }

  private CompletionStage<Reply> read(Call call) {
    OwnedId id = id(call);
    CustomerRef customer = Customers.owner(call, id);
    return customers
        .find(
            customer,
            new CustomerQuery.ReadReservation(id.number()),
            CustomerView.ActiveReservation.class)
        .thenCompose(view -> {
          if (view == null) {
            throw Customers.notFound(call, ID, "reservation").asException();
          }
          // What has just expired may not be in the journal yet.
          CompletionStage<@Nullable Reservation> found =
              view.reservation() == null
                  ? customers
                      .settledHead(customer)
                      .thenCompose(_ -> history.find(customer, id.number()))
                  : CompletableFuture.completedFuture(view.reservation());
          return found.thenApply(reservation -> {
            if (reservation == null) {
              throw Customers.notFound(call, ID, "reservation").asException();
            }
            return Reply.ok(json ->
                ReservationJson.write(json, customer.customerId(), view.externalId(), reservation));
          });
        });
  }

  private CompletionStage<Reply> list(Call call) {
    CustomerRef customer = Customers.of(call);
    QueryParameters query = call.query();
    ReservationStatus status = query.choiceOrNull("status", STATUSES);
    PageRequest page = PageRequest.byNumber(query, KIND);
    query.finish();
    Cursor cursor = page.cursor();
    Long before = cursor == null ? null : cursor.number(0);
    return status == ReservationStatus.ACTIVE
        ? listActive(customer, before, page.limit())
        : customers
            .settledHead(customer)
            .thenCompose(head ->
                gather(
                    customer,
                    before == null ? head.version() + 1 : before,
                    status,
                    page.limit(),
                    MAX_LOOKED_AT,
                    new ArrayList<>()))
            .thenCombine(
                customers.read(
                    customer, new CustomerQuery.ReadCustomer(), CustomerView.Customer.class),
                (found, view) -> reply(customer, view.profile().externalId(), found));
  }

  private CompletionStage<Reply> listActive(
      CustomerRef customer, @Nullable Long before, int limit) {
    return customers
        .read(
            customer,
            new CustomerQuery.ListReservations(before, limit),
            CustomerView.ReservationPage.class)
        .thenApply(page ->
            reply(
                customer,
                page.externalId(),
                new Page<>(
                    page.reservations(),
                    page.hasMore() ? cursorAfter(page.reservations().getLast()) : null)));
  }

  /** Reservations of that status out of the journal, until a page is full or enough was read. */
  private CompletionStage<Page<Reservation>> gather(
      CustomerRef customer,
      long before,
      @Nullable ReservationStatus status,
      int limit,
      int budget,
      List<Reservation> found) {
    int size = status == null ? limit + 1 : LOOKED_AT_ONCE;
    return history
        .newestFirst(customer, before, size)
        .thenCompose(looked -> {
          for (Reservation reservation : looked) {
            if (status == null || reservation.status() == status) {
              if (found.size() == limit) {
                return CompletableFuture.completedFuture(
                    new Page<>(found, cursorAfter(found.getLast())));
              }
              found.add(reservation);
            }
          }
          if (looked.size() < size) {
            return CompletableFuture.completedFuture(new Page<>(found, null));
          }
          return budget <= size
              ? CompletableFuture.completedFuture(new Page<>(found, cursorAfter(looked.getLast())))
              : gather(
                  customer, looked.getLast().terms().number(), status, limit, budget - size, found);
        });
  }

  private static Cursor cursorAfter(Reservation reservation) {
    return Cursor.at(KIND, reservation.terms().number());
  }

  private static Reply reply(
      CustomerRef customer, @Nullable String externalId, Page<Reservation> page) {
    return Reply.ok(json ->
        page.writeMembers(
            json,
            (each, reservation) ->
                ReservationJson.write(each, customer.customerId(), externalId, reservation)));
  }
}
