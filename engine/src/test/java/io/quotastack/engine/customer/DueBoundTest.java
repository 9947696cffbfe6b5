package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.customer.CustomerCommand.RefuseTopup;
import io.quotastack.engine.customer.CustomerCommand.SetAutoTopup;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.topups.AutoTopup;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Before commands are judged there is an alarm for all that they can make due. That it is never too
 * late {@link Account} checks at every command of every test; here is what needs more than one.
 */
class DueBoundTest {
  private final Account account = Account.opened();

  private @Nullable Instant bound(CustomerCommand... commands) {
    return DueBound.of(account.state, List.of(commands), account.wall);
  }

  private static SetAutoTopup set(int maxPerWindow, long windowSeconds) {
    return new SetAutoTopup(new AutoTopup.Settings(100, null, 50L, maxPerWindow, windowSeconds));
  }

  @Test
  void what_nothing_can_make_due_needs_no_alarm() {
    account.granted(100);

    assertThat(bound(account.use(5), account.adjust(5), account.adjust(-5))).isNull();
    assertThat(bound(account.voiding(2), new CustomerCommand.SettleDue())).isNull();
    assertThat(bound(Customers.grant("a", 5), account.topup("pi_1", 5, 5))).isNull();
  }

  @Test
  void of_many_commands_the_earliest_counts() {
    assertThat(
            bound(
                account.promise(5, START.plusSeconds(60), START.plusSeconds(90)),
                Customers.grant("a", 5, 0, START.plusSeconds(50)),
                account.reserve(5),
                account.extend(3, 40)))
        .isEqualTo(START.plusSeconds(40));
  }

  @Test
  void a_block_that_was_used_up_and_gets_something_back_expires_again() {
    account.granted(100, START.plusSeconds(600)); // 2
    account.granted(100, START.plusSeconds(500)); // 3
    UsageRecorded used = account.used(200);
    assertThat(account.state.nextDue()).isNull();

    assertThat(bound(account.reverse(account.numberOf(used), 10L)))
        .isEqualTo(START.plusSeconds(500));
  }

  @Test
  void a_topup_that_waits_for_its_window_is_asked_for_when_that_has_room() {
    account.granted(100);
    account.done(set(1, 1_800));
    account.used(1); // asked for
    account.done(account.topup("pi_1", 50, 0)); // 149 are there
    account.pass(Duration.ofMinutes(20));
    assertThat(account.state.nextDue()).isNull();

    account.used(60);

    assertThat(account.state.nextDue()).isNotNull();
    assertThat(account.state.nextDue().at()).isEqualTo(START.plusSeconds(1_800));
  }

  @Test
  void a_topup_that_is_too_small_waits_for_the_window_not_for_the_end_of_the_one_before() {
    account.done(set(1, 60));
    account.pass(Duration.ofSeconds(10));

    account.done(account.topup("pi_1", 50, 0));

    assertThat(account.state.nextDue()).isNotNull();
    assertThat(account.state.nextDue().at()).isEqualTo(START.plusSeconds(60));
  }

  @Test
  void a_topup_that_waits_for_a_pause_is_asked_for_at_its_end() {
    account.granted(100);
    account.done(set(100, 60));
    account.used(1);
    account.done(new RefuseTopup(account.key()));
    account.granted(10);
    account.pass(Duration.ofMinutes(50));

    account.used(20);

    assertThat(account.state.nextDue()).isNotNull();
    assertThat(account.state.nextDue().at()).isEqualTo(START.plusSeconds(3_600));
  }

  @Test
  void a_shorter_window_lets_the_next_be_asked_for_sooner() {
    account.done(set(1, 86_400));
    account.done(account.topup("pi_1", 50, 0));
    account.pass(Duration.ofSeconds(10));

    account.done(set(1, 60));

    assertThat(account.state.nextDue()).isNotNull();
    assertThat(account.state.nextDue().at()).isEqualTo(START.plusSeconds(60));
  }

  @Test
  void what_is_asked_for_and_granted_in_one_batch_may_be_asked_for_again_after_the_window() {
    account.granted(100);
    account.done(set(1, 60));
    CustomerCommand[] commands = {account.use(90), account.topup("pi_1", 5, 0)};
    Instant bound = bound(commands);

    CustomerState after =
        new CustomerDecider(Account.ID).decide(account.state, List.of(commands), START).state();

    assertThat(after.nextDue()).isNotNull();
    assertThat(after.nextDue().at()).isEqualTo(START.plusSeconds(60));
    assertThat(bound).isEqualTo(START.plusSeconds(60));
  }

  @Test
  void while_a_topup_is_pending_its_end_is_alarm_enough() {
    account.done(set(1, 60));

    assertThat(bound(account.use(0), new RefuseTopup(account.key()))).isNull();
  }
}
