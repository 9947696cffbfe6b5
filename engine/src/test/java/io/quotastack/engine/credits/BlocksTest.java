package io.quotastack.engine.credits;

import static io.quotastack.engine.credits.SomeBlocks.active;
import static io.quotastack.engine.credits.SomeBlocks.effectiveAt;
import static io.quotastack.engine.credits.SomeBlocks.pending;
import static io.quotastack.engine.credits.SomeBlocks.terms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The set of live blocks. */
class BlocksTest {
  private static final Instant SOON = Instant.parse("2026-02-01T00:00:00Z");
  private static final Instant LATER = Instant.parse("2026-03-01T00:00:00Z");

  private static final BlockTerms WALLET = terms(1, 0, null, null, null);
  private static final BlockTerms TOKENS = terms(2, 0, LATER, null, Set.of("tokens"));
  private static final BlockTerms PROMO = terms(3, 0, SOON, null, null);
  private static final BlockTerms BOTH = terms(4, 1, SOON, null, Set.of("tokens", "images"));

  private static final Blocks ALL =
      Blocks.of(
          List.of(active(WALLET, 400), active(TOKENS, 300), active(PROMO, 200), active(BOTH, 100)));

  @Test
  void nothing_is_worth_nothing_and_never_due() {
    assertThat(Blocks.empty().balanceMc()).isZero();
    assertThat(Blocks.empty().availableMc("tokens")).isZero();
    assertThat(Blocks.empty().nextDue()).isNull();
    assertThat(numbers(Blocks.empty(), BurnOrder.EXPIRY_FIRST, "tokens")).isEmpty();
    assertThat(Blocks.empty().plan(BurnOrder.EXPIRY_FIRST, "tokens", 5)).isEmpty();
  }

  @Test
  void scoped_blocks_pay_only_for_their_metrics() {
    assertThat(ALL.balanceMc()).isEqualTo(1_000);
    assertThat(ALL.availableMc("tokens")).isEqualTo(1_000);
    assertThat(ALL.availableMc("images")).isEqualTo(700);
    assertThat(ALL.availableMc("calls")).isEqualTo(600);
    assertThat(ALL.availableMc(null)).isEqualTo(600);
    assertThat(numbers(ALL, BurnOrder.EXPIRY_FIRST, "tokens")).containsExactly(3L, 4L, 2L, 1L);
    assertThat(numbers(ALL, BurnOrder.PRIORITY_FIRST, "tokens")).containsExactly(3L, 2L, 1L, 4L);
    assertThat(numbers(ALL, BurnOrder.EXPIRY_FIRST, "images")).containsExactly(3L, 4L, 1L);
    assertThat(numbers(ALL, BurnOrder.EXPIRY_FIRST, "calls")).containsExactly(3L, 1L);
    assertThat(numbers(ALL, BurnOrder.EXPIRY_FIRST, null)).containsExactly(3L, 1L);
  }

  @Test
  void a_plan_goes_on_in_the_next_block_and_takes_no_more_than_there_is() {
    assertThat(ALL.plan(BurnOrder.EXPIRY_FIRST, "tokens", 301))
        .containsExactly(new Allocation(3, 200), new Allocation(4, 100), new Allocation(2, 1));
    assertThat(ALL.plan(BurnOrder.EXPIRY_FIRST, "images", 5_000))
        .containsExactly(new Allocation(3, 200), new Allocation(4, 100), new Allocation(1, 400));
    assertThat(ALL.plan(BurnOrder.EXPIRY_FIRST, "images", 0)).isEmpty();
  }

  @Test
  void a_block_that_is_used_up_leaves() {
    Blocks spent = ALL.spend(new Allocation(3, 200));

    assertThat(spent.get(3)).isNull();
    assertThat(spent.size()).isEqualTo(3);
    assertThat(spent.balanceMc()).isEqualTo(800);
    assertThat(spent.availableMc("calls")).isEqualTo(400);
    assertThat(spent.allDue()).extracting(Due::number).containsExactly(4L, 2L);
    assertThat(ALL.balanceMc()).as("what was before is untouched").isEqualTo(1_000);
    assertThat(ALL.get(3)).isNotNull();
  }

