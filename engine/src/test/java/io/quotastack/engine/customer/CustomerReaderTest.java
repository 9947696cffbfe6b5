package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockStatus;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.customer.CustomerCommand.SetAutoTopup;
import io.quotastack.engine.customer.CustomerQuery.CheckEntitlement;
import io.quotastack.engine.customer.CustomerQuery.ListBlocks;
import io.quotastack.engine.customer.CustomerQuery.ListReservations;
import io.quotastack.engine.customer.CustomerQuery.ReadAutoTopup;
import io.quotastack.engine.customer.CustomerQuery.ReadCredits;
import io.quotastack.engine.customer.CustomerQuery.ReadCustomer;
import io.quotastack.engine.customer.CustomerQuery.ReadLedgerHead;
import io.quotastack.engine.customer.CustomerQuery.ReadReservation;
import io.quotastack.engine.customer.CustomerQuery.ReadTimeline;
import io.quotastack.engine.customer.CustomerView.Balances;
import io.quotastack.engine.entitlements.Entitlement;
import io.quotastack.engine.entitlements.Entitlement.Reason;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a customer answers. */
class CustomerReaderTest {
  private final Account account = Account.opened();

  /** As the gate does it: first time, then the question. */
  private CustomerView ask(CustomerQuery query) {
    CustomerState settled = new CustomerDecider(Account.ID).settled(account.state, account.wall);
    return CustomerReader.answer(settled, query, settled.now(account.wall));
  }

  @Test
  void who_does_not_exist_is_not_found_whatever_is_asked() {
    var nobody = CustomerState.NONE;
    for (CustomerQuery query :
        List.of(
            new ReadCustomer(),
            new ReadCredits(null),
            new ListBlocks(BurnOrder.EXPIRY_FIRST, null, null, 5),
            new CheckEntitlement(
                "tokens", null, Pricing.NONE, AccountPolicy.DEFAULT, BigDecimal.ONE, Map.of()),
            new ReadTimeline(5),
            new ReadReservation(1),
            new ListReservations(null, 5),
            new ReadAutoTopup(),
            new ReadLedgerHead())) {
      assertThat(CustomerReader.answer(nobody, query, START))
          .isEqualTo(new CustomerView.NotFound());
    }
  }

  // The account.

  @Test
  void the_account_tells_what_is_held_and_what_is_owed() {
    account.granted(100);
    account.reserved(30);
    account.allow();
    account.used(80);

    assertThat(ask(new ReadCredits(null)))
        .isEqualTo(
            new CustomerView.Credits(
                "acme", new Balances(30, 30, 10), 100, 80, account.state.version(), null));
    assertThat(new Balances(30, 30, 10).effectiveMc()).isZero();
  }

  @Test
  void a_look_sees_what_time_has_done_though_it_is_not_written() {
    account.granted(100, START.plusSeconds(60));
    account.reserved(30);
    account.wall = START.plusSeconds(300);

    var credits = (CustomerView.Credits) ask(new ReadCredits(BurnOrder.EXPIRY_FIRST));

    assertThat(credits.balances()).isEqualTo(new Balances(0, 0, 0));
    assertThat(credits.blocks()).isEmpty();
    assertThat(account.sums()).isEqualTo("100/30/0");
  }

  @Test
  void blocks_are_listed_by_status_also_those_that_only_holds_keep() {
    account.granted(100, START.plusSeconds(60)); // 2
    account.reserved(100); // 3
    account.granted(50); // 4
    account.reserved(10); // 5
    account.done(account.voiding(4)); // 6
    account.granted(7); // 7
    account.promised(9, START.plusSeconds(500)); // 8
    account.settleAt(START.plusSeconds(60));

    assertThat(blocks(null)).containsExactly(2L, 4L, 7L, 8L);
    assertThat(blocks(BlockStatus.EXPIRED)).containsExactly(2L);
    assertThat(blocks(BlockStatus.VOIDED)).containsExactly(4L);
    assertThat(blocks(BlockStatus.ACTIVE)).containsExactly(7L);
    assertThat(blocks(BlockStatus.PENDING)).containsExactly(8L);
    assertThat(blocks(BlockStatus.EXHAUSTED)).isEmpty();
  }

  private List<Long> blocks(@Nullable BlockStatus status) {
    var page =
        (CustomerView.BlockPage) ask(new ListBlocks(BurnOrder.EXPIRY_FIRST, status, null, 50));
    assertThat(page.hasMore()).isFalse();
    return page.blocks().stream().map(Block::terms).map(terms -> terms.number()).toList();
  }

  @Test
  void the_end_of_the_ledger_is_that_of_what_was_written() {
    account.granted(100);
    account.used(30);

    assertThat(ask(new ReadLedgerHead()))
        .isEqualTo(
            new CustomerView.LedgerHead(
                2,
                Objects.requireNonNull(account.journal.getLast().entry()).hash(),
                70,
                account.state.version()));
  }

  // May it?

  private CustomerView.Checked check(long units) {
    return check(BigDecimal.valueOf(units), Map.of());
  }

