package io.quotastack.engine.journal;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.tenant.TenantEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** Reads stored events out of a list, by the rules of {@link JournalReader} to the letter. */
public final class InMemoryJournal implements JournalReader {
  private static final Map<Class<?>, String> NAMES = names();

  private final Function<String, List<? extends Object>> events;
  private final Supplier<SortedSet<String>> persistenceIds;
  private int reads;

  /** The events of each persistence id, oldest first; it can only be read by persistence id. */
  public InMemoryJournal(Function<String, List<? extends Object>> events) {
    this(
        events,
        () -> {
          throw new IllegalStateException("the names of the journals are not known");
        });
  }

  /** These journals, by persistence id; they may grow. */
  public InMemoryJournal(NavigableMap<String, List<CustomerEvent>> journals) {
    this(id -> journals.getOrDefault(id, List.of()), journals::navigableKeySet);
  }

  private InMemoryJournal(
      Function<String, List<? extends Object>> events, Supplier<SortedSet<String>> persistenceIds) {
    this.events = events;
    this.persistenceIds = persistenceIds;
  }

  private static Map<Class<?>, String> names() {
    var names = new HashMap<Class<?>, String>();
    for (Class<?> family : List.of(CustomerEvent.class, TenantEvent.class)) {
      for (JsonSubTypes.Type type :
          Objects.requireNonNull(family.getAnnotation(JsonSubTypes.class)).value()) {
        names.put(type.value(), type.name());
      }
    }
    return names;
  }

  @Override
  public CompletionStage<List<JournalRow>> read(
      String persistenceId,
      long fromSequence,
      long toSequence,
      Direction direction,
      Set<String> manifests,
      int limit) {
    check(manifests, limit);
    var rows = new ArrayList<JournalRow>();
    long sequence = 0;
    for (Object event : events.apply(persistenceId)) {
      sequence++;
      if (sequence >= fromSequence
          && sequence <= toSequence
          && (manifests.isEmpty() || manifests.contains(NAMES.get(event.getClass())))) {
        rows.add(new JournalRow(sequence, event));
      }
    }
    if (direction == Direction.NEWEST_FIRST) {
      Collections.reverse(rows);
    }
    return CompletableFuture.completedFuture(
        List.copyOf(rows.subList(0, Math.min(limit, rows.size()))));
  }

  @Override
  public CompletionStage<List<PlacedRow>> readAcross(
      String prefix,
      String afterPersistenceId,
      long afterSequence,
      Set<String> manifests,
      int limit) {
    check(manifests, limit);
    var rows = new ArrayList<PlacedRow>();
    for (String persistenceId : persistenceIds.get().tailSet(afterPersistenceId)) {
      long sequence = 0;
      for (Object event : events.apply(persistenceId)) {
        sequence++;
        if (persistenceId.startsWith(prefix)
            && (!persistenceId.equals(afterPersistenceId) || sequence > afterSequence)
            && (sequence == 1 || manifests.contains(NAMES.get(event.getClass())))) {
          rows.add(new PlacedRow(persistenceId, sequence, event));
        }
      }
    }
    return CompletableFuture.completedFuture(
        List.copyOf(rows.subList(0, Math.min(limit, rows.size()))));
  }

  private void check(Set<String> manifests, int limit) {
    if (limit < 1 || limit > MAX_ROWS) {
      throw new IllegalArgumentException("limit " + limit);
    }
    if (!NAMES.values().containsAll(manifests)) {
      throw new IllegalArgumentException("nothing is ever stored under " + manifests);
    }
    reads++;
  }

  /** How often something was read. */
  public int reads() {
    return reads;
  }
}
