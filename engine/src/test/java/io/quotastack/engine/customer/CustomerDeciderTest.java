package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.ONE_MC;
import static io.quotastack.engine.customer.Customers.START;
import static io.quotastack.engine.customer.Customers.grant;
import static io.quotastack.engine.customer.Customers.newCustomer;
import static io.quotastack.engine.customer.Customers.request;
import static io.quotastack.engine.customer.Customers.use;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.SettleDue;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.customer.CustomerEvent.BlockActivated;
import io.quotastack.engine.customer.CustomerEvent.BlockExpired;
import io.quotastack.engine.customer.CustomerEvent.CreditGranted;
import io.quotastack.engine.customer.CustomerEvent.CustomerCreated;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of a customer, one by one. */
class CustomerDeciderTest {
  private final CustomerDecider decider =
      new CustomerDecider(UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057"));
  private final List<CustomerEvent> journal = new ArrayList<>();
  private CustomerState state = CustomerState.NONE;
  private Instant wall = START;

  /** The figure of the tour: four blocks, told in the order in which they were granted. */
  private void grantTheTour() {
    done(grant("wallet", 400, 0, null)); // 2
    done(grant("plan", 300, 10, Instant.parse("2026-04-01T00:00:00Z"))); // 3
    done(grant("promo", 200, 0, Instant.parse("2026-03-01T00:00:00Z"))); // 4
    done(grant("trial", 100, 0, Instant.parse("2026-01-15T00:00:00Z"))); // 5
  }

  @Test
  void the_tour_burns_trial_then_promo_then_plan_then_wallet() {
    grantTheTour();

    assertThat(taken(use("all", 1_000)))
        .containsExactly(
            new Allocation(5, 100),
            new Allocation(4, 200),
            new Allocation(3, 300),
            new Allocation(2, 400));
    assertThat(state.balanceMc()).isZero();
    assertThat(state.blocks().size()).isZero();
  }

  @Test
  void the_tour_burns_one_block_after_the_other_in_small_steps() {
    grantTheTour();

    assertThat(taken(use("a", 60))).containsExactly(new Allocation(5, 60));
    assertThat(taken(use("b", 60))).containsExactly(new Allocation(5, 40), new Allocation(4, 20));
    assertThat(taken(use("c", 180))).containsExactly(new Allocation(4, 180));
    assertThat(taken(use("d", 299))).containsExactly(new Allocation(3, 299));
    assertThat(taken(use("e", 2))).containsExactly(new Allocation(3, 1), new Allocation(2, 1));
    assertThat(state.balanceMc()).isEqualTo(399);
  }

  @Test
  void the_tour_under_priority_first_burns_the_wallet_before_the_plan() {
    grantTheTour();

    assertThat(taken(use("all", 1_000, BurnOrder.PRIORITY_FIRST)))
        .containsExactly(
            new Allocation(5, 100),
            new Allocation(4, 200),
            new Allocation(2, 400),
            new Allocation(3, 300));
  }

  @Test
  void the_tour_in_march_has_lost_the_trial_and_in_april_only_has_the_wallet() {
    grantTheTour();
    wall = Instant.parse("2026-03-01T00:00:00Z");
    assertThat(taken(use("a", 10))).containsExactly(new Allocation(3, 10));

    wall = Instant.parse("2026-04-01T00:00:00Z");
    assertThat(taken(use("b", 10))).containsExactly(new Allocation(2, 10));

    assertThat(journal)
        .filteredOn(BlockExpired.class::isInstance)
        .extracting(CustomerEvent::at, event -> Objects.requireNonNull(event.entry()).delta())
        .containsExactly(
            tuple(Instant.parse("2026-01-15T00:00:00Z"), -100L),
            tuple(Instant.parse("2026-03-01T00:00:00Z"), -200L),
            tuple(Instant.parse("2026-04-01T00:00:00Z"), -290L));
    assertThat(state.balanceMc()).isEqualTo(390);
  }

  @Test
  void the_first_grant_that_names_an_unknown_customer_creates_it() {
    done(grant("a", 5));

    assertThat(journal).hasSize(2);
    assertThat(journal.getFirst())
        .isEqualTo(new CustomerCreated(START, null, Profile.named("acme", START), 1));
    assertThat(journal.getLast()).isInstanceOf(CreditGranted.class);
    assertThat(state.webhookSequence()).isEqualTo(2);
  }

  @Test
  void a_grant_by_customer_id_and_usage_never_create() {
    assertThat(judge(named(grant("a", 5), null)))
        .isEqualTo(new Outcome.Refused(new Refusal.CustomerNotFound()));
    assertThat(judge(use("b", 1))).isEqualTo(new Outcome.Refused(new Refusal.CustomerNotFound()));
    assertThat(judge(new UpdateCustomer(request("c"), null, null, null, null, null, null)))
        .isEqualTo(new Outcome.Refused(new Refusal.CustomerNotFound()));
    assertThat(journal).isEmpty();
  }

  @Test
  void a_refused_grant_does_not_create_the_customer_either() {
    assertRefused(judge(grant("a", 5, 0, START)), Refusal.InvalidField.class); // expires at once
    assertRefused(judge(grant("b", Amounts.MAX_MC + 1)), Refusal.AmountOutOfRange.class);

    assertThat(journal).isEmpty();
    assertThat(state.profile()).isNull();
  }

  @Test
  void a_customer_is_created_once() {
    done(newCustomer("a"));
    Profile profile = Objects.requireNonNull(state.profile());

    assertThat(judge(newCustomer("b")))
        .isEqualTo(new Outcome.Refused(new Refusal.CustomerExists(profile, 1)));
  }

  @Test
  void an_update_changes_what_it_names() {
    done(newCustomer("a"));
    wall = wall.plusSeconds(1);
    done(
        new UpdateCustomer(
            request("b"),
            null,
            new NewValue<>("a@b"),
            new NewValue<>("Europe/Berlin"),
            new NewValue<>(OveragePolicy.ALLOW),
            new NewValue<>(500L),
            Map.of("tier", "gold")));
    wall = wall.plusSeconds(1);
    done(
        new UpdateCustomer(
            request("c"), new NewValue<>(null), null, null, new NewValue<>(null), null, null));

    assertThat(state.profile())
        .isEqualTo(
            new Profile(
                "acme",
                null,
                "a@b",
                "Europe/Berlin",
                null,
                500L,
                Map.of("tier", "gold"),
                START,
                START.plusSeconds(2)));
  }

  @Test
  void a_debit_names_the_rule_and_everything_that_its_answer_needs() {
    done(grant("a", 1_000));
    wall = wall.plusMillis(7);
    var rule =
        new MeteringRule(
            "rul_9",
            "tokens",
            4,
            new Price.PerUnit(new BigDecimal("0.6")),
            TierScope.EVENT,
            List.of(),
            Rounding.UP,
            START,
            START);
    var command =
        new CustomerCommand.RecordUsage(
            request("b"),
            "tokens",
            new BigDecimal("12.5"),
            new Pricing(List.of(rule)),
            AccountPolicy.DEFAULT,
            START.minusSeconds(60),
            Map.of("model", "large"),
            Map.of("job", "1"));

    var used = (UsageRecorded) done(command);

    assertThat(used.costMc()).isEqualTo(8);
    assertThat(used.ruleId()).isEqualTo("rul_9");
    assertThat(used.ruleVersion()).isEqualTo(4);
    assertThat(used.units()).isEqualTo("12.5");
    assertThat(used.timestamp()).isEqualTo(START.minusSeconds(60));
    assertThat(used.at()).as("the debit is now").isEqualTo(START.plusMillis(7));
    assertThat(used.properties()).isEqualTo(Map.of("model", "large"));
    assertThat(used.request()).isEqualTo(request("b"));
    LedgerEntry entry = used.entry();
    assertThat(entry.type()).isEqualTo(EntryType.DEBIT);
    assertThat(entry.delta()).isEqualTo(-8);
    assertThat(entry.balanceAfter()).isEqualTo(992);
    assertThat(entry.metadata()).isEqualTo(Map.of("job", "1"));
    assertThat(entry.createdAt()).isEqualTo(START.plusMillis(7));
  }

  @Test
  void usage_that_costs_nothing_is_recorded_with_an_empty_debit() {
    done(newCustomer("a"));

    var used = (UsageRecorded) done(use("b", 0));

    assertThat(used.entry().delta()).isZero();
    assertThat(used.entry().allocations()).isEmpty();
    assertThat(state.ledgerSequence()).isEqualTo(1);
  }

  @Test
  void not_enough_changes_nothing_and_says_what_is_missing() {
    done(grant("a", 10));
    CustomerState before = state;

    assertThat(judge(use("b", 11)))
        .isEqualTo(new Outcome.Refused(new Refusal.InsufficientCredits(11, 10)));
    assertThat(state).isEqualTo(before);
    done(use("b", 10));
  }

  @Test
  void credits_for_other_metrics_do_not_count() {
    done(grant("a", 100, 0, null, null, null, Set.of("images"), null));
    done(grant("b", 10));

    assertThat(judge(use("c", 11)))
        .isEqualTo(new Outcome.Refused(new Refusal.InsufficientCredits(11, 10)));
    assertThat(state.balanceMc()).isEqualTo(110);
  }

  @Test
  void a_metric_without_a_rule_is_refused() {
    done(grant("a", 10));

    assertThat(judge(use("b", "calls", BigDecimal.ONE, null, BurnOrder.EXPIRY_FIRST, null)))
        .isEqualTo(new Outcome.Refused(new Refusal.NoMeteringRule("calls")));
  }

  @Test
  void usage_may_be_30_days_old_and_5_minutes_ahead_and_no_millisecond_more() {
    done(grant("a", 10));
    Instant oldest = wall.minus(Duration.ofDays(30));
    Instant newest = wall.plus(Duration.ofMinutes(5));

    done(usedAt("b", oldest));
    done(usedAt("c", newest));
    assertRefused(judge(usedAt("d", oldest.minusMillis(1))), Refusal.TimestampOutOfRange.class);
    assertRefused(judge(usedAt("e", newest.plusMillis(1))), Refusal.TimestampOutOfRange.class);
  }

  private static CustomerCommand usedAt(String key, Instant timestamp) {
    return use(key, "tokens", BigDecimal.ONE, ONE_MC, BurnOrder.EXPIRY_FIRST, timestamp);
  }

  @Test
  void a_block_is_usable_until_the_millisecond_before_it_expires() {
    Instant expiry = START.plusSeconds(60);
    done(grant("a", 10, 0, expiry));
    wall = expiry.minusMillis(1);
    done(use("b", 4));
    wall = expiry;

    assertThat(judge(use("c", 1)))
        .isEqualTo(new Outcome.Refused(new Refusal.InsufficientCredits(1, 0)));
    var expired = (BlockExpired) journal.getLast();
    assertThat(expired.at()).isEqualTo(expiry);
    assertThat(expired.entry().delta()).isEqualTo(-6);
    assertThat(expired.entry().type()).isEqualTo(EntryType.EXPIRE);
    assertThat(expired.entry().reason()).isEqualTo("expired");
    assertThat(state.balanceMc()).isZero();
  }

  @Test
  void a_block_that_was_used_up_does_not_expire() {
    done(grant("a", 10, 0, START.plusSeconds(60)));
    done(use("b", 10));
    wall = START.plusSeconds(120);

    assertThat(judge(new SettleDue())).isEqualTo(new Outcome.Settled());
    assertThat(journal).noneMatch(BlockExpired.class::isInstance);
  }

  @Test
  void a_pending_block_is_entered_twice_and_counts_from_its_instant_on() {
    Instant effective = START.plusSeconds(60);
    done(grant("a", 10, 3, effective, null, 30L, null, null));
    var granted = (CreditGranted) journal.getLast();
    assertThat(granted.entry().delta()).isZero();
    assertThat(granted.entry().balanceAfter()).isZero();
    assertThat(granted.entry().allocations()).containsExactly(new Allocation(2, 10));
    assertThat(granted.block().expiresAt()).isEqualTo(START.plusSeconds(90));
    assertThat(state.lifetimeGrantedMc()).isZero();
    wall = effective.minusMillis(1);
    assertThat(judge(use("b", 1)))
        .isEqualTo(new Outcome.Refused(new Refusal.InsufficientCredits(1, 0)));

    wall = effective.plusSeconds(5);
    done(use("b", 1));

    var activated = (BlockActivated) journal.get(journal.size() - 2);
    assertThat(activated.at()).isEqualTo(effective);
    assertThat(activated.entry().type()).isEqualTo(EntryType.GRANT);
    assertThat(activated.entry().delta()).isEqualTo(10);
    assertThat(state.lifetimeGrantedMc()).isEqualTo(10);
    assertThat(state.balanceMc()).isEqualTo(9);
  }

  @Test
  void what_came_and_went_while_nobody_looked_is_written_down_in_order() {
    Instant from = START.plusSeconds(60);
    done(grant("a", 10, 0, from, START.plusSeconds(90), null, null, null));
    done(grant("b", 20, 0, START.plusSeconds(90), START.plusSeconds(91), null, null, null));
    done(grant("c", 30, 0, START.plusSeconds(61)));
    wall = START.plus(Duration.ofDays(400));

    judge(new SettleDue());

    assertThat(journal.subList(4, journal.size()))
        .extracting(CustomerEvent::at, event -> Objects.requireNonNull(event.entry()).delta())
        .containsExactly(
            tuple(START.plusSeconds(60), 10L),
            tuple(START.plusSeconds(61), -30L),
            tuple(START.plusSeconds(90), -10L),
            tuple(START.plusSeconds(90), 20L),
            tuple(START.plusSeconds(91), -20L));
    assertThat(state.lastAt()).isEqualTo(START.plusSeconds(91));
  }

  @Test
  void an_effective_at_in_the_past_is_now() {
    done(grant("a", 10, 0, START.minusSeconds(100), null, 150L, null, null));

    Block block = state.blocks().all().iterator().next();
    assertThat(block.active()).isTrue();
    assertThat(block.terms().effectiveAt()).isEqualTo(START.minusSeconds(100));
    assertThat(block.terms().expiresAt()).isEqualTo(START.plusSeconds(50));
  }

  @Test
  void terms_that_make_no_sense_are_refused_with_the_field() {
    assertField("/expires_at", grant("a", 1, 0, START));
    assertField(
        "/expires_at",
        grant("b", 1, 0, START.plusSeconds(9), START.plusSeconds(9), null, null, null));
    assertField(
        "/expires_after_seconds", grant("c", 1, 0, START.minusSeconds(9), null, 9L, null, null));
    assertField("/expires_at", grant("d", 1, 0, CustomerDecider.LATEST.plusMillis(1)));
    assertField(
        "/effective_at",
        grant("e", 1, 0, CustomerDecider.LATEST.plusMillis(1), null, null, null, null));
    for (long seconds : new long[] {Long.MAX_VALUE, 1L << 60, 400_000_000_000L}) {
      assertField("/expires_after_seconds", grant("f", 1, 0, null, null, seconds, null, null));
    }
    done(grant("g", 1, 0, CustomerDecider.LATEST));
  }

  private void assertField(String pointer, GrantCredits grant) {
    assertThat(judge(grant))
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused ->
                assertThat(refused.refusal())
                    .isInstanceOfSatisfying(
                        Refusal.InvalidField.class,
                        field -> assertThat(field.pointer()).isEqualTo(pointer)));
  }

