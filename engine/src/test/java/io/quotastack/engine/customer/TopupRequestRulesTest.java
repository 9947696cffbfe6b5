package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.customer.CustomerCommand.RefuseTopup;
import io.quotastack.engine.customer.CustomerCommand.RemoveAutoTopup;
import io.quotastack.engine.customer.CustomerCommand.SetAutoTopup;
import io.quotastack.engine.customer.CustomerEvent.TopupRefused;
import io.quotastack.engine.customer.CustomerEvent.TopupRequested;
import io.quotastack.engine.topups.AutoTopup;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** When the tenant is asked to top a customer up. */
class TopupRequestRulesTest {
  private final Account account = Account.opened();

  private static AutoTopup.Settings settings(int maxPerWindow, long windowSeconds) {
    return new AutoTopup.Settings(100, null, 1_000L, maxPerWindow, windowSeconds);
  }

  private void set(AutoTopup.Settings settings) {
    account.done(new SetAutoTopup(settings));
  }

  /** Many are allowed. */
  private void set() {
    set(settings(100, 60));
  }

  private CustomerEvent refuse() {
    return account.done(new RefuseTopup(account.key()));
  }

  /** When which requests were made, as seconds after the start. */
  private List<Long> requests() {
    return secondsOf(TopupRequested.class);
  }

  private List<Long> secondsOf(Class<? extends CustomerEvent> kind) {
    return account.journal.stream()
        .filter(kind::isInstance)
        .map(event -> Duration.between(START, event.at()).toSeconds())
        .toList();
  }

  private AutoTopup autoTopup() {
    return Objects.requireNonNull(account.state.autoTopup());
  }

  // What makes a request.

  @Test
  void usage_that_brings_the_balance_below_the_threshold_asks_for_a_topup() {
    account.granted(150);
    set();
    account.used(50);
    assertThat(requests()).isEmpty();
    account.wall = START.plusSeconds(7);
    long webhooks = account.state.webhookSequence();

    account.used(1);

    assertThat(account.journal.getLast())
        .isEqualTo(
            new TopupRequested(
                START.plusSeconds(7),
                settings(100, 60),
                99,
                START.plusSeconds(3_607),
                webhooks + 2));
    assertThat(account.journal.getLast().entry()).as("moves no credits").isNull();
  }

  @Test
  void the_request_is_part_of_the_write_that_caused_it() {
    account.granted(150);
    set();

    CustomerDecider.Decision decision =
        new CustomerDecider(Account.ID)
            .decide(account.state, List.of(account.use(51), account.use(1)), START);

    assertThat(decision.events())
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("UsageRecorded", "TopupRequested", "UsageRecorded");
  }

  @Test
  void to_set_it_below_the_threshold_asks_at_once() {
    account.granted(99);

    set();

    assertThat(requests()).containsExactly(0L);
  }

  @Test
  void a_hold_that_lowers_the_effective_balance_asks_too() {
    account.granted(150);
    set();

    account.reserved(51);

    assertThat(((TopupRequested) account.journal.getLast()).effectiveMc()).isEqualTo(99);
  }

  @Test
  void an_expiry_asks_at_its_instant_though_nobody_looked() {
    account.granted(150, START.plusSeconds(60));
    account.granted(50);
    set();

    account.settleAt(START.plusSeconds(600));

    assertThat(requests()).containsExactly(60L);
    assertThat(((TopupRequested) account.journal.getLast()).effectiveMc()).isEqualTo(50);
  }

  @Test
  void an_expiry_and_what_takes_effect_at_the_same_instant_are_seen_together() {
    account.granted(150, START.plusSeconds(60));
    account.promised(150, START.plusSeconds(60));
    set();

    account.settleAt(START.plusSeconds(600));

    assertThat(requests()).isEmpty();
  }

  @Test
  void a_void_and_an_adjustment_ask_too() {
    account.granted(150);
    set();
    account.done(account.adjust(-60));
    assertThat(requests()).hasSize(1);

    var other = Account.opened();
    other.granted(150);
    other.done(new SetAutoTopup(settings(1, 60)));
    other.done(other.voiding(2));
    assertThat(other.journal.getLast()).isInstanceOf(TopupRequested.class);
  }

  @Test
  void refused_usage_asks_for_nothing() {
    account.granted(150);
    set();
    account.refused(account.use(151));

    assertThat(requests()).isEmpty();
  }

