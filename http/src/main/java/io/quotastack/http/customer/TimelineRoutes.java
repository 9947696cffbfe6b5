package io.quotastack.http.customer;

import io.quotastack.engine.credits.Due;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.http.door.Customers;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What time will do to a customer next. */
public final class TimelineRoutes {
  private static final int MAX_LIMIT = 100;
  private static final int DEFAULT_LIMIT = 20;

  private final Customers customers;

  /** The routes to these customers' time-lines. */
  public TimelineRoutes(Customers customers) {
    this.customers = customers;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    Customers.both(routes::get, "/timeline", this::read, endpoint -> endpoint.query("limit"));
  }

  private CompletionStage<Reply> read(Call call) {
    CustomerRef customer = Customers.of(call);
    int limit = call.query().intOr("limit", 1, MAX_LIMIT, DEFAULT_LIMIT);
    call.query().finish();
    return customers
        .read(customer, new CustomerQuery.ReadTimeline(limit), CustomerView.Timeline.class)
        .thenApply(timeline ->
            Reply.ok(json ->
                json.objects(
                    "data",
                    timeline.next(),
                    (each, next) ->
                        each.instant("at", next.due().at())
                            .text("type", type(next.due().kind()))
                            .text("id", id(customer.customerId(), next.due()))
                            .numberOrNull("amount", next.amountMc()))));
  }

  private static String type(Due.Kind kind) {
    return switch (kind) {
      case HOLD_EXPIRY -> "reservation_expiry";
      case OVERAGE_CLEARING -> "overage_clearing";
      case EXPIRY -> "block_expiry";
      case ACTIVATION -> "block_activation";
      case AUTO_TOPUP -> "auto_topup";
    };
  }

  private static @Nullable String id(UUID customerId, Due due) {
    return switch (due.kind()) {
      case HOLD_EXPIRY -> OwnedId.Kind.RESERVATION.text(customerId, due.number());
      case EXPIRY, ACTIVATION -> OwnedId.Kind.BLOCK.text(customerId, due.number());
      case OVERAGE_CLEARING, AUTO_TOPUP -> null;
    };
  }
}