  @Test
  void all_that_was_ever_granted_stays_in_range_also_what_is_still_to_come() {
    done(grant("a", Amounts.MAX_MC - 10, 0, START.plusSeconds(9), null, null, null, null));
    done(grant("b", 7));
    CustomerState before = state;

    assertRefused(judge(grant("c", 4)), Refusal.AmountOutOfRange.class);
    assertRefused(judge(grant("d", Amounts.MAX_MC)), Refusal.AmountOutOfRange.class);
    assertRefused(judge(grant("e", Long.MAX_VALUE)), Refusal.AmountOutOfRange.class);
    assertThat(state).isEqualTo(before);
    done(grant("f", 3));

    wall = wall.plusSeconds(10);
    done(use("g", Amounts.MAX_MC));
    assertThat(state.balanceMc()).isZero();
    assertThat(state.lifetimeConsumedMc()).isEqualTo(9_007_199_254_740_991L);
    assertRefused(judge(grant("h", 1)), Refusal.AmountOutOfRange.class);
  }

  @Test
  void a_cost_beyond_the_range_is_refused_and_changes_nothing() {
    done(grant("a", Amounts.MAX_MC));
    CustomerState before = state;

    assertRefused(judge(use("b", Amounts.MAX_MC + 1)), Refusal.AmountOutOfRange.class);
    assertThat(state).isEqualTo(before);
    done(use("b", Amounts.MAX_MC));
  }

