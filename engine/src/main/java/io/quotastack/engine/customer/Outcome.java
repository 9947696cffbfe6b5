package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What became of one command. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "outcome")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Outcome.Done.class, name = "done"),
  @JsonSubTypes.Type(value = Outcome.Replayed.class, name = "replayed"),
  @JsonSubTypes.Type(value = Outcome.Settled.class, name = "settled"),
  @JsonSubTypes.Type(value = Outcome.Refused.class, name = "refused")
})
public sealed interface Outcome {
  /** It took effect, durably. The event holds the answer; it stands in the journal there. */
  record Done(long sequence, CustomerEvent event) implements Outcome {}

  /** It had taken effect before, and did nothing now. The answer is in the journal there. */
  record Replayed(long sequence) implements Outcome {}

  /** All that was due is written down. */
  record Settled() implements Outcome {}

  /** It changed nothing. */
  record Refused(Refusal refusal) implements Outcome {}
}
