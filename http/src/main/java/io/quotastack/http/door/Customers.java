package io.quotastack.http.door;

import io.quotastack.engine.Engine;
import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerLedger;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.Outcome;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.customer.CustomerJson;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.metering.UsageJson;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Endpoint;
import io.quotastack.http.server.Reply;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What routes need of customers: who is meant by a path, writes whose answer is the event that they
 * led to (now or, replayed, at an earlier time), and reads.
 */
public final class Customers {
  /** What an external id is: 1 to 255 characters (semantics 1). */
  public static final TextRule EXTERNAL_ID = TextRule.length(1, 255);

  private static final int UUID_LENGTH = 36;
  private static final List<String> FAMILIES =
      List.of("/v1/customers/{customer_id}", "/v1/customer-by-external-id/{external_id}");

  private final Engine engine;
  private final CustomerLedger ledger;

  /** The customers of that engine. */
  public Customers(Engine engine) {
    this.engine = engine;
    this.ledger = new CustomerLedger(engine.journal());
  }

  /** Their ledgers. */
  public CustomerLedger ledger() {
    return ledger;
  }

  /** Adds one endpoint for each of the two ways in which a path names a customer. */
  public static void both(
      BiFunction<String, Endpoint.Handler, Endpoint> method,
      String rest,
      Endpoint.Handler handler,
      Consumer<Endpoint> more) {
    for (String family : FAMILIES) {
      more.accept(method.apply(family + rest, handler));
    }
  }

  /** Adds one endpoint for each of the two ways in which a path names a customer. */
  public static void both(
      BiFunction<String, Endpoint.Handler, Endpoint> method,
      String rest,
      Endpoint.Handler handler) {
    both(method, rest, handler, endpoint -> {});
  }

  /**
   * The customer that the path names, by its id or its external id.
   *
   * @throws io.quotastack.http.problems.ProblemException if the name can be none of a customer's
   */
  public static CustomerRef of(Call call) {
    TenantRef tenant = call.caller().tenant();
    String externalId = externalId(call);
    if (externalId != null) {
      return CustomerRef.ofExternalId(tenant, externalId);
    }
    UUID customerId = uuid(call.path("customer_id"));
    if (customerId == null) {
      throw Problem.customerNotFound().asException();
    }
    return new CustomerRef(tenant, customerId);
  }

  /** The external id in the path, or null if it names the customer by its id. */
  public static @Nullable String externalId(Call call) {
    String externalId = call.pathOrNull("external_id");
    String fault = externalId == null ? null : EXTERNAL_ID.fault(externalId);
    if (fault != null) {
      throw Problem.invalidRequest("path", "external_id " + fault).asException();
    }
    return externalId;
  }

  /** The UUID that a text is in its usual form, or null. */
  public static @Nullable UUID uuid(String text) {
    if (text.length() != UUID_LENGTH) {
      return null;
    }
    try {
      UUID uuid = UUID.fromString(text);
      // Java also reads groups of other lengths: a customer would have more than one id.
      return uuid.toString().equalsIgnoreCase(text) ? uuid : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Has the customer judge one command; answers the event that it led to, or the refusal. */
  public CompletionStage<Reply> write(CustomerRef customer, CustomerCommand.Keyed command) {
    return engine
        .write(customer, List.of(command))
        .thenCompose(reply -> {
          if (reply.unavailable() != null) {
            throw Refusals.problem(reply.unavailable()).asException();
          }
          return answer(customer, reply, reply.outcomes().getFirst());
        });
  }

  private CompletionStage<Reply> answer(CustomerRef customer, WriteReply reply, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done done ->
          CompletableFuture.completedFuture(
              render(customer, reply.externalId(), done.sequence(), done.event()));
      case Outcome.Replayed replayed ->
          ledger
              .event(customer, replayed.sequence())
              .thenApply(event ->
                  render(customer, reply.externalId(), replayed.sequence(), stored(event))
                      .replayed(true));
      case Outcome.Refused refused ->
          throw Refusals.problem(customer, refused.refusal()).asException();
      case Outcome.Settled ignored -> throw new IllegalStateException("a request settles nothing");
    };
  }

  /** Has the customer judge commands in their order; fails with a problem if it can't. */
  public CompletionStage<WriteReply> write(CustomerRef customer, List<CustomerCommand> commands) {
    return engine
        .write(customer, commands)
        .thenApply(reply -> {
          if (reply.unavailable() != null) {
            throw Refusals.problem(reply.unavailable()).asException();
          }
          return reply;
        });
  }

  private static CustomerEvent stored(@Nullable CustomerEvent event) {
    if (event == null) {
      throw new IllegalStateException("the event that answers a replay is not in the journal");
    }
    return event;
  }

  private static Reply render(
      CustomerRef customer, @Nullable String externalId, long sequence, CustomerEvent event) {
    UUID id = customer.customerId();
    return switch (event) {
      case CustomerEvent.CustomerCreated created ->
          Reply.created(json -> CustomerJson.write(json, id, created.profile(), sequence));
      case CustomerEvent.CustomerUpdated updated ->
          Reply.ok(json -> CustomerJson.write(json, id, updated.profile(), sequence));
      case CustomerEvent.CreditGranted granted ->
          Reply.created(json -> CreditsJson.grant(json, id, externalId, granted, sequence));
      case CustomerEvent.UsageRecorded used ->
          Reply.created(json -> UsageJson.write(json, id, externalId, used));
      case CustomerEvent.BlockActivated _, CustomerEvent.BlockExpired _ ->
          throw new IllegalStateException("no request leads to " + event);
    };
  }

  /**
   * Asks the customer; fails with a problem if it does not exist.
   *
   * @param type what the query is answered with
   */
  public <V extends CustomerView> CompletionStage<V> read(
      CustomerRef customer, CustomerQuery query, Class<V> type) {
    return engine
        .read(customer, query)
        .thenApply(reply -> {
          if (reply.unavailable() != null) {
            throw Refusals.problem(reply.unavailable()).asException();
          }
          if (reply.view() instanceof CustomerView.NotFound) {
            throw Problem.customerNotFound().asException();
          }
          return type.cast(reply.view());
        });
  }

  /**
   * The end of the customer's ledger, after all that time has done is in it; fails with a problem
   * if the customer does not exist.
   */
  public CompletionStage<CustomerView.LedgerHead> settledHead(CustomerRef customer) {
    return write(customer, List.of(new CustomerCommand.SettleDue()))
        .thenCompose(settled ->
            read(customer, new CustomerQuery.ReadLedgerHead(), CustomerView.LedgerHead.class));
  }
}