  @Test
  void a_retry_is_answered_from_the_event_of_the_first_and_does_nothing() {
    done(grant("a", 10));
    long sequence = state.version();
    done(use("b", 4));

    assertThat(judge(grant("a", 10))).isEqualTo(new Outcome.Replayed(sequence));
    assertThat(judge(use("b", 4))).isEqualTo(new Outcome.Replayed(sequence + 1));
    assertThat(state.balanceMc()).isEqualTo(6);
  }

  @Test
  void a_retry_is_recognized_for_24_hours_though_other_things_happened() {
    done(grant("a", 10, 0, START.plusSeconds(5)));
    wall = START.plus(Duration.ofHours(24));
    assertThat(judge(grant("a", 10, 0, START.plusSeconds(5)))).isEqualTo(new Outcome.Replayed(2));
    wall = wall.plusMillis(1);
    assertRefused(judge(grant("a", 10, 0, START.plusSeconds(5))), Refusal.InvalidField.class);
  }

  @Test
  void the_same_key_for_another_request_is_refused_by_whatever_kind_it_is() {
    done(grant("a", 10));
    var other = new RequestKey("a", 999);

    assertThat(
            judge(
                new CustomerCommand.CreateCustomer(
                    other, "acme", null, null, null, null, null, Map.of())))
        .isEqualTo(new Outcome.Refused(new Refusal.KeyReused()));
    assertThat(
            judge(
                new CustomerCommand.RecordUsage(
                    other,
                    "tokens",
                    BigDecimal.ONE,
                    new Pricing(List.of(ONE_MC)),
                    AccountPolicy.DEFAULT,
                    null,
                    Map.of(),
                    Map.of())))
        .isEqualTo(new Outcome.Refused(new Refusal.KeyReused()));
    assertThat(state.balanceMc()).isEqualTo(10);
  }

