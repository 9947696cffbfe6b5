package io.quotastack.http.metering;

import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.customer.Outcome;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Faults;
import io.quotastack.http.door.Refusals;
import io.quotastack.http.idempotency.IdempotencyKeys;
import io.quotastack.http.idempotency.RequestFingerprint;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.json.JsonWriter;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Up to {@value #MAX_EVENTS} usage events in one request, each answered by itself. The events of
 * one customer go to it together and in their order; different customers do not wait for each
 * other.
 */
final class UsageBatch {
  static final String PATH = "/v1/usage/batch";

  private static final int MAX_EVENTS = 1_000;

  private final Result[] results;
  private final Map<CustomerRef, List<Item>> byCustomer;

  /** A well-formed event on its way to its customer. */
  private record Item(int index, UsageInput input, RequestKey request) {}

  /** What became of an event. */
  private sealed interface Result {
    /** It took effect, now or before. */
    record Recorded(
        UUID customerId, @Nullable String externalId, UsageRecorded event, boolean before)
        implements Result {}

    /** It changed nothing, or it is not known whether it did. */
    record Rejected(Problem problem) implements Result {}
  }

  private UsageBatch(int size, Map<CustomerRef, List<Item>> byCustomer) {
    this.results = new Result[size];
    this.byCustomer = byCustomer;
  }

  /**
   * Reads a batch. What is wrong with single events waits in their results.
   *
   * @throws ProblemException if it is no list of events at all
   */
  static UsageBatch read(Call call) {
    JsonFields body = call.body();
    List<JsonFields> events = body.separateObjects("events", 1, MAX_EVENTS);
    body.finish();
    String batchKey = call.requestKey().key();
    var batch = new UsageBatch(events.size(), new LinkedHashMap<>());
    for (int index = 0; index < events.size(); index++) {
      JsonFields event = events.get(index);
      try {
        String key = event.textOr("idempotency_key", IdempotencyKeys.RULE, batchKey + "#" + index);
        UsageInput input = UsageInput.read(call.caller().tenant(), event);
        long fingerprint =
            RequestFingerprint.of("POST", PATH, event.json().getBytes(StandardCharsets.UTF_8));
        batch
            .byCustomer
            .computeIfAbsent(input.customer(), customer -> new ArrayList<>())
            .add(new Item(index, input, new RequestKey(key, fingerprint)));
      } catch (ProblemException e) {
        batch.results[index] = new Result.Rejected(e.problem());
      }
    }
    return batch;
  }

  /** Has all customers record their events; complete when all have answered. */
  CompletionStage<Reply> record(Customers customers, Catalog catalog, Instant now) {
    var all = new ArrayList<CompletableFuture<?>>();
    byCustomer.forEach((customer, items) -> {
      List<CustomerCommand> commands = new ArrayList<>(items.size());
      for (Item item : items) {
        commands.add(item.input().command(item.request(), catalog, now));
      }
      all.add(
          customers
              .write(customer, commands)
              .thenCompose(reply -> take(customers, customer, items, reply))
              .exceptionally(failure -> {
                reject(items, failure);
                return null;
              })
              .toCompletableFuture());
    });
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .thenApply(done -> reply());
  }

  private CompletionStage<@Nullable Void> take(
      Customers customers, CustomerRef customer, List<Item> items, WriteReply reply) {
    var replayed = new ArrayList<Long>();
    for (Outcome outcome : reply.outcomes()) {
      if (outcome instanceof Outcome.Replayed before) {
        replayed.add(before.sequence());
      }
    }
    return customers
        .ledger()
        .events(customer, replayed)
        .thenApply(events -> {
          for (int i = 0; i < items.size(); i++) {
            results[items.get(i).index()] =
                result(customer, items.get(i), reply, reply.outcomes().get(i), events);
          }
          return null;
        });
  }

  private static Result result(
      CustomerRef customer,
      Item item,
      WriteReply reply,
      Outcome outcome,
      Map<Long, CustomerEvent> events) {
    return switch (outcome) {
      case Outcome.Done done -> recorded(customer, reply.externalId(), done.event(), false);
      case Outcome.Replayed replayed ->
          recorded(customer, reply.externalId(), events.get(replayed.sequence()), true);
      case Outcome.Refused refused ->
          new Result.Rejected(
              Refusals.problem(customer, refused.refusal()).under("/events/" + item.index()));
      case Outcome.Settled _ -> throw new IllegalStateException("usage settles nothing");
    };
  }

  private static Result recorded(
      CustomerRef customer,
      @Nullable String externalId,
      @Nullable CustomerEvent event,
      boolean before) {
    if (event instanceof UsageRecorded used) {
      return new Result.Recorded(customer.customerId(), externalId, used, before);
    }
    throw new IllegalStateException("usage led to " + event);
  }

  private void reject(List<Item> items, Throwable failure) {
    Problem problem = Faults.problem(failure);
    if (problem == null) {
      throw new CompletionException(failure);
    }
    for (Item item : items) {
      results[item.index()] = new Result.Rejected(problem);
    }
  }

  private Reply reply() {
    int recorded = 0;
    int replayed = 0;
    for (Result result : results) {
      if (result instanceof Result.Recorded known) {
        recorded += known.before() ? 0 : 1;
        replayed += known.before() ? 1 : 0;
      }
    }
    int fresh = recorded;
    int again = replayed;
    return Reply.ok(json ->
            json.objects("results", indexes(), this::write)
                .number("recorded", fresh)
                .number("replayed", again)
                .number("rejected", results.length - fresh - again))
        .replayed(replayed == results.length);
  }

  private List<Integer> indexes() {
    var indexes = new ArrayList<Integer>(results.length);
    for (int i = 0; i < results.length; i++) {
      indexes.add(i);
    }
    return indexes;
  }

  private void write(JsonWriter json, int index) {
    json.number("index", index);
    switch (results[index]) {
      case Result.Recorded known -> {
        json.text("status", known.before() ? "replayed" : "recorded");
        UsageJson.recorded(json, known.customerId(), known.externalId(), known.event());
      }
      case Result.Rejected rejected ->
          json.text("status", "rejected")
              .object("problem", problem -> rejected.problem().writeMembers(problem, null));
    }
  }
}