  private CustomerView.Checked check(BigDecimal units, Map<String, String> properties) {
    return (CustomerView.Checked)
        ask(
            new CheckEntitlement(
                "tokens", null, account.pricing(), account.policy, units, properties));
  }

  @Test
  void a_check_tells_the_policy_that_holds_and_the_balances() {
    account.granted(100);
    account.reserved(30);
    assertThat(check(70))
        .isEqualTo(
            new CustomerView.Checked(
                "acme",
                new Entitlement(true, null, 70L, 70L),
                new Balances(100, 30, 0),
                OveragePolicy.BLOCK));
    account.own(OveragePolicy.NOTIFY, 5L, null);

    assertThat(check(76))
        .isEqualTo(
            new CustomerView.Checked(
                "acme",
                new Entitlement(false, Reason.OVERAGE_CAP, 76L, 75L),
                new Balances(100, 30, 0),
                OveragePolicy.NOTIFY));
  }

  @Test
  void a_metric_without_a_rule_or_a_price_is_not_allowed() {
    account.granted(100);
    account.rule = null;
    assertThat(check(1).entitlement().reason()).isEqualTo(Reason.NO_METERING_RULE);
    account.rule =
        new MeteringRule(
            "rul_1",
            "tokens",
            1,
            null,
            TierScope.EVENT,
            List.of(new Dimension(Map.of("model", "large"), new Price.PerUnit(BigDecimal.TEN))),
            Rounding.UP,
            START,
            START);

    assertThat(check(1).entitlement())
        .isEqualTo(new Entitlement(false, Reason.NO_METERING_RULE, null, null));
    assertThat(check(BigDecimal.valueOf(3), Map.of("model", "large")).entitlement())
        .isEqualTo(new Entitlement(true, null, 30L, 10L));
  }

  @Test
  void a_metric_that_asks_for_a_feature_is_out_of_reach() {
    account.granted(100);
    var checked =
        (CustomerView.Checked)
            ask(
                new CheckEntitlement(
                    "tokens", "text", account.pricing(), account.policy, BigDecimal.ONE, Map.of()));

    assertThat(checked.entitlement().reason()).isEqualTo(Reason.FEATURE_MISSING);
  }

  @Test
  void only_blocks_that_may_pay_for_the_metric_count() {
    account.granted(10);
    account.grantedFor("images", 100);
    account.grantedFor("tokens", 5);

    assertThat(check(1).entitlement().affordableUnits()).isEqualTo(15);
    assertThat(check(1).balances()).isEqualTo(new Balances(115, 0, 0));
  }

  @ParameterizedTest
  @CsvSource({
    // policy, cap, what is owed, blocks, what is held of them
    "BLOCK, , 0, 20, 0",
    "BLOCK, , 0, 20, 7",
    "BLOCK, 10, 0, 20, 7",
    "ALLOW, 10, 0, 0, 0",
    "ALLOW, 10, 0, 20, 7",
    "ALLOW, 10, 4, 0, 0",
    "ALLOW, 10, 10, 0, 0",
    "NOTIFY, 10, 4, 0, 0",
    "ALLOW, 3, 9, 0, 0",
    "ALLOW, , 9, 0, 0",
    "NOTIFY, 0, 0, 5, 1",
  })
  void what_is_allowed_can_be_used_and_what_is_not_can_not(
      OveragePolicy policy, @Nullable Long capMc, long owedMc, long blocksMc, long heldMc) {
    account.allow();
    if (owedMc > 0) {
      account.used(owedMc);
    }
    if (blocksMc > 0) {
      account.granted(blocksMc);
    }
    if (heldMc > 0) {
      account.reserved(heldMc);
    }
    account.own(policy, capMc, null);
    account.policy = AccountPolicy.DEFAULT;
    account.rule =
        new MeteringRule(
            "rul_1",
            "tokens",
            1,
            new Price.PerUnit(new BigDecimal("1.5")),
            TierScope.EVENT,
            List.of(),
            Rounding.UP,
            START,
            START);

    for (int units = 1; units <= 40; units++) {
      Entitlement entitlement = check(units).entitlement();
      CustomerState before = account.state;
      CustomerDecider.Decision used =
          new CustomerDecider(Account.ID).decide(before, List.of(account.use(units)), START);
      boolean done = used.outcomes().getFirst() instanceof Outcome.Done;
      assertThat(entitlement.allowed()).as("%d units", units).isEqualTo(done);
      assertThat(entitlement.reason() == null).isEqualTo(entitlement.allowed());
      Long affordable = entitlement.affordableUnits();
      assertThat(affordable == null || units <= affordable).as("%d units", units).isEqualTo(done);
      assertThat(entitlement.estimatedCostMc()).isEqualTo((units * 3 + 1) / 2);
    }
  }

  // What comes next.

  private List<CustomerView.Next> timeline(int limit) {
    return ((CustomerView.Timeline) ask(new ReadTimeline(limit))).next();
  }