  @Test
  void a_refused_request_is_judged_anew_under_its_key() {
    done(newCustomer("a"));
    assertRefused(judge(use("b", 5)), Refusal.InsufficientCredits.class);
    done(grant("c", 5));

    done(use("b", 5));
    assertThat(state.balanceMc()).isZero();
  }

  @Test
  void twins_in_one_batch_happen_once() {
    CustomerDecider.Decision decision =
        decider.decide(
            state, List.of(grant("a", 10), grant("a", 10), use("b", 4), use("b", 4)), wall);

    assertThat(decision.events()).hasSize(3);
    assertThat(decision.outcomes())
        .extracting(outcome -> (Object) outcome.getClass().getSimpleName())
        .containsExactly("Done", "Replayed", "Done", "Replayed");
    assertThat(decision.outcomes().get(1)).isEqualTo(new Outcome.Replayed(2));
    assertThat(decision.outcomes().get(3)).isEqualTo(new Outcome.Replayed(3));
    assertThat(decision.state().balanceMc()).isEqualTo(6);
  }

  @Test
  void one_failing_command_of_a_batch_does_not_stop_the_others() {
    done(grant("a", 10));

    CustomerDecider.Decision decision =
        decider.decide(state, List.of(use("b", 6), use("c", 6), use("d", 4)), wall);

    assertThat(decision.outcomes().get(0)).isInstanceOf(Outcome.Done.class);
    assertThat(decision.outcomes().get(1))
        .isEqualTo(new Outcome.Refused(new Refusal.InsufficientCredits(6, 4)));
    assertThat(decision.outcomes().get(2)).isInstanceOf(Outcome.Done.class);
    assertThat(decision.state().balanceMc()).isZero();
  }

