package io.quotastack.http.door;

import io.quotastack.engine.Engine;
import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerLedger;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.Outcome;
import io.quotastack.engine.customer.Refusal;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.http.input.TextRule;
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
import java.util.function.Function;
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

  /** What the engine stores, for what reads it by itself. */
  public JournalReader journal() {
    return engine.journal();
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

  /**
   * The thing of that kind that the path names, and its owner.
   *
   * @param name the name in braces
   * @throws io.quotastack.http.problems.ProblemException if it can be no id of that kind
   */
  public static OwnedId owned(Call call, String name, OwnedId.Kind kind, String what) {
    OwnedId id = kind.parse(call.path(name));
    if (id == null) {
      throw notFound(call, name, what).asException();
    }
    return id;
  }

  /** That the path names nothing that there is. */
  public static Problem notFound(Call call, String name, String what) {
    return Problem.notFound("There is no " + what + ' ' + call.path(name));
  }

  /** The owner of that thing, in the tenant of the caller. */
  public static CustomerRef owner(Call call, OwnedId id) {
    return new CustomerRef(call.caller().tenant(), id.customerId());
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
  public CompletionStage<Reply> write(CustomerRef customer, CustomerCommand command) {
    return write(
        customer,
        command,
        refusal -> CompletableFuture.completedFuture(Refusals.problem(customer, refusal)));
  }

  /**
   * Has the customer judge one command; answers the event that it led to, or the refusal.
   *
   * @param problem what the answer to a refusal is, if it takes a look into the journal to tell
   */
  public CompletionStage<Reply> write(
      CustomerRef customer,
      CustomerCommand command,
      Function<Refusal, CompletionStage<Problem>> problem) {
    return engine
        .write(customer, List.of(command))
        .thenCompose(reply -> {
          if (reply.unavailable() != null) {
            throw Refusals.problem(reply.unavailable()).asException();
          }
          return answer(customer, reply, reply.outcomes().getFirst(), problem);
        });
  }

  private CompletionStage<Reply> answer(
      CustomerRef customer,
      WriteReply reply,
      Outcome outcome,
      Function<Refusal, CompletionStage<Problem>> problem) {
    return switch (outcome) {
      case Outcome.Done done ->
          CompletableFuture.completedFuture(
              EventReplies.of(customer, reply.externalId(), done.sequence(), done.event()));
      case Outcome.Replayed replayed -> replay(customer, reply.externalId(), replayed.sequence());
      case Outcome.Refused refused ->
          problem
              .apply(refused.refusal())
              .thenCompose(refusal -> CompletableFuture.failedFuture(refusal.asException()));
      case Outcome.Settled ignored -> throw new IllegalStateException("a request settles nothing");
    };
  }

  /** The answer that was given before, from the event that holds it. */
  private CompletionStage<Reply> replay(
      CustomerRef customer, @Nullable String externalId, long sequence) {
    return ledger
        .event(customer, sequence)
        .thenApply(
            event -> EventReplies.of(customer, externalId, sequence, stored(event)).replayed(true));
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

  /**
   * Asks the customer; fails with a problem if it does not exist.
   *
   * @param type what the query is answered with
   */
  public <V extends CustomerView> CompletionStage<V> read(
      CustomerRef customer, CustomerQuery query, Class<V> type) {
    return find(customer, query, type)
        .thenApply(view -> {
          if (view == null) {
            throw Problem.customerNotFound().asException();
          }
          return view;
        });
  }

  /**
   * Asks the customer; null if it does not exist.
   *
   * @param type what the query is answered with
   */
  public <V extends CustomerView> CompletionStage<@Nullable V> find(
      CustomerRef customer, CustomerQuery query, Class<V> type) {
    return engine
        .read(customer, query)
        .thenApply(reply -> {
          if (reply.unavailable() != null) {
            throw Refusals.problem(reply.unavailable()).asException();
          }
          return reply.view() instanceof CustomerView.NotFound ? null : type.cast(reply.view());
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
