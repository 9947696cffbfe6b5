package io.quotastack.http.topups;

import io.quotastack.engine.customer.CustomerCommand.GrantTopup;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.topups.TopupPackage;
import io.quotastack.http.credits.DepositRules;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.NamedCustomer;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.idempotency.RequestFingerprint;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.metering.MetricRoutes;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Granting payments that the tenant took (semantics 7). */
public final class TopupRoutes {
  private static final String PATH = "/v1/topup/grant";
  private static final TextRule PAYMENT_ID = TextRule.length(1, 255);

  private final Customers customers;
  private final Tenants tenants;

  /** The routes to these customers' topups. */
  public TopupRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post(PATH, this::grant);
  }

  private CompletionStage<Reply> grant(Call call) {
    Input input = Input.read(call.body());
    CustomerRef customer = input.named().in(call.caller().tenant());
    return tenants
        .catalog(customer.tenant())
        .thenCompose(
            catalog -> customers.write(customer, input.command(call.requestKey(), catalog)));
  }

  /** Sees to it that what is bought is told in one way. */
  static void checkOneOfCreditsAndPackage(JsonFields body) {
    if (!body.has("credits") && !body.has("package_id")) {
      body.reject("credits", "is required, or give package_id");
    } else if (body.has("credits") && body.has("package_id")) {
      body.reject("package_id", "excludes credits: give one of the two");
    }
  }

  /** Why that package can't be granted; null = it can. */
  static @Nullable String fault(Catalog catalog, String key) {
    TopupPackage found = catalog.topupPackage(key);
    if (found == null) {
      return "there is no package '" + key + "'";
    }
    return found.archived() ? "the package is archived" : null;
  }

  /**
   * A topup as a body tells it.
   *
   * @param packageKey the package; null = {@code creditsMc}
   * @param priority null = the package's, else 0
   */
  private record Input(
      NamedCustomer named,
      @Nullable Long creditsMc,
      @Nullable String packageKey,
      @Nullable BigDecimal pricePaid,
      @Nullable String currency,
      @Nullable String paymentId,
      @Nullable Long priority,
      @Nullable Instant expiresAt,
      @Nullable Long expiresAfterSeconds,
      @Nullable Set<String> metricKeys,
      Map<String, String> metadata) {

    static Input read(JsonFields body) {
      var input =
          new Input(
              NamedCustomer.read(body),
              body.amountOrNull("credits", 1),
              body.textOrNull("package_id", MetricRoutes.KEY),
              body.decimalOrNull("price_paid", DecimalRule.NOT_NEGATIVE),
              body.textOrNull("currency", DepositRules.CURRENCY),
              body.textOrNull("external_payment_id", PAYMENT_ID),
              body.wholeOrNull("priority", 0, DepositRules.MAX_PRIORITY),
              body.instantOrNull("expires_at"),
              body.wholeOrNull("expires_after_seconds", 1, DepositRules.MAX_LIFE_SECONDS),
              DepositRules.metricKeys(body),
              body.textMap("metadata", TextMapRule.METADATA));
      checkOneOfCreditsAndPackage(body);
      DepositRules.checkExpiry(body, input.expiresAt, input.expiresAfterSeconds);
      body.finish();
      return input;
    }

    GrantTopup command(RequestKey request, Catalog catalog) {
      TopupPackage bought = packageKey == null ? null : catalog.topupPackage(packageKey);
      boolean ownExpiry = expiresAt != null || expiresAfterSeconds != null;
      return new GrantTopup(
          request,
          named.externalId(),
          paymentId == null ? null : new RequestKey(paymentId, termsFingerprint()),
          packageKey,
          packageKey == null ? null : fault(catalog, packageKey),
          bought == null ? creditsMc == null ? 1 : creditsMc : bought.creditsMc(),
          bought == null ? 0 : bought.bonusCreditsMc(),
          pricePaid != null || bought == null ? pricePaid : bought.price(),
          currency != null || bought == null ? currency : bought.currency(),
          priority != null ? priority.intValue() : bought == null ? 0 : bought.priority(),
          expiresAt,
          ownExpiry || bought == null ? expiresAfterSeconds : bought.expiresAfterSeconds(),
          metricKeys,
          metadata);
    }

    /**
     * What a payment is granted with: a payment that comes again must have the same. What the
     * tenant notes beside it may differ.
     */
    private long termsFingerprint() {
      String terms =
          String.join(
              "\n",
              Arrays.asList(
                  String.valueOf(creditsMc),
                  String.valueOf(packageKey),
                  pricePaid == null ? "null" : pricePaid.toPlainString(),
                  String.valueOf(currency),
                  // Without a package, not to name one is to name 0.
                  priority == null && packageKey == null ? "0" : String.valueOf(priority),
                  String.valueOf(expiresAt),
                  String.valueOf(expiresAfterSeconds),
                  metricKeys == null ? "null" : new TreeSet<>(metricKeys).toString()));
      return RequestFingerprint.of("POST", PATH, terms.getBytes(StandardCharsets.UTF_8));
    }
  }
}
