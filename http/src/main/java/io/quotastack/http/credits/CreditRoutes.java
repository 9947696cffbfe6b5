package io.quotastack.http.credits;

import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.customer.CustomerCommand.AdjustCredits;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerHistory;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Granting credits and reading the account and its blocks (semantics 3). */
public final class CreditRoutes {
  /** What a reason is: up to 500 characters. */
  public static final TextRule REASON = TextRule.length(1, 500);

  private static final WireNames<BlockSource> SOURCES = WireNames.lowerCase(BlockSource.class);

  private final Customers customers;
  private final Tenants tenants;
  private final CustomerHistory history;

  /** The routes to these customers' credits. */
  public CreditRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
    this.history = new CustomerHistory(customers.journal());
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    Customers.both(
        routes::get, "/credits", this::read, endpoint -> endpoint.query("include_blocks", "at"));
    Customers.both(routes::post, "/credits/grant", this::grant);
    Customers.both(routes::post, "/credits/adjust", this::adjust);
  }

  private CompletionStage<Reply> read(Call call) {
    CustomerRef customer = Customers.of(call);
    boolean includeBlocks = call.query().boolOr("include_blocks", false);
    Instant at = call.query().instantOrNull("at");
    if (at != null && at.isAfter(tenants.now())) {
      call.query().reject("at", "must not be in the future");
    }
    call.query().finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            credits(customer, at, includeBlocks ? catalog.config().policy().burnOrder() : null))
        .thenApply(credits -> reply(customer, credits));
  }

  private CompletionStage<CustomerView.Credits> credits(
      CustomerRef customer, @Nullable Instant at, @Nullable BurnOrder blocksIn) {
    return at == null
        ? customers.read(
            customer, new CustomerQuery.ReadCredits(blocksIn), CustomerView.Credits.class)
        : customers
            .settledHead(customer)
            .thenCompose(head -> history.creditsAt(customer, at, head.version(), blocksIn))
            .thenCombine(
                customers.read(
                    customer, new CustomerQuery.ReadCustomer(), CustomerView.Customer.class),
                (credits, view) -> credits.named(view.profile().externalId()));
  }

  private static Reply reply(CustomerRef customer, CustomerView.Credits credits) {
    return Reply.ok(json -> {
      json.text("customer_id", customer.customerId().toString())
          .text("external_customer_id", credits.externalId());
      CreditsJson.balances(json, credits.balances());
      json.number("lifetime_granted", credits.lifetimeGrantedMc())
          .number("lifetime_consumed", credits.lifetimeConsumedMc())
          .number("version", credits.version());
      List<Block> blocks = credits.blocks();
      if (blocks != null) {
        json.objects(
            "blocks",
            blocks,
            (each, block) -> CreditsJson.block(each, customer.customerId(), block));
      }
    });
  }

  private CompletionStage<Reply> grant(Call call) {
    CustomerRef customer = Customers.of(call);
    JsonFields body = call.body();
    Instant expiresAt = body.instantOrNull("expires_at");
    Long expiresAfterSeconds =
        body.wholeOrNull("expires_after_seconds", 1, DepositRules.MAX_LIFE_SECONDS);
    DepositRules.checkExpiry(body, expiresAt, expiresAfterSeconds);
    var command =
        new GrantCredits(
            call.requestKey(),
            Customers.externalId(call),
            body.amount("credits", 1),
            body.choiceOr("source", SOURCES, BlockSource.PROMOTIONAL),
            body.textOrNull("reason", REASON),
            body.intOr("priority", 0, DepositRules.MAX_PRIORITY, 0),
            body.instantOrNull("effective_at"),
            expiresAt,
            expiresAfterSeconds,
            DepositRules.metricKeys(body),
            body.decimalOrNull("price_paid", DecimalRule.NOT_NEGATIVE),
            body.textOrNull("currency", DepositRules.CURRENCY),
            body.textMap("metadata", TextMapRule.METADATA));
    body.finish();
    return customers.write(customer, command);
  }

  private CompletionStage<Reply> adjust(Call call) {
    CustomerRef customer = Customers.of(call);
    JsonFields body = call.body();
    long deltaMc = body.amount("delta", -Amounts.MAX_MC);
    String reason = body.text("reason", REASON);
    Map<String, String> metadata = body.textMap("metadata", TextMapRule.METADATA);
    if (deltaMc == 0) {
      body.reject("delta", "must not be 0");
    }
    body.finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            customers.write(
                customer,
                new AdjustCredits(
                    call.requestKey(),
                    deltaMc,
                    reason,
                    catalog.config().policy().burnOrder(),
                    metadata)));
  }
}
