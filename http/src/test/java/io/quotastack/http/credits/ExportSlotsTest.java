package io.quotastack.http.credits;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** There are so many slots and no more, and none is lost. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExportSlotsTest {
  private final ActorTestKit kit = ActorTestKit.create();

  @AfterAll
  void stop() {
    kit.shutdownTestKit();
  }

  private static ExportSlots.Slot taken(ExportSlots slots) {
    return requireNonNull(slots.take());
  }

  @Test
  void a_slot_that_was_given_back_is_free_once() {
    var slots = new ExportSlots(kit.system(), 2, Duration.ofMinutes(1));
    ExportSlots.Slot first = taken(slots);
    ExportSlots.Slot second = taken(slots);
    assertThat(slots.take()).isNull();
    assertThat(second.begin()).isTrue();

    first.free();
    first.free();
    taken(slots);
    assertThat(slots.take()).isNull();
    second.free();
    taken(slots);
    assertThat(slots.take()).isNull();
  }

  @Test
  void a_slot_whose_answer_never_begins_comes_free_and_cannot_begin_any_more() {
    var slots = new ExportSlots(kit.system(), 1, Duration.ofMillis(50));
    ExportSlots.Slot forgotten = taken(slots);

    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> {
          ExportSlots.Slot next = slots.take();
          return next != null && next.begin();
        });
    assertThat(forgotten.begin()).isFalse();
    forgotten.free();
    assertThat(slots.take()).isNull(); // the other one has it
  }

  @Test
  void a_slot_whose_answer_has_begun_is_kept_for_as_long_as_it_takes() {
    var slots = new ExportSlots(kit.system(), 1, Duration.ofMillis(50));
    ExportSlots.Slot slot = taken(slots);
    assertThat(slot.begin()).isTrue();

    var others = new ExportSlots(kit.system(), 1, Duration.ofMillis(100));
    taken(others);
    await().atMost(Duration.ofSeconds(30)).until(() -> others.take() != null);
    assertThat(slots.take()).isNull();
    slot.free();
    taken(slots);
  }
}
