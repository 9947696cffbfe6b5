package io.quotastack.cluster.alarms;

import io.quotastack.engine.ids.CustomerRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Notes who was rung when, and answers as it is told to. */
final class Ringer implements Function<CustomerRef, CompletionStage<? extends Object>> {
  private final Function<CustomerRef, CompletionStage<? extends Object>> answers;
  private final Map<CustomerRef, List<Instant>> rings = new ConcurrentHashMap<>();

  Ringer() {
    this(customer -> CompletableFuture.completedFuture("it has looked"));
  }

  Ringer(Function<CustomerRef, CompletionStage<? extends Object>> answers) {
    this.answers = answers;
  }

  /** Rings, and nobody ever answers. */
  static Ringer unanswered() {
    return new Ringer(customer -> new CompletableFuture<>());
  }

  @Override
  public CompletionStage<? extends Object> apply(CustomerRef customer) {
    rings.computeIfAbsent(customer, first -> new CopyOnWriteArrayList<>()).add(Instant.now());
    return answers.apply(customer);
  }

  /** When that customer was rung. */
  List<Instant> rings(CustomerRef customer) {
    return List.copyOf(rings.getOrDefault(customer, List.of()));
  }

  /** How many customers were rung. */
  int customers() {
    return rings.size();
  }

  /** How often anybody was rung. */
  int all() {
    return rings.values().stream().mapToInt(List::size).sum();
  }
}