  @Test
  void time_never_runs_backwards_inside_a_customer() {
    done(grant("a", 10, 0, START.plusSeconds(100)));
    wall = START.plusSeconds(50);
    done(use("b", 1));
    wall = START.minusSeconds(1_000);
    done(use("c", 1));

    assertThat(state.lastAt()).isEqualTo(START.plusSeconds(50));
    assertThat(journal.getLast().at()).isEqualTo(START.plusSeconds(50));
    assertThat(state.balanceMc()).isEqualTo(8);
  }

  @Test
  void an_expiry_that_was_written_down_stays_though_the_clock_is_set_back() {
    done(grant("a", 10, 0, START.plusSeconds(100)));
    wall = START.plusSeconds(100);
    judge(new SettleDue());
    wall = START;

    assertThat(judge(use("b", 1)))
        .isEqualTo(new Outcome.Refused(new Refusal.InsufficientCredits(1, 0)));
  }

  @Test
  void to_look_shows_what_time_has_done_without_writing_it_down() {
    done(grant("a", 10, 0, START.plusSeconds(100)));

    assertThat(decider.settled(state, START.plusSeconds(99)).balanceMc()).isEqualTo(10);
    assertThat(decider.settled(state, START.plusSeconds(100)).balanceMc()).isZero();
    assertThat(state.balanceMc()).isEqualTo(10);
  }

