package io.quotastack.bench.past;

import io.quotastack.bench.load.Exchanges;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerDecider;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerState;
import io.quotastack.engine.customer.Outcome;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.http.idempotency.RequestFingerprint;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Lives through a customer's past: has the engine judge request after request on a clock that
 * begins years ago, as if each had come by HTTP at its time.
 */
final class Past {
  /** Takes what happened, in order. */
  interface Journal {
    void add(long sequence, CustomerEvent event) throws SQLException;
  }

  /** So far apart that a day remembers few keys, whatever the number of events. */
  private static final Duration BETWEEN_FORGOTTEN = Duration.ofMinutes(10);

  /** The last of them is as old: nothing of it is remembered any longer. */
  private static final Duration SINCE_FORGOTTEN = Duration.ofDays(2);

  /** So near each other that a million is within a day. */
  private static final Duration BETWEEN_REMEMBERED = Duration.ofMillis(60);

  private static final Duration SINCE_REMEMBERED = Duration.ofHours(1);

  /** Blocks of many expire one after the other, none while anything is measured. */
  private static final Duration UNTIL_EXPIRY = Duration.ofDays(365);

  private static final int PRIORITIES = 3;

  private final long grantedMc;
  private final Pricing pricing;

  /**
   * @param grantedMc what each customer is granted, over all its blocks
   * @param costMc what a debit costs
   */
  Past(long grantedMc, long costMc) {
    this.grantedMc = grantedMc;
    var rule =
        new MeteringRule(
            "rul_past",
            Exchanges.METRIC,
            1,
            new Price.PerUnit(BigDecimal.valueOf(costMc)),
            TierScope.EVENT,
            List.of(),
            Rounding.UP,
            Instant.EPOCH,
            Instant.EPOCH);
    this.pricing = new Pricing(List.of(rule));
  }

  /**
   * Lives through it.
   *
   * @param now when it ends
   * @return the state at its end
   */
  CustomerState live(
      CustomerRef customer, String externalId, AgedCustomers aged, Instant now, Journal journal)
      throws SQLException {
    var decider = new CustomerDecider(customer.customerId());
    Duration between = between(aged);
    Instant end = now.minus(since(aged));
    int requests = aged.pastGrants() + aged.pastDebits();
    long usageFingerprint = fingerprint("/v1/usage", Exchanges.usageBody(externalId));
    CustomerState state = CustomerState.NONE;
    for (int i = 0; i < requests; i++) {
      Instant at = end.minus(between.multipliedBy(requests - 1L - i));
      CustomerCommand command =
          i < aged.pastGrants()
              ? grant(externalId, i, aged.pastGrants(), end)
              : usage(new RequestKey(AgedCustomers.key(i), usageFingerprint));
      CustomerDecider.Decision decision = decider.decide(state, List.of(command), at);
      if (!(decision.outcomes().getFirst() instanceof Outcome.Done)) {
        throw new IllegalStateException(command + " led to " + decision.outcomes());
      }
      for (int event = 0; event < decision.events().size(); event++) {
        journal.add(decision.states().get(event).version(), decision.events().get(event));
      }
      state = decision.state();
    }
    return state;
  }

  /** How long ago the first request of that past was. */
  static Duration length(AgedCustomers aged) {
    return since(aged).plus(between(aged).multipliedBy(aged.pastGrants() + aged.pastDebits() - 1L));
  }

  private static Duration between(AgedCustomers aged) {
    return switch (aged.dimension()) {
      case EVENTS, BLOCKS -> BETWEEN_FORGOTTEN;
      case KEYS -> BETWEEN_REMEMBERED;
    };
  }

  private static Duration since(AgedCustomers aged) {
    return switch (aged.dimension()) {
      case EVENTS, BLOCKS -> SINCE_FORGOTTEN;
      case KEYS -> SINCE_REMEMBERED;
    };
  }

  private CustomerCommand grant(String externalId, int number, int grants, Instant end) {
    Instant expiresAt =
        grants == 1 ? null : end.plus(UNTIL_EXPIRY).plus(Duration.ofMinutes(grants - number));
    return new CustomerCommand.GrantCredits(
        new RequestKey(AgedCustomers.key(number), fingerprint("/v1/grant", externalId)),
        externalId,
        grantedMc / grants,
        BlockSource.PROMOTIONAL,
        null,
        number % PRIORITIES,
        null,
        expiresAt,
        null,
        null,
        null,
        null,
        Map.of());
  }

  private CustomerCommand usage(RequestKey request) {
    return new CustomerCommand.RecordUsage(
        request,
        Exchanges.METRIC,
        BigDecimal.ONE,
        pricing,
        AccountPolicy.DEFAULT,
        null,
        Map.of(),
        Map.of());
  }

  private static long fingerprint(String path, String body) {
    return RequestFingerprint.of("POST", path, body.getBytes(StandardCharsets.UTF_8));
  }
}