  @Test
  void to_look_shows_a_request_that_is_due_without_writing_it() {
    account.granted(150, START.plusSeconds(60));
    set();
    int events = account.journal.size();

    CustomerState seen =
        new CustomerDecider(Account.ID).settled(account.state, START.plusSeconds(60));

    assertThat(Objects.requireNonNull(seen.autoTopup()).pendingUntil())
        .isEqualTo(START.plusSeconds(3_660));
    assertThat(account.journal).hasSize(events);
  }

  // What a request waits for.

  @Test
  void while_a_request_is_pending_there_is_no_other() {
    account.granted(150);
    set();
    account.used(51);

    account.used(1);
    account.pass(Duration.ofMinutes(59));
    account.used(1);

    assertThat(requests()).hasSize(1);
  }

  @Test
  void a_topup_answers_the_request() {
    set();
    assertThat(requests()).hasSize(1);

    account.done(account.topup("pi_1", 1_000, 0));
    assertThat(autoTopup().pendingUntil()).isNull();
    account.used(901);

    assertThat(requests()).hasSize(2);
  }

  @Test
  void a_topup_that_is_too_small_is_followed_by_the_next_request_in_the_same_write() {
    set();

    account.mark();
    account.done(account.topup("pi_1", 50, 10));

    assertThat(account.events())
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("TopupGranted", "CreditGranted", "TopupRequested");
    assertThat(((TopupRequested) account.journal.getLast()).effectiveMc()).isEqualTo(60);
  }

  @Test
  void a_grant_is_no_topup() {
    set();

    account.granted(1_000);

    assertThat(autoTopup().pendingUntil()).isEqualTo(START.plusSeconds(3_600));
  }

  @Test
  void a_payment_that_was_granted_before_answers_nothing() {
    account.done(account.topup("pi_1", 10, 0));
    set();

    account.judge(account.topup("pi_1", 10, 0));

    assertThat(autoTopup().pendingUntil()).isNotNull();
  }

  @Test
  void the_tenant_can_refuse_and_is_asked_again_after_a_pause() {
    set();
    account.wall = START.plusSeconds(10);

    var refused = (TopupRefused) refuse();

    assertThat(refused.notBefore()).isEqualTo(START.plusSeconds(3_610));
    assertThat(refused.webhook()).as("the tenant knows").isZero();
    account.settleAt(START.plusSeconds(3_609));
    assertThat(requests()).hasSize(1);
    account.settleAt(START.plusSeconds(10_000));
    assertThat(requests()).containsExactly(0L, 3_610L);
  }

  @Test
  void there_must_be_something_to_refuse() {
    assertThat(new Account().refused(new RefuseTopup(account.key())))
        .isEqualTo(new Refusal.CustomerNotFound());
    assertThat(account.refused(new RefuseTopup(account.key())))
        .isEqualTo(new Refusal.NoTopupPending());
    account.granted(1_000);
    set();
    assertThat(account.refused(new RefuseTopup(account.key())))
        .isEqualTo(new Refusal.NoTopupPending());
    account.used(901);
    refuse();
    assertThat(account.refused(new RefuseTopup(account.key())))
        .isEqualTo(new Refusal.NoTopupPending());
  }

  @Test
  void silence_for_an_hour_is_a_refusal_at_that_instant() {
    set();
    account.settleAt(START.plusSeconds(3_599));
    assertThat(secondsOf(TopupRefused.class)).isEmpty();

    account.settleAt(START.plusSeconds(3_700));

    assertThat(secondsOf(TopupRefused.class)).containsExactly(3_600L);
    assertThat(account.journal.getLast().request()).isNull();
    assertThat(((TopupRefused) account.journal.getLast()).notBefore())
        .isEqualTo(START.plusSeconds(7_200));
  }

  @Test
  void silence_is_a_refusal_also_when_the_balance_has_risen_meanwhile() {
    set();
    account.granted(1_000);

    account.settleAt(START.plus(Duration.ofDays(1)));

    assertThat(secondsOf(TopupRefused.class)).containsExactly(3_600L);
    assertThat(requests()).hasSize(1);
    assertThat(autoTopup().refusals()).isOne();
  }

  @Test
  void silence_for_days_is_caught_up_with_step_by_step() {
    set();

    account.settleAt(START.plus(Duration.ofHours(100)));

    List<Long> asked = requests().stream().map(second -> second / 3_600).toList();
    List<Long> given = secondsOf(TopupRefused.class).stream().map(each -> each / 3_600).toList();
    // An hour of waiting, then pauses of 1, 2, 4, 8, 16, 24, 24 hours.
    assertThat(asked).containsExactly(0L, 2L, 5L, 10L, 19L, 36L, 61L, 86L);
    assertThat(given).containsExactly(1L, 3L, 6L, 11L, 20L, 37L, 62L, 87L);
  }