  @Test
  void instants_are_whole_milliseconds() {
    wall = Instant.parse("2026-01-01T00:00:00.123999999Z");
    done(grant("a", 10));

    assertThat(state.lastAt()).isEqualTo(Instant.parse("2026-01-01T00:00:00.123Z"));
  }

  private static GrantCredits named(GrantCredits grant, @Nullable String createAs) {
    return new GrantCredits(
        grant.request(),
        createAs,
        grant.creditsMc(),
        BlockSource.PLAN,
        grant.reason(),
        grant.priority(),
        grant.effectiveAt(),
        grant.expiresAt(),
        grant.expiresAfterSeconds(),
        grant.metricKeys(),
        grant.pricePaid(),
        grant.currency(),
        grant.metadata());
  }

  private Outcome judge(CustomerCommand command) {
    CustomerDecider.Decision decision = decider.decide(state, List.of(command), wall);
    for (CustomerEvent event : decision.events()) {
      state = state.apply(event);
      journal.add(event);
    }
    return decision.outcomes().getFirst();
  }

  private CustomerEvent done(CustomerCommand command) {
    Outcome outcome = judge(command);
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done) outcome).event();
  }

  private List<Allocation> taken(CustomerCommand command) {
    return ((UsageRecorded) done(command)).entry().allocations();
  }

  private static void assertRefused(Outcome outcome, Class<? extends Refusal> refusal) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Refused.class, refused -> assertThat(refused.refusal()).isInstanceOf(refusal));
  }
}
