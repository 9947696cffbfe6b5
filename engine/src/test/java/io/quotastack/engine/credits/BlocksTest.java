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

  private static List<Long> numbers(Blocks blocks, BurnOrder order, @Nullable String metricKey) {
    var numbers = new ArrayList<Long>();
    blocks.inBurnOrder(order, metricKey).forEach(block -> numbers.add(block.terms().number()));
    return numbers;
  }
}
