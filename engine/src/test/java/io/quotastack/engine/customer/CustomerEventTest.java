package io.quotastack.engine.customer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.quotastack.engine.credits.LedgerEntry;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What all events have in common. */
class CustomerEventTest {
  @Test
  void every_event_with_a_ledger_entry_is_part_of_the_ledger_and_no_other_is() {
    var withEntry = new TreeSet<String>();
    JsonSubTypes declared =
        Objects.requireNonNull(CustomerEvent.class.getAnnotation(JsonSubTypes.class));
    for (JsonSubTypes.Type type : declared.value()) {
      if (Arrays.stream(type.value().getRecordComponents())
          .map(RecordComponent::getType)
          .anyMatch(LedgerEntry.class::equals)) {
        withEntry.add(type.name());
      }
    }

    assertThat(CustomerLedger.WITH_ENTRY).containsExactlyInAnyOrderElementsOf(withEntry);
  }
}
