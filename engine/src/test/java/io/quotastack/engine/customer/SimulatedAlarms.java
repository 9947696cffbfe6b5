package io.quotastack.engine.customer;

import io.quotastack.engine.alarms.Alarms;
import io.quotastack.engine.ids.CustomerRef;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/** Alarms that are durable at once and are rung by the simulation. An answered one is gone. */
final class SimulatedAlarms implements Alarms {
  private final Map<CustomerRef, NavigableSet<Instant>> alarms = new ConcurrentHashMap<>();

  @Override
  public CompletionStage<@Nullable Void> set(CustomerRef customer, Instant at) {
    of(customer).add(at);
    return CompletableFuture.completedFuture(null);
  }

  private NavigableSet<Instant> of(CustomerRef customer) {
    return alarms.computeIfAbsent(customer, ignored -> new ConcurrentSkipListSet<>());
  }

  /** The earliest that is set; null = none is. */
  @Nullable Instant earliest(CustomerRef customer) {
    NavigableSet<Instant> set = of(customer);
    return set.isEmpty() ? null : set.first();
  }

  /** Whether the customer is to be rung by then. */
  boolean isToRing(CustomerRef customer, Instant now) {
    Instant earliest = earliest(customer);
    return earliest != null && !earliest.isAfter(now);
  }

  /** What rang at that instant was answered. */
  void answered(CustomerRef customer, Instant rangAt) {
    of(customer).headSet(rangAt, true).clear();
  }

  void forgetAll() {
    alarms.clear();
  }
}