  @Test
  void a_grant_after_refusals_starts_the_pauses_from_the_first() {
    set();
    account.settleAt(START.plus(Duration.ofHours(12))); // refused four times
    assertThat(autoTopup().refusals()).isEqualTo(4);
    account.done(account.topup("pi_1", 100, 0));
    account.used(1);

    var refused = (TopupRefused) refuse();

    assertThat(refused.notBefore()).isEqualTo(account.wall.plus(Duration.ofHours(1)));
  }

  // How many there are.

  @Test
  void a_window_sees_no_more_requests_than_allowed() {
    set(settings(2, 86_400));
    account.done(account.topup("pi_1", 100, 0));
    account.wall = START.plusSeconds(3_600);
    account.used(50);
    account.done(account.topup("pi_2", 50, 0));
    assertThat(requests()).containsExactly(0L, 3_600L);

    account.used(50);
    account.settleAt(START.plusSeconds(86_399));
    assertThat(requests()).hasSize(2);
    account.settleAt(START.plusSeconds(89_999));

    assertThat(requests()).containsExactly(0L, 3_600L, 86_400L);
  }

  @Test
  void a_request_that_waited_for_its_window_is_not_made_if_the_balance_has_risen() {
    set(settings(1, 86_400));
    account.done(account.topup("pi_1", 100, 0));
    account.used(50);
    account.granted(50);

    account.settleAt(START.plusSeconds(200_000));

    assertThat(requests()).hasSize(1);
  }

  @Test
  void the_default_is_one_request_a_day() {
    set(settings(1, 86_400));
    for (int hour = 0; hour < 72; hour++) {
      account.settleAt(START.plus(Duration.ofHours(hour)));
      if (autoTopup().pendingUntil() != null) {
        account.done(account.topup("pi_" + hour, 1, 0));
      }
    }

    assertThat(requests()).containsExactly(0L, 86_400L, 2 * 86_400L);
  }

  // Setting it.

  @Test
  void what_is_pending_stays_pending_under_new_settings() {
    set();
    var bigger = new AutoTopup.Settings(500, "starter", null, 100, 60);

    set(bigger);

    assertThat(requests()).hasSize(1);
    assertThat(autoTopup().settings()).isEqualTo(bigger);
    assertThat(autoTopup().pendingUntil()).isEqualTo(START.plusSeconds(3_600));
    account.done(account.topup("pi_1", 200, 0));
    assertThat(((TopupRequested) account.journal.getLast()).settings()).isEqualTo(bigger);
  }

  @Test
  void without_it_nothing_is_asked_for() {
    set();
    account.done(new RemoveAutoTopup(account.key()));
    account.settleAt(START.plus(Duration.ofDays(30)));
    account.done(account.topup("pi_1", 1, 0));

    assertThat(account.state.autoTopup()).isNull();
    assertThat(requests()).hasSize(1);
    assertThat(secondsOf(TopupRefused.class)).isEmpty();
  }

  @Test
  void setting_and_removing_it_need_a_customer() {
    assertThat(new Account().refused(new SetAutoTopup(settings(1, 1))))
        .isEqualTo(new Refusal.CustomerNotFound());
    assertThat(new Account().refused(new RemoveAutoTopup(account.key())))
        .isEqualTo(new Refusal.CustomerNotFound());
  }

  @Test
  void a_pending_request_survives_a_restart() {
    set();
    account.state = CustomerSnapshot.of(account.state).state();

    account.settleAt(Instant.parse("2026-01-01T01:00:00Z"));

    assertThat(account.journal.getLast()).isInstanceOf(TopupRefused.class);
  }

  @Test
  void requests_are_the_same_whoever_looked_and_when() {
    var watched = Account.opened();
    for (Account each : List.of(account, watched)) {
      each.granted(150, START.plusSeconds(5_000));
      each.done(new SetAutoTopup(settings(2, 50_000)));
      each.promised(40, START.plusSeconds(5_000), START.plusSeconds(20_000));
    }
    for (int step = 1; step <= 400; step++) {
      watched.settleAt(START.plusSeconds(step * 1_000L));
    }
    account.settleAt(START.plusSeconds(400_000));

    assertThat(account.journal).isEqualTo(watched.journal);
    assertThat(requests()).hasSizeGreaterThan(5);
  }
}
