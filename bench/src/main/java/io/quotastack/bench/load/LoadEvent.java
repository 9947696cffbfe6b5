package io.quotastack.bench.load;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** What a load process tells the orchestrator, one JSON object a line. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = LoadEvent.Ready.class, name = "ready"),
  @JsonSubTypes.Type(value = LoadEvent.WindowOpened.class, name = "window_opened"),
  @JsonSubTypes.Type(value = LoadEvent.WindowClosed.class, name = "window_closed"),
  @JsonSubTypes.Type(value = LoadEvent.Finished.class, name = "finished"),
  @JsonSubTypes.Type(value = LoadEvent.Probed.class, name = "probed"),
  @JsonSubTypes.Type(value = LoadEvent.Acknowledged.class, name = "acknowledged"),
  @JsonSubTypes.Type(value = LoadEvent.Failed.class, name = "failed")
})
public sealed interface LoadEvent {
  record Ready() implements LoadEvent {}

  record WindowOpened() implements LoadEvent {}

  record WindowClosed() implements LoadEvent {}

  /**
   * The run is over and nothing is in flight.
   *
   * @param operations right answers that belong to the window
   * @param late right answers of the window that came after its end (open loop only)
   * @param latencies an encoded {@link Latencies} of these operations
   */
  record Finished(
      long operations,
      long late,
      double windowSeconds,
      long errors,
      List<String> errorSamples,
      String latencies)
      implements LoadEvent {}

  /**
   * The probe is over.
   *
   * @param nanos how long each request took, in the order of the probe; those with a wrong answer
   *     are left out
   */
  record Probed(List<Long> nanos, long errors, List<String> errorSamples) implements LoadEvent {}

  /** How many debits were acknowledged, by customer number. */
  record Acknowledged(List<Integer> counts) implements LoadEvent {}

  /** The order could not be carried out at all. */
  record Failed(String why) implements LoadEvent {}
}
