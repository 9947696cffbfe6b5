package io.quotastack.bench.past;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.bench.past.AgedCustomers.Dimension;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerVerifier;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerState;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PastTest {
  private static final Instant NOW = Instant.parse("2026-01-15T09:00:00Z");
  private static final CustomerRef CUSTOMER =
      CustomerRef.ofExternalId(
          new TenantRef(TenantRef.newTenantId(), Environment.LIVE), "aged-000000000");

  private final List<CustomerEvent> events = new ArrayList<>();

  private CustomerState live(Dimension dimension, int size) throws SQLException {
    return new Past(9_000_000, 10)
        .live(
            CUSTOMER,
            "aged-000000000",
            new AgedCustomers(dimension, size, 0, 1),
            NOW,
            (sequence, event) -> {
              assertThat(sequence).isEqualTo(events.size() + 1);
              events.add(event);
            });
  }

  private void assertLedgerHolds(int entries, CustomerState state) {
    var verifier = new LedgerVerifier(CUSTOMER.customerId());
    for (CustomerEvent event : events) {
      LedgerEntry entry = event.entry();
      if (entry != null) {
        verifier.accept(entry);
      }
    }
    assertThat(state.ledgerSequence()).isEqualTo(entries);
    LedgerVerifier.Verdict verdict =
        verifier.verdict(entries, state.ledgerHash(), state.balanceMc());
    assertThat(verdict.valid()).as("%s", verdict).isTrue();
  }

  @Test
  void past_events_are_as_many_as_asked_for_and_their_keys_are_forgotten() throws SQLException {
    CustomerState state = live(Dimension.EVENTS, 1_000);

    assertThat(events).hasSize(1_000);
    assertThat(state.version()).isEqualTo(1_000);
    assertThat(state.balanceMc()).isEqualTo(9_000_000 - 998 * 10);
    assertThat(state.blocks().size()).isEqualTo(1);
    for (int request = 0; request < 999; request++) {
      assertThat(state.window().find(AgedCustomers.key(request), NOW)).isNull();
    }
    // What a day and the gathering of young keys leave in memory.
    assertThat(state.window().size()).isLessThan(700);
    assertLedgerHolds(999, state);
  }

  @Test
  void blocks_are_all_live_and_hold_what_was_granted() throws SQLException {
    CustomerState state = live(Dimension.BLOCKS, 300);

    assertThat(state.blocks().all()).hasSize(300).allMatch(Block::active);
    assertThat(state.balanceMc()).isEqualTo(9_000_000);
    assertThat(state.isDue(NOW.plus(Duration.ofDays(300)))).isFalse();
    assertThat(state.window().find(AgedCustomers.key(299), NOW)).isNull();
    assertThat(events).hasSize(301);
    assertLedgerHolds(300, state);
  }

  @Test
  void keys_are_all_remembered() throws SQLException {
    CustomerState state = live(Dimension.KEYS, 1_000);

    assertThat(state.window().size()).isEqualTo(1_000);
    for (int request = 0; request < 1_000; request++) {
      assertThat(state.window().find(AgedCustomers.key(request), NOW)).isNotNull();
    }
    assertThat(events).hasSize(1_001);
    assertThat(state.balanceMc()).isEqualTo(9_000_000 - 999 * 10);
    assertLedgerHolds(1_000, state);
  }

  @Test
  void a_million_keys_are_within_the_time_that_keys_are_kept() {
    assertThat(Past.length(new AgedCustomers(Dimension.KEYS, 1_000_000, 0, 1)))
        .isLessThan(IdempotencyWindow.KEPT.minus(Duration.ofHours(4)));
  }

  @Test
  void the_numbers_that_the_report_counts_on_are_those_of_the_past() throws SQLException {
    for (Dimension dimension : Dimension.values()) {
      events.clear();
      var aged = new AgedCustomers(dimension, 20, 0, 1);
      CustomerState state = live(dimension, 20);

      assertThat(state.version()).isEqualTo(aged.pastEvents());
      assertThat(state.ledgerSequence()).isEqualTo(aged.pastEntries());
      assertThat(state.lifetimeConsumedMc()).isEqualTo(aged.pastDebits() * 10L);
    }
  }

  @Test
  void a_past_begins_with_a_grant() {
    assertThatThrownBy(() -> new AgedCustomers(Dimension.EVENTS, 1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AgedCustomers(Dimension.KEYS, 0, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
