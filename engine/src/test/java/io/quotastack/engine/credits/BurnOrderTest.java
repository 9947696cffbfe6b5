package io.quotastack.engine.credits;

import static io.quotastack.engine.credits.SomeBlocks.terms;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which block is spent first. */
class BurnOrderTest {
  private static final Instant JANUARY = Instant.parse("2026-01-15T00:00:00Z");
  private static final Instant MARCH = Instant.parse("2026-03-01T00:00:00Z");
  private static final Instant APRIL = Instant.parse("2026-04-01T00:00:00Z");

  @Test
  void expiry_first_burns_what_would_be_lost_soonest() {
    assertOrder(
        BurnOrder.EXPIRY_FIRST,
        terms(4, 0, JANUARY, true),
        terms(3, 0, MARCH, true),
        terms(2, 10, APRIL, false),
        terms(1, 0, null, false));
  }

  @Test
  void priority_first_looks_at_the_expiry_only_within_a_priority() {
    assertOrder(
        BurnOrder.PRIORITY_FIRST,
        terms(4, 0, JANUARY, true),
        terms(3, 0, MARCH, true),
        terms(1, 0, null, false),
        terms(2, 10, APRIL, false));
  }

  @Test
  void at_one_expiry_the_lower_priority_burns_first() {
    assertOrder(
        BurnOrder.EXPIRY_FIRST,
        terms(2, 0, MARCH, true),
        terms(1, 1, MARCH, false),
        terms(3, 255, MARCH, false));
  }

  @Test
  void free_credits_burn_before_paid_ones_and_old_before_young() {
    for (BurnOrder order : BurnOrder.values()) {
      assertOrder(
          order,
          terms(3, 5, MARCH, false),
          terms(4, 5, MARCH, false),
          terms(1, 5, MARCH, true),
          terms(2, 5, MARCH, true));
    }
  }

  @Test
  void blocks_that_never_expire_burn_last_of_their_kind() {
    assertOrder(BurnOrder.EXPIRY_FIRST, terms(2, 200, APRIL, true), terms(1, 0, null, false));
    assertOrder(BurnOrder.PRIORITY_FIRST, terms(2, 0, APRIL, true), terms(1, 0, null, false));
  }

  @Test
  void a_price_of_zero_is_free() {
    assertThat(terms(1, 0, null, false).paid()).isFalse();
    assertThat(SomeBlocks.terms(1, 0, null, null, null).paid()).isFalse();
    assertThat(terms(1, 0, null, true).paid()).isTrue();
  }

  @Test
  void no_two_blocks_are_equal_in_the_order_and_it_is_transitive() {
    var random = new Random(7);
    List<@Nullable Instant> expiries = Arrays.asList(JANUARY, MARCH, APRIL, null);
    var blocks = new ArrayList<BlockTerms>();
    for (int number = 1; number <= 60; number++) {
      blocks.add(
          terms(number, random.nextInt(3), expiries.get(random.nextInt(4)), random.nextBoolean()));
    }
    for (BurnOrder order : BurnOrder.values()) {
      for (BlockTerms a : blocks) {
        for (BlockTerms b : blocks) {
          int ab = Integer.signum(order.comparator().compare(a, b));
          assertThat(ab).isEqualTo(-Integer.signum(order.comparator().compare(b, a)));
          assertThat(ab == 0).isEqualTo(a.number() == b.number());
          for (BlockTerms c : blocks) {
            if (ab < 0 && order.comparator().compare(b, c) < 0) {
              assertThat(order.comparator().compare(a, c)).isNegative();
            }
          }
        }
      }
    }
  }

  private static void assertOrder(BurnOrder order, BlockTerms... expected) {
    var shuffled = new ArrayList<>(List.of(expected));
    for (int seed = 0; seed < 20; seed++) {
      Collections.shuffle(shuffled, new Random(seed));
      assertThat(shuffled.stream().sorted(order.comparator())).containsExactly(expected);
    }
  }
}
