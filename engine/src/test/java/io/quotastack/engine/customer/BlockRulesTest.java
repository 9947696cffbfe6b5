package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockStatus;
import io.quotastack.engine.customer.CustomerCommand.VoidBlock;
import io.quotastack.engine.customer.CustomerEvent.BlockExpired;
import io.quotastack.engine.customer.CustomerEvent.BlockVoided;
import io.quotastack.engine.customer.CustomerEvent.ReservationReleased;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** How blocks begin and end, with and without holds on them. */
class BlockRulesTest {
  private static final Instant EXPIRY = START.plusSeconds(60);

  private final Account account = Account.opened();

  private Block live(long block) {
    return Objects.requireNonNull(account.state.blocks().get(block));
  }

  // Voiding.

  @Test
  void voiding_takes_back_what_is_left_of_a_block() {
    account.granted(100);
    account.granted(5);
    account.used(30);
    account.mark();

    var voided = (BlockVoided) account.done(account.voiding(2));

    assertThat(account.ledger()).containsExactly("void -70 [2:70] = 5/0/0 block 2 (fraud)");
    assertThat(voided.block().status()).isEqualTo(BlockStatus.VOIDED);
    assertThat(voided.block().remainingMc()).isZero();
    assertThat(voided.block().terms()).isEqualTo(account.termsOf(2));
    assertThat(voided.webhook()).isPositive();
    assertThat(account.state.blocks().get(2)).isNull();
    assertThat(account.state.lifetimeConsumedMc()).as("is no usage").isEqualTo(30);
  }

  @Test
  void voiding_a_pending_block_changes_no_balance_and_keeps_it_from_taking_effect() {
    account.promised(100, EXPIRY);
    account.mark();

    account.done(account.voiding(2));
    account.settleAt(EXPIRY.plusSeconds(1));

    assertThat(account.ledger()).containsExactly("void 0 [2:100] = 0/0/0 block 2 (fraud)");
    assertThat(account.state.blocks().size()).isZero();
    assertThat(account.state.blocks().pendingMc()).isZero();
    assertThat(account.state.lifetimeGrantedMc()).isZero();
  }

  @Test
  void a_block_that_takes_effect_at_this_instant_is_voided_as_an_active_one() {
    account.promised(100, EXPIRY);
    account.wall = EXPIRY;
    account.mark();

    account.done(account.voiding(2));

    assertThat(account.ledger())
        .containsExactly(
            "grant 100 [2:100] = 100/0/0 block 2 (effective)",
            "void -100 [2:100] = 0/0/0 block 2 (fraud)");
  }

  @Test
  void a_voided_block_does_not_expire_any_more() {
    account.granted(100, EXPIRY);
    account.done(account.voiding(2));

    account.settleAt(EXPIRY);

    assertThat(account.journal).noneMatch(BlockExpired.class::isInstance);
  }

  @Test
  void a_block_with_nothing_to_take_back_is_not_voided() {
    account.granted(10); // 2: used up
    account.used(10); // 3
    account.granted(10, EXPIRY); // 4: expired
    account.settleAt(EXPIRY); // 5
    account.granted(10); // 6: voided
    account.done(account.voiding(6)); // 7
    account.granted(10); // 8: all of it is held
    account.reservedCredits(10); // 9

    for (long block : new long[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1_000_000}) {
      assertThat(account.refused(account.voiding(block)))
          .isEqualTo(new Refusal.BlockNotLive(block));
    }
  }

  @Test
  void voiding_names_a_customer_who_exists() {
    assertThat(new Account().refused(account.voiding(2))).isEqualTo(new Refusal.CustomerNotFound());
  }

  @Test
  void a_retry_of_a_void_is_answered_from_the_first() {
    account.granted(100);
    VoidBlock command = account.voiding(2);
    account.done(command);

    assertThat(account.judge(command)).isEqualTo(new Outcome.Replayed(3));
  }

  @Test
  void what_is_held_of_a_voided_block_stays_for_its_hold() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.mark();

    var voided = (BlockVoided) account.done(account.voiding(2));

