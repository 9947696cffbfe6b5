package io.quotastack.http.credits;

import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.metering.MetricRoutes;
import java.time.Instant;
import java.util.Currency;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the terms of a deposit may be, wherever they are given: in a grant, a topup, a package. */
public final class DepositRules {
  /** The highest priority; the lowest is 0. */
  public static final int MAX_PRIORITY = 255;

  /** The longest that credits live after they were granted, if they don't for ever: 100 years. */
  public static final long MAX_LIFE_SECONDS = 3_155_760_000L;

  private static final Set<String> CURRENCIES =
      Currency.getAvailableCurrencies().stream()
          .map(Currency::getCurrencyCode)
          .collect(Collectors.toUnmodifiableSet());

  /** What a currency is: an ISO 4217 code. */
  public static final TextRule CURRENCY =
      TextRule.length(3, 3)
          .matching(CURRENCIES::contains, "must be an ISO 4217 currency code, like EUR");

  private static final int MAX_METRIC_KEYS = 100;

  private DepositRules() {}

  /** The only metrics that the credits pay for, in the order of the body; null = any. */
  public static @Nullable Set<String> metricKeys(JsonFields body) {
    List<String> keys = body.textsOrNull("metric_keys", 1, MAX_METRIC_KEYS, MetricRoutes.KEY);
    if (keys == null) {
      return null;
    }
    var distinct = new LinkedHashSet<>(keys);
    if (distinct.size() < keys.size()) {
      body.reject("metric_keys", "must not name a metric twice");
    }
    return distinct;
  }

  /** Sees to it that the end of the credits' life is told in one way at most. */
  public static void checkExpiry(
      JsonFields body, @Nullable Instant expiresAt, @Nullable Long expiresAfterSeconds) {
    if (expiresAt != null && expiresAfterSeconds != null) {
      body.reject("expires_after_seconds", "excludes expires_at: give one of the two");
    }
  }
}