  @Test
  void spending_a_part_lowers_every_scope_that_the_block_pays_for() {
    Blocks spent = ALL.spend(new Allocation(4, 30));

    assertThat(spent.availableMc("tokens")).isEqualTo(970);
    assertThat(spent.availableMc("images")).isEqualTo(670);
    assertThat(spent.availableMc("calls")).isEqualTo(600);
    assertThat(spent.get(4)).isEqualTo(active(BOTH, 70));
  }

  @Test
  void more_than_a_block_has_is_never_spent() {
    assertThatThrownBy(() -> ALL.spend(new Allocation(3, 201)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> ALL.spend(new Allocation(9, 1)))
        .isInstanceOf(IllegalStateException.class);
    Blocks promised = Blocks.empty().plus(pending(effectiveAt(PROMO, SOON)));
    assertThatThrownBy(() -> promised.spend(new Allocation(3, 1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void what_is_held_is_not_spent() {
    Blocks held = Blocks.of(List.of(new Block(WALLET, 400, 150, true)));

    assertThat(held.balanceMc()).isEqualTo(400);
    assertThat(held.heldMc()).isEqualTo(150);
    assertThat(held.availableMc("tokens")).isEqualTo(250);
    assertThat(held.plan(BurnOrder.EXPIRY_FIRST, "tokens", 300))
        .containsExactly(new Allocation(1, 250));
    assertThatThrownBy(() -> held.spend(new Allocation(1, 251)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_pending_block_counts_only_once_it_is_active() {
    BlockTerms later = effectiveAt(terms(5, 0, LATER, null, Set.of("tokens")), SOON);
    Blocks promised = ALL.plus(pending(later));

    assertThat(promised.balanceMc()).isEqualTo(1_000);
    assertThat(promised.pendingMc()).isEqualTo(1_000);
    assertThat(promised.availableMc("tokens")).isEqualTo(1_000);
    assertThat(numbers(promised, BurnOrder.EXPIRY_FIRST, "tokens")).doesNotContain(5L);
    assertThat(promised.allDue()).contains(new Due(SOON, Due.Kind.ACTIVATION, 5));

    Blocks arrived = promised.activate(5);

    assertThat(arrived.balanceMc()).isEqualTo(2_000);
    assertThat(arrived.pendingMc()).isZero();
    assertThat(arrived.availableMc("tokens")).isEqualTo(2_000);
    assertThat(arrived.availableMc("images")).isEqualTo(700);
    assertThat(numbers(arrived, BurnOrder.EXPIRY_FIRST, "tokens"))
        .containsExactly(3L, 4L, 2L, 5L, 1L);
    assertThat(arrived.allDue()).doesNotContain(new Due(SOON, Due.Kind.ACTIVATION, 5));
  }

  @Test
  void a_pending_block_can_leave_too() {
    Blocks promised = ALL.plus(pending(effectiveAt(terms(5, 0, LATER, null, null), SOON)));

    Blocks without = promised.end(5, 1_000, Block.Ending.VOIDED);

    assertThat(without.pendingMc()).isZero();
    assertThat(without.balanceMc()).isEqualTo(1_000);
    assertThat(without.allDue()).isEqualTo(ALL.allDue());
  }

  @Test
  void without_its_blocks_a_scope_is_as_if_it_had_never_been() {
    Blocks emptied =
        ALL.end(1, 400, Block.Ending.VOIDED)
            .end(2, 300, Block.Ending.EXPIRED)
            .end(3, 200, Block.Ending.EXPIRED)
            .end(4, 100, Block.Ending.VOIDED);

    assertThat(emptied.size()).isZero();
    assertThat(emptied.balanceMc()).isZero();
    assertThat(emptied.availableMc("tokens")).isZero();
    assertThat(emptied.nextDue()).isNull();
    assertThat(numbers(emptied, BurnOrder.EXPIRY_FIRST, "tokens")).isEmpty();
  }

  @Test
  void at_one_instant_what_ends_comes_before_what_begins() {
    Blocks blocks =
        Blocks.empty()
            .plus(pending(effectiveAt(terms(1, 0, null, null, null), SOON)))
            .plus(active(terms(2, 0, SOON, null, null), 10))
            .plus(active(terms(3, 0, SOON.minusMillis(1), null, null), 10));

    assertThat(blocks.nextDue()).isEqualTo(new Due(SOON.minusMillis(1), Due.Kind.EXPIRY, 3));
    assertThat(blocks.allDue())
        .containsExactly(
            new Due(SOON.minusMillis(1), Due.Kind.EXPIRY, 3),
            new Due(SOON, Due.Kind.EXPIRY, 2),
            new Due(SOON, Due.Kind.ACTIVATION, 1));
  }

  @Test
  void the_sums_stay_in_range() {
    BlockTerms huge =
        new BlockTerms(
            7,
            Amounts.MAX_MC,
            0,
            SOON,
            null,
            BlockSource.PLAN,
            null,
            null,
            null,
            null,
            Map.of(),
            SOON);
    Blocks full = Blocks.empty().plus(new Block(huge, Amounts.MAX_MC, 0, true));

    assertThat(full.balanceMc()).isEqualTo(9_007_199_254_740_991L);
    assertThatThrownBy(() -> full.plus(active(WALLET, 1)))
        .isInstanceOf(AmountOutOfRangeException.class);
  }

  @Test
  void a_block_never_holds_more_than_it_has_nor_has_more_than_it_had() {
    assertThatThrownBy(() -> new Block(WALLET, 10, 11, true))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new Block(WALLET, 10, -1, true))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new Block(WALLET, 1_001, 0, true))
        .isInstanceOf(IllegalStateException.class);
  }

  // Holds, and blocks that end under them.

  @Test
  void a_hold_leaves_the_balance_and_takes_from_what_is_available() {
    Blocks held = ALL.hold(new Allocation(4, 30));

    assertThat(held.balanceMc()).isEqualTo(1_000);
    assertThat(held.heldMc()).isEqualTo(30);
    assertThat(held.availableMc("tokens")).isEqualTo(970);
    assertThat(held.availableMc("images")).isEqualTo(670);
    assertThat(held.get(4)).isEqualTo(new Block(BOTH, 100, 30, true));
    assertThat(held.release(new Allocation(4, 30)).availableMc("tokens")).isEqualTo(1_000);
  }

  @Test
  void a_block_that_is_held_whole_is_out_of_the_burn_order_until_something_returns() {
    Blocks held = ALL.hold(new Allocation(3, 200));

    assertThat(numbers(held, BurnOrder.EXPIRY_FIRST, "calls")).containsExactly(1L);
    assertThat(numbers(held, BurnOrder.PRIORITY_FIRST, "calls")).containsExactly(1L);
    assertThat(held.allDue()).as("it expires all the same").isEqualTo(ALL.allDue());
    assertThat(numbers(held.release(new Allocation(3, 1)), BurnOrder.EXPIRY_FIRST, "calls"))
        .containsExactly(3L, 1L);
  }

  @Test
  void no_more_is_held_than_is_free() {
    Blocks held = ALL.hold(new Allocation(3, 150));

    assertThatThrownBy(() -> held.hold(new Allocation(3, 51)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> held.spend(new Allocation(3, 51)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> held.release(new Allocation(3, 151)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> held.capture(new Allocation(3, 151)))
        .isInstanceOf(IllegalStateException.class);
    Blocks promised = Blocks.empty().plus(pending(effectiveAt(PROMO, SOON)));
    assertThatThrownBy(() -> promised.hold(new Allocation(3, 1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_capture_takes_from_what_is_held_and_of_the_balance() {
    Blocks captured = ALL.hold(new Allocation(3, 150)).capture(new Allocation(3, 100));

    assertThat(captured.balanceMc()).isEqualTo(900);
    assertThat(captured.heldMc()).isEqualTo(50);
    assertThat(captured.availableMc("calls")).isEqualTo(450);
    assertThat(captured.get(3)).isEqualTo(new Block(PROMO, 100, 50, true));
  }

  @Test
  void a_block_that_is_captured_whole_leaves() {
    Blocks captured = ALL.hold(new Allocation(3, 200)).capture(new Allocation(3, 200));

    assertThat(captured.get(3)).isNull();
    assertThat(captured.heldMc()).isZero();
    assertThat(captured.allDue()).extracting(Due::number).containsExactly(4L, 2L);
  }

  @Test
  void of_a_block_that_ends_what_is_held_stays_for_nobody_else() {
    for (Block.Ending ending : Block.Ending.values()) {
      Blocks ended = ALL.hold(new Allocation(3, 150)).end(3, 50, ending);

      assertThat(ended.get(3)).isEqualTo(new Block(PROMO, 150, 150, false, ending));
      assertThat(ended.balanceMc()).isEqualTo(950);
      assertThat(ended.heldMc()).isEqualTo(150);
      assertThat(ended.availableMc("calls")).isEqualTo(400);
      assertThat(ended.pendingMc()).isZero();
      assertThat(numbers(ended, BurnOrder.EXPIRY_FIRST, "calls")).containsExactly(1L);
      assertThat(ended.allDue()).extracting(Due::number).containsExactly(4L, 2L);
      assertThat(ended.planOverAll(BurnOrder.EXPIRY_FIRST, 10_000))
          .extracting(Allocation::block)
          .doesNotContain(3L);
    }
  }

  @Test
  void what_returns_to_a_block_that_has_ended_is_for_nobody() {
    Blocks returned =
        ALL.hold(new Allocation(3, 150))
            .end(3, 50, Block.Ending.EXPIRED)
            .release(new Allocation(3, 60));

    assertThat(returned.get(3)).isEqualTo(new Block(PROMO, 150, 90, false, Block.Ending.EXPIRED));
    assertThat(returned.availableMc("calls")).isEqualTo(400);
    assertThat(returned.balanceMc()).isEqualTo(950);
    assertThatThrownBy(() -> returned.spend(new Allocation(3, 1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> returned.hold(new Allocation(3, 1)))
        .isInstanceOf(IllegalStateException.class);
    Blocks lost = returned.end(3, 60, Block.Ending.EXPIRED).capture(new Allocation(3, 90));
    assertThat(lost.get(3)).isNull();
    assertThat(lost.balanceMc()).isEqualTo(800);
    assertThat(lost.heldMc()).isZero();
  }

  @Test
  void a_block_that_was_used_up_comes_back_as_it_was() {
    Blocks back = ALL.spend(new Allocation(3, 200)).giveBack(PROMO, 70, null);

    assertThat(back.get(3)).isEqualTo(active(PROMO, 70));
    assertThat(back.balanceMc()).isEqualTo(870);
    assertThat(back.availableMc("calls")).isEqualTo(470);
    assertThat(numbers(back, BurnOrder.EXPIRY_FIRST, "calls")).containsExactly(3L, 1L);
    assertThat(back.allDue()).isEqualTo(ALL.allDue());
  }

  @Test
  void more_comes_back_to_a_block_that_is_still_there() {
    Blocks back =
        ALL.spend(new Allocation(3, 150)).hold(new Allocation(3, 20)).giveBack(PROMO, 70, null);

    assertThat(back.get(3)).isEqualTo(new Block(PROMO, 120, 20, true));
    assertThat(back.availableMc("calls")).isEqualTo(500);
  }

  @Test
  void what_comes_back_to_a_block_that_is_over_can_only_be_lost() {
    for (Block.Ending ending : Block.Ending.values()) {
      Blocks back = ALL.spend(new Allocation(3, 200)).giveBack(PROMO, 70, ending);

      assertThat(back.get(3)).isEqualTo(new Block(PROMO, 70, 0, false, ending));
      assertThat(back.balanceMc()).isEqualTo(870);
      assertThat(back.pendingMc()).isZero();
      assertThat(back.availableMc("calls")).isEqualTo(400);
      assertThat(back.allDue()).extracting(Due::number).containsExactly(4L, 2L);
      assertThat(back.end(3, 70, ending).get(3)).isNull();
    }
  }

  @Test
  void credits_are_taken_back_from_all_active_blocks_whatever_they_pay_for() {
    Blocks some =
        ALL.hold(new Allocation(4, 60))
            .plus(pending(effectiveAt(terms(5, 0, LATER, null, null), SOON)));

    assertThat(some.planOverAll(BurnOrder.EXPIRY_FIRST, 5_000))
        .containsExactly(
            new Allocation(3, 200),
            new Allocation(4, 40),
            new Allocation(2, 300),
            new Allocation(1, 400));
    assertThat(some.planOverAll(BurnOrder.PRIORITY_FIRST, 501))
        .containsExactly(new Allocation(3, 200), new Allocation(2, 300), new Allocation(1, 1));
    assertThat(some.planOverAll(BurnOrder.PRIORITY_FIRST, 0)).isEmpty();
  }

  @Test
  void a_snapshot_gives_blocks_that_have_ended_and_held_ones_back() {
    Blocks some =
        ALL.hold(new Allocation(3, 150))
            .end(3, 50, Block.Ending.VOIDED)
            .hold(new Allocation(1, 1))
            .plus(pending(effectiveAt(terms(5, 0, LATER, null, null), SOON)));

    Blocks read = Blocks.of(some.all());

    assertThat(read.all()).containsExactlyElementsOf(some.all());
    assertThat(read.balanceMc()).isEqualTo(some.balanceMc());
    assertThat(read.heldMc()).isEqualTo(some.heldMc());
    assertThat(read.pendingMc()).isEqualTo(some.pendingMc());
    assertThat(read.availableMc("tokens")).isEqualTo(some.availableMc("tokens"));
    assertThat(read.allDue()).isEqualTo(some.allDue());
    assertThat(numbers(read, BurnOrder.EXPIRY_FIRST, "tokens"))
        .isEqualTo(numbers(some, BurnOrder.EXPIRY_FIRST, "tokens"));
  }

  @Test
  void a_block_is_not_active_when_it_has_ended() {
    assertThatThrownBy(() -> new Block(WALLET, 10, 0, true, Block.Ending.EXPIRED))
        .isInstanceOf(IllegalStateException.class);
    assertThat(new Block(WALLET, 10, 10, false, Block.Ending.EXPIRED).status())
        .isEqualTo(BlockStatus.EXPIRED);
    assertThat(new Block(WALLET, 10, 10, false, Block.Ending.VOIDED).status())
        .isEqualTo(BlockStatus.VOIDED);
    assertThat(new Block(WALLET, 10, 0, true).status()).isEqualTo(BlockStatus.ACTIVE);
    assertThat(new Block(WALLET, 10, 0, false).status()).isEqualTo(BlockStatus.PENDING);
  }

  private static List<Long> numbers(Blocks blocks, BurnOrder order, @Nullable String metricKey) {
    var numbers = new ArrayList<Long>();
    blocks.inBurnOrder(order, metricKey).forEach(block -> numbers.add(block.terms().number()));
    return numbers;
  }
}
