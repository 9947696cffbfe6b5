package io.quotastack.http.credits;

import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerQuery.BurnPlace;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.lists.Cursor;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.metering.MetricRoutes;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Granting credits and reading the account and its blocks (semantics 3). */
public final class CreditRoutes {
  /** What a reason is: up to 500 characters. */
  static final TextRule REASON = TextRule.length(1, 500);

  private static final WireNames<BlockSource> SOURCES = WireNames.lowerCase(BlockSource.class);
  private static final WireNames<Boolean> STATUSES =
      WireNames.of(List.of(false, true), active -> active ? "active" : "pending");
  private static final int MAX_METRIC_KEYS = 100;

  private final Customers customers;
  private final Tenants tenants;

  /** The routes to these customers' credits. */
  public CreditRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    Customers.both(
        routes::get, "/credits", this::read, endpoint -> endpoint.query("include_blocks"));
    Customers.both(routes::post, "/credits/grant", this::grant);
    Customers.both(
        routes::get,
        "/credits/blocks",
        this::listBlocks,
        endpoint -> endpoint.query("status", "cursor", "limit"));
  }

  private CompletionStage<Reply> read(Call call) {
    CustomerRef customer = Customers.of(call);
    boolean includeBlocks = call.query().boolOr("include_blocks", false);
    call.query().finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            customers.read(
                customer,
                new CustomerQuery.ReadCredits(includeBlocks ? catalog.config().burnOrder() : null),
                CustomerView.Credits.class))
        .thenApply(credits -> reply(customer, credits));
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
    if (expiresAt != null && expiresAfterSeconds != null) {
      body.reject("expires_after_seconds", "excludes expires_at: give one of the two");
    }
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
            metricKeys(body),
            body.decimalOrNull("price_paid", DecimalRule.NOT_NEGATIVE),
            body.textOrNull("currency", DepositRules.CURRENCY),
            body.textMap("metadata", TextMapRule.METADATA));
    body.finish();
    return customers.write(customer, command);
  }

  private static @Nullable Set<String> metricKeys(JsonFields body) {
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

  private CompletionStage<Reply> listBlocks(Call call) {
    CustomerRef customer = Customers.of(call);
    QueryParameters query = call.query();
    Boolean active = query.choiceOrNull("status", STATUSES);
    PageRequest page = PageRequest.byTexts(query, BlockCursor.KIND, BlockCursor.VALUES);
    BurnPlace after = BlockCursor.place(query, page.cursor());
    query.finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            customers.read(
                customer,
                new CustomerQuery.ListBlocks(
                    catalog.config().burnOrder(), active, after, page.limit()),
                CustomerView.BlockPage.class))
        .thenApply(found -> reply(customer, found));
  }

  private static Reply reply(CustomerRef customer, CustomerView.BlockPage found) {
    Cursor next = found.hasMore() ? BlockCursor.after(found.blocks().getLast().terms()) : null;
    return Reply.ok(json ->
        new Page<>(found.blocks(), next)
            .writeMembers(
                json, (each, block) -> CreditsJson.block(each, customer.customerId(), block)));
  }
}
