package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.customer.CustomerCommand.CreateCustomer;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Commands for tests, of which only what a test is about is told. */
final class Customers {
  /** When the tests begin. */
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  /** One mc a unit. */
  static final MeteringRule ONE_MC =
      new MeteringRule(
          "rul_1",
          "tokens",
          1,
          new Price.PerUnit(BigDecimal.ONE),
          TierScope.EVENT,
          List.of(),
          Rounding.UP,
          START,
          START);

  private Customers() {}

  static CreateCustomer newCustomer(String key) {
    return new CreateCustomer(request(key), "acme", "Acme", null, null, null, null, Map.of());
  }

  static GrantCredits grant(String key, long creditsMc) {
    return grant(key, creditsMc, 0, null);
  }

  static GrantCredits grant(String key, long creditsMc, int priority, @Nullable Instant expiresAt) {
    return grant(key, creditsMc, priority, null, expiresAt, null, null, null);
  }

  static GrantCredits grant(
      String key,
      long creditsMc,
      int priority,
      @Nullable Instant effectiveAt,
      @Nullable Instant expiresAt,
      @Nullable Long expiresAfterSeconds,
      @Nullable Set<String> metricKeys,
      @Nullable BigDecimal pricePaid) {
    return new GrantCredits(
        request(key),
        "acme",
        creditsMc,
        BlockSource.PROMOTIONAL,
        null,
        priority,
        effectiveAt,
        expiresAt,
        expiresAfterSeconds,
        metricKeys,
        pricePaid,
        null,
        Map.of());
  }

  static RecordUsage use(String key, long units) {
    return use(key, units, BurnOrder.EXPIRY_FIRST);
  }

  static RecordUsage use(String key, long units, BurnOrder order) {
    return use(key, "tokens", BigDecimal.valueOf(units), ONE_MC, order, null);
  }

  static RecordUsage use(
      String key,
      String metricKey,
      BigDecimal units,
      @Nullable MeteringRule rule,
      BurnOrder order,
      @Nullable Instant timestamp) {
    return new RecordUsage(
        request(key),
        metricKey,
        units,
        rule == null ? Pricing.NONE : new Pricing(List.of(rule)),
        burning(order),
        timestamp,
        Map.of(),
        Map.of());
  }

  /** A tenant's terms that differ from the default in the burn order at most. */
  static AccountPolicy burning(BurnOrder order) {
    return new AccountPolicy(
        order,
        AccountPolicy.DEFAULT.overagePolicy(),
        AccountPolicy.DEFAULT.maxOverageMc(),
        AccountPolicy.DEFAULT.overageSettlement(),
        AccountPolicy.DEFAULT.timeZone());
  }

  static RequestKey request(String key) {
    return new RequestKey(key, key.hashCode());
  }
}
