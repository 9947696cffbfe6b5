package io.quotastack.http.credits;

import io.quotastack.http.input.TextRule;
import java.util.Currency;
import java.util.Set;
import java.util.stream.Collectors;

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

  private DepositRules() {}
}
