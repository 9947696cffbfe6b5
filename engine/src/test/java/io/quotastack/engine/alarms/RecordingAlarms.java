package io.quotastack.engine.alarms;

import io.quotastack.engine.ids.CustomerRef;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Remembers what was set, and rings nobody. */
public final class RecordingAlarms implements Alarms {
  /** One alarm that was set. */
  public record Alarm(CustomerRef customer, Instant at) {}

  private final List<Alarm> alarms = new CopyOnWriteArrayList<>();

  @Override
  public CompletionStage<@Nullable Void> set(CustomerRef customer, Instant at) {
    alarms.add(new Alarm(customer, at));
    return CompletableFuture.completedFuture(null);
  }

  /** All that were set, in their order, repeated ones too. */
  public List<Alarm> all() {
    return List.copyOf(alarms);
  }
}