  @Test
  void the_timeline_tells_all_that_time_will_do_in_order() {
    Instant turn = Instant.parse("2026-02-01T00:00:00Z");
    account.granted(100, START.plusSeconds(900)); // 2
    account.promised(50, START.plusSeconds(60), START.plusSeconds(120)); // 3
    account.granted(8); // 4: never ends
    long first = account.reserved(30); // 5
    account.done(account.extend(first, 900)); // 6
    account.reserved(7); // 7
    account.done(new SetAutoTopup(new AutoTopup.Settings(1_000, null, 5L, 1, 86_400))); // 8, 9
    account.allow().invoice("UTC");
    account.used(75); // 10, 11

    assertThat(timeline(50))
        .containsExactly(
            next(START.plusSeconds(60), Due.Kind.ACTIVATION, 3, 50L),
            next(START.plusSeconds(120), Due.Kind.EXPIRY, 3, 50L),
            next(START.plusSeconds(300), Due.Kind.HOLD_EXPIRY, 7, 7L),
            next(START.plusSeconds(900), Due.Kind.HOLD_EXPIRY, 5, 30L),
            next(START.plusSeconds(900), Due.Kind.EXPIRY, 2, 0L),
            next(START.plusSeconds(3_600), Due.Kind.AUTO_TOPUP, 0, null),
            next(turn, Due.Kind.OVERAGE_CLEARING, 0, 4L));
    assertThat(timeline(2)).isEqualTo(timeline(50).subList(0, 2));
  }

  private static CustomerView.Next next(
      Instant at, Due.Kind kind, long number, @Nullable Long amountMc) {
    return new CustomerView.Next(new Due(at, kind, number), amountMc);
  }

  @Test
  void the_timeline_begins_with_what_is_next_and_shows_nothing_that_is_over() {
    account.granted(100, START.plusSeconds(60));
    account.promised(50, START.plusSeconds(70));
    Due next = Objects.requireNonNull(account.state.nextDue());
    assertThat(timeline(1).getFirst().due()).isEqualTo(next);

    account.wall = START.plusSeconds(60);
    assertThat(timeline(50))
        .containsExactly(next(START.plusSeconds(70), Due.Kind.ACTIVATION, 3, 50L));
    account.wall = START.plusSeconds(70);
    assertThat(timeline(50)).isEmpty();
  }

  @Test
  void an_expired_block_under_a_hold_is_not_due_again() {
    account.granted(100, START.plusSeconds(60));
    account.reserved(30);
    account.settleAt(START.plusSeconds(60));

    assertThat(timeline(50))
        .containsExactly(next(START.plusSeconds(300), Due.Kind.HOLD_EXPIRY, 3, 30L));
  }

  // Reservations.

  @Test
  void an_active_reservation_is_shown_and_one_that_has_ended_is_not() {
    account.granted(100);
    long reservation = account.reserved(30);

    assertThat(ask(new ReadReservation(reservation)))
        .isEqualTo(
            new CustomerView.ActiveReservation(
                "acme", account.reservation(reservation), new Balances(100, 30, 0)));
    account.wall = START.plusSeconds(300);
    assertThat(ask(new ReadReservation(reservation)))
        .isEqualTo(new CustomerView.ActiveReservation("acme", null, new Balances(100, 0, 0)));
    assertThat(ask(new ReadReservation(2)))
        .isEqualTo(new CustomerView.ActiveReservation("acme", null, new Balances(100, 0, 0)));
  }

  @Test
  void reservations_are_listed_newest_first_page_by_page() {
    account.granted(100);
    for (int i = 0; i < 5; i++) {
      account.reserved(1); // 3 to 7
    }
    account.done(account.release(5));

    assertThat(reservations(null, 2)).containsExactly(7L, 6L);
    assertThat(reservations(6L, 2)).containsExactly(4L, 3L);
    assertThat(reservations(3L, 2)).isEmpty();
    assertThat(reservations(5L, 2)).as("the place of one that has ended").containsExactly(4L, 3L);
    assertThat(hasMore(null, 3)).isTrue();
    assertThat(hasMore(null, 4)).isFalse();
    assertThat(hasMore(6L, 2)).isFalse();
    assertThat(hasMore(6L, 1)).isTrue();
  }

  private List<Long> reservations(@Nullable Long before, int limit) {
    return page(before, limit).reservations().stream()
        .map(reservation -> reservation.terms().number())
        .toList();
  }

  private boolean hasMore(@Nullable Long before, int limit) {
    return page(before, limit).hasMore();
  }

  private CustomerView.ReservationPage page(@Nullable Long before, int limit) {
    return (CustomerView.ReservationPage) ask(new ListReservations(before, limit));
  }

  // Topups.

  @Test
  void what_is_asked_for_and_pending_is_shown() {
    assertThat(ask(new ReadAutoTopup())).isEqualTo(new CustomerView.Topups("acme", null));
    account.done(new SetAutoTopup(new AutoTopup.Settings(1_000, null, 5L, 1, 86_400)));

    var topups = (CustomerView.Topups) ask(new ReadAutoTopup());

    assertThat(topups.autoTopup()).isEqualTo(account.state.autoTopup());
    assertThat(Objects.requireNonNull(topups.autoTopup()).pendingUntil())
        .isEqualTo(START.plusSeconds(3_600));
  }
}