    assertThat(account.ledger()).containsExactly("void -40 [2:40] = 60/60/0 block 2 (fraud)");
    assertThat(voided.block().remainingMc()).isEqualTo(60);
    assertThat(voided.block().heldMc()).isEqualTo(60);
    assertThat(live(2).status()).isEqualTo(BlockStatus.VOIDED);
    assertThat(account.refused(account.use(1))).isEqualTo(new Refusal.InsufficientCredits(1, 0));
    assertThat(account.refused(account.reserve(1)))
        .isEqualTo(new Refusal.InsufficientCredits(1, 0));
    assertThat(account.refused(account.voiding(2))).isEqualTo(new Refusal.BlockNotLive(2));
    assertThat(account.captured(account.commit(reservation)).costMc()).isEqualTo(60);
    assertThat(account.sums()).isEqualTo("0/0/0");
  }

  @Test
  void what_a_hold_lets_go_of_a_voided_block_is_taken_back_in_an_entry_of_its_own() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.done(account.voiding(2));
    account.mark();

    account.done(account.release(reservation));

    assertThat(account.ledger())
        .containsExactly(
            "release 0 [2:60] = 60/0/0 reservation 3 (released)",
            "void -60 [2:60] = 0/0/0 block 2 (voided)");
    var later = (BlockVoided) account.journal.getLast();
    assertThat(later.request()).isNull();
    assertThat(later.block().remainingMc()).isZero();
  }

  @Test
  void what_a_commit_lets_go_of_a_voided_block_is_taken_back_in_an_entry_of_its_own() {
    account.granted(100);
    long reservation = account.reserved(60);
    account.done(account.voiding(2));
    account.mark();

    assertThat(account.captured(account.commit(reservation, 45)).lostMc()).isEqualTo(15);

    assertThat(account.ledger())
        .containsExactly(
            "capture -45 [2:45] = 15/0/0 reservation 3",
            "void -15 [2:15] = 0/0/0 block 2 (voided)");
  }

  @Test
  void a_voided_block_with_a_hold_is_lost_as_voided_also_after_it_would_have_expired() {
    account.granted(100, EXPIRY);
    long reservation = account.reserved(60);
    account.done(account.voiding(2));
    account.mark();
    account.settleAt(EXPIRY);
    assertThat(account.ledger()).isEmpty();

    account.done(account.release(reservation));

    assertThat(account.ledger())
        .containsExactly(
            "release 0 [2:60] = 60/0/0 reservation 3 (released)",
            "void -60 [2:60] = 0/0/0 block 2 (voided)");
  }

  @Test
  void several_holds_on_a_voided_block_end_one_by_one() {
    account.granted(100);
    long first = account.reserved(30);
    long second = account.reserved(30);
    account.done(account.voiding(2));
    account.mark();

    account.done(account.release(first));
    account.done(account.commit(second, 10));

    assertThat(account.ledger())
        .containsExactly(
            "release 0 [2:30] = 60/30/0 reservation 3 (released)",
            "void -30 [2:30] = 30/30/0 block 2 (voided)",
            "capture -10 [2:10] = 20/0/0 reservation 4",
            "void -20 [2:20] = 0/0/0 block 2 (voided)");
  }

  // Expiry under holds.

  @Test
  void what_is_not_held_expires_at_once_and_what_is_held_when_the_hold_ends() {
    account.granted(100, EXPIRY);
    long reservation = account.reserved(60);
    account.mark();

    account.settleAt(EXPIRY);
    assertThat(account.state.effectiveBalanceMc()).isZero();
    assertThat(live(2).status()).isEqualTo(BlockStatus.EXPIRED);
    account.settleAt(EXPIRY.plusSeconds(30));
    account.done(account.release(reservation));

    assertThat(account.datedLedger())
        .containsExactly(
            "60s expire -40 [2:40] = 60/60/0 block 2 (expired)",
            "90s release 0 [2:60] = 60/0/0 reservation 3 (released)",
            "90s expire -60 [2:60] = 0/0/0 block 2 (expired)");
    assertThat(account.state.blocks().size()).isZero();
  }

  @Test
  void a_hold_on_an_expired_block_that_times_out_loses_it_at_that_instant() {
    account.granted(100, EXPIRY);
    account.done(account.reserve(BigDecimal.valueOf(60), Map.of(), 90));
    account.mark();

    account.settleAt(START.plus(Duration.ofDays(30)));

    assertThat(account.datedLedger())
        .containsExactly(
            "60s expire -40 [2:40] = 60/60/0 block 2 (expired)",
            "90s release 0 [2:60] = 60/0/0 reservation 3 (expired)",
            "90s expire -60 [2:60] = 0/0/0 block 2 (expired)");
  }

  @Test
  void a_commit_after_the_expiry_takes_what_it_needs_and_the_rest_is_lost() {
    account.granted(100, EXPIRY);
    long reservation = account.reserved(60);
    account.settleAt(EXPIRY);
    account.mark();

    account.done(account.commit(reservation, 45));

    assertThat(account.ledger())
        .containsExactly(
            "capture -45 [2:45] = 15/0/0 reservation 3",
            "expire -15 [2:15] = 0/0/0 block 2 (expired)");
  }

  @Test
  void of_a_block_that_is_held_whole_only_its_end_is_written() {
    account.granted(100, EXPIRY);
    long reservation = account.reserved(100);
    account.mark();

    account.settleAt(EXPIRY);

    assertThat(account.ledger()).containsExactly("expire 0 [] = 100/100/0 block 2 (expired)");
    assertThat(((BlockExpired) account.journal.getLast()).webhook())
        .as("nothing was lost")
        .isZero();
    account.done(account.commit(reservation));
    assertThat(account.sums()).isEqualTo("0/0/0");
    assertThat(account.ledger()).hasSize(2);
  }

  @Test
  void a_hold_over_several_blocks_loses_only_what_it_pinned_of_the_expired_one() {
    account.granted(100); // 2
    account.granted(50, EXPIRY); // 3
    long reservation = account.reserved(120); // 4: 3:50 2:70
    account.settleAt(EXPIRY);
    account.mark();

    var released = (ReservationReleased) account.done(account.release(reservation));

    assertThat(released.lostMc()).isEqualTo(50);
    assertThat(account.ledger())
        .containsExactly(
            "release 0 [3:50 2:70] = 150/0/0 reservation 4 (released)",
            "expire -50 [3:50] = 100/0/0 block 3 (expired)");
  }

  @Test
  void several_blocks_that_expired_under_one_hold_are_lost_in_the_order_of_the_hold() {
    account.granted(30, EXPIRY.plusSeconds(2)); // 2
    account.granted(30, EXPIRY); // 3
    account.granted(30, EXPIRY.plusSeconds(1)); // 4
    long reservation = account.reserved(90); // 5
    account.settleAt(EXPIRY.plusSeconds(9));
    account.mark();

    assertThat(account.captured(account.commit(reservation, 40)).lostMc()).isEqualTo(50);

    assertThat(account.ledger())
        .containsExactly(
            "capture -40 [3:30 4:10] = 50/0/0 reservation 5",
            "expire -20 [4:20] = 30/0/0 block 4 (expired)",
            "expire -30 [2:30] = 0/0/0 block 2 (expired)");
  }

  @Test
  void a_hold_that_ends_when_its_block_does_returns_it_first() {
    account.granted(100, EXPIRY);
    account.done(account.reserve(BigDecimal.valueOf(60), Map.of(), 60));
    account.mark();

    account.settleAt(EXPIRY);

    assertThat(account.datedLedger())
        .containsExactly(
            "60s release 0 [2:60] = 100/0/0 reservation 3 (expired)",
            "60s expire -100 [2:100] = 0/0/0 block 2 (expired)");
  }

  @Test
  void the_balance_with_holds_on_expired_blocks_is_never_less_than_nothing_to_spend() {
    account.granted(100, EXPIRY);
    account.granted(10);
    account.reserved(100);
    account.settleAt(EXPIRY);

    assertThat(account.sums()).isEqualTo("110/100/0");
    account.used(10);
    assertThat(account.refused(account.use(1))).isEqualTo(new Refusal.InsufficientCredits(1, 0));
  }

  @Test
  void an_expired_block_does_not_expire_twice_after_a_restart() {
    account.granted(100, EXPIRY);
    account.reserved(60);
    account.settleAt(EXPIRY);

    CustomerState restarted = CustomerSnapshot.of(account.state).state();

    assertThat(restarted.blocks().allDue()).isEmpty();
    assertThat(
            new CustomerDecider(Account.ID)
                .decide(
                    restarted, List.of(new CustomerCommand.SettleDue()), EXPIRY.plusSeconds(200))
                .events())
        .isEmpty();
  }

  // The order of what is due.

  @Test
  void at_one_instant_blocks_of_a_kind_go_by_age() {
    for (int i = 0; i < 3; i++) {
      account.granted(10 + i, EXPIRY);
    }
    for (int i = 0; i < 3; i++) {
      account.promised(20 + i, EXPIRY);
    }
    account.mark();

    account.settleAt(EXPIRY);

    assertThat(account.ledger())
        .containsExactly(
            "expire -10 [2:10] = 23/0/0 block 2 (expired)",
            "expire -11 [3:11] = 12/0/0 block 3 (expired)",
            "expire -12 [4:12] = 0/0/0 block 4 (expired)",
            "grant 20 [5:20] = 20/0/0 block 5 (effective)",
            "grant 21 [6:21] = 41/0/0 block 6 (effective)",
            "grant 22 [7:22] = 63/0/0 block 7 (effective)");
  }

  @Test
  void the_ledger_is_the_same_whoever_looked_and_when() {
    var watched = Account.opened();
    for (Account each : List.of(account, watched)) {
      each.granted(100, EXPIRY);
      each.promised(40, EXPIRY.plusSeconds(10), EXPIRY.plusSeconds(20));
      each.done(each.reserve(BigDecimal.valueOf(60), Map.of(), 65));
      each.done(each.reserve(BigDecimal.valueOf(10), Map.of(), 75));
    }
    for (int second = 1; second <= 100; second++) {
      watched.settleAt(START.plusSeconds(second));
    }
    account.settleAt(START.plusSeconds(100));

    assertThat(account.journal).isEqualTo(watched.journal);
    assertThat(account.datedLedger()).hasSize(11);
  }
}
