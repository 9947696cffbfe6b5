package io.quotastack.http.credits;

import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockStatus;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.customer.BlockHistory;
import io.quotastack.engine.customer.CustomerCommand.VoidBlock;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerQuery.BurnPlace;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.Refusal;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Refusals;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.lists.Cursor;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Listing blocks and taking them back (semantics 3). */
public final class BlockRoutes {
  private static final String ID = "block_id";

  /** A list of blocks that are gone looks at so many at most before it hands out a page. */
  private static final int MAX_LOOKED_AT = 1_000;

  private static final int LOOKED_AT_ONCE = 100;
  private static final WireNames<BlockStatus> STATUSES = WireNames.lowerCase(BlockStatus.class);

  private final Customers customers;
  private final Tenants tenants;
  private final BlockHistory history;

  /** The routes to these customers' blocks. */
  public BlockRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
    this.history = new BlockHistory(customers.journal());
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    Customers.both(
        routes::get,
        "/credits/blocks",
        this::list,
        endpoint -> endpoint.query("status", "cursor", "limit"));
    routes.post("/v1/credits/blocks/{block_id}/void", this::voidBlock);
  }

  private CompletionStage<Reply> voidBlock(Call call) {
    OwnedId id = Customers.owned(call, ID, OwnedId.Kind.BLOCK, "block");
    JsonFields body = call.body();
    String reason = body.text("reason", CreditRoutes.REASON);
    body.finish();
    CustomerRef customer = Customers.owner(call, id);
    return customers.write(
        customer,
        new VoidBlock(call.requestKey(), id.number(), reason),
        refusal -> problem(call, customer, refusal));
  }

  /** Why nothing was changed: there never was such a block, or nothing is left of it. */
  private CompletionStage<Problem> problem(Call call, CustomerRef customer, Refusal refusal) {
    return switch (refusal) {
      case Refusal.CustomerNotFound _ ->
          CompletableFuture.completedFuture(Customers.notFound(call, ID, "block"));
      case Refusal.BlockNotLive gone ->
          history
              .find(customer, gone.block())
              .thenApply(terms ->
                  terms == null
                      ? Customers.notFound(call, ID, "block")
                      : Refusals.problem(customer, refusal));
      default -> CompletableFuture.completedFuture(Refusals.problem(customer, refusal));
    };
  }

  private CompletionStage<Reply> list(Call call) {
    CustomerRef customer = Customers.of(call);
    QueryParameters query = call.query();
    BlockStatus status = query.choiceOrNull("status", STATUSES);
    return switch (status) {
      case EXHAUSTED, EXPIRED, VOIDED -> listGone(customer, query, status);
      case PENDING, ACTIVE -> listLive(customer, query, status);
      case null -> listLive(customer, query, null);
    };
  }

  private CompletionStage<Reply> listLive(
      CustomerRef customer, QueryParameters query, @Nullable BlockStatus status) {
    PageRequest page = PageRequest.byTexts(query, BlockCursor.KIND, BlockCursor.VALUES);
    BurnPlace after = BlockCursor.place(query, page.cursor());
    query.finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            customers.read(
                customer,
                new CustomerQuery.ListBlocks(
                    catalog.config().policy().burnOrder(), status, after, page.limit()),
                CustomerView.BlockPage.class))
        .thenApply(found -> {
          Cursor next =
              found.hasMore() ? BlockCursor.after(found.blocks().getLast().terms()) : null;
          return Reply.ok(json ->
              new Page<>(found.blocks(), next)
                  .writeMembers(
                      json,
                      (each, block) -> CreditsJson.block(each, customer.customerId(), block)));
        });
  }

  /** Blocks that are gone, out of the journal, the newest first. */
  private CompletionStage<Reply> listGone(
      CustomerRef customer, QueryParameters query, BlockStatus status) {
    PageRequest page = PageRequest.byNumber(query, "blocks-" + CreditsJson.name(status));
    query.finish();
    Cursor cursor = page.cursor();
    Long before = cursor == null ? null : cursor.number(0);
    return customers
        .settledHead(customer)
        .thenCompose(head ->
            new GoneBlocks(customer, status, page.limit())
                .gather(before == null ? head.version() + 1 : before, MAX_LOOKED_AT))
        .thenApply(found ->
            Reply.ok(json ->
                found.writeMembers(
                    json,
                    (each, block) ->
                        CreditsJson.block(each, customer.customerId(), block, status))));
  }

  /** A page of blocks of one status on its way. */
  private final class GoneBlocks {
    private final CustomerRef customer;
    private final BlockStatus status;
    private final int limit;
    private final List<Block> found = new ArrayList<>();

    GoneBlocks(CustomerRef customer, BlockStatus status, int limit) {
      this.customer = customer;
      this.status = status;
      this.limit = limit;
    }

    CompletionStage<Page<Block>> gather(long before, int budget) {
      return history
          .newestFirst(customer, before, LOOKED_AT_ONCE)
          .thenCompose(looked ->
              customers
                  .read(
                      customer,
                      new CustomerQuery.ReadBlockFates(
                          looked.stream().map(BlockTerms::number).toList()),
                      CustomerView.BlockFates.class)
                  .thenCompose(fates ->
                      history
                          .expiredAmong(customer, unknown(looked, fates))
                          .thenCompose(expired -> take(looked, fates, expired, budget))));
    }

    /** Those that may have expired: neither live nor voided, and with an end. */
    private Set<Long> unknown(List<BlockTerms> looked, CustomerView.BlockFates fates) {
      return looked.stream()
          .filter(terms -> terms.expiresAt() != null && !fates.voided().contains(terms.number()))
          .map(BlockTerms::number)
          .filter(number -> find(fates, number) == null)
          .collect(Collectors.toSet());
    }

    private CompletionStage<Page<Block>> take(
        List<BlockTerms> looked, CustomerView.BlockFates fates, Set<Long> expired, int budget) {
      for (BlockTerms terms : looked) {
        Block live = find(fates, terms.number());
        if (statusOf(terms, live, fates, expired) == status) {
          if (found.size() == limit) {
            return CompletableFuture.completedFuture(
                new Page<>(found, cursorAfter(found.getLast().terms().number())));
          }
          found.add(live == null ? new Block(terms, 0, 0, false) : live);
        }
      }
      if (looked.size() < LOOKED_AT_ONCE) {
        return CompletableFuture.completedFuture(new Page<>(found, null));
      }
      long last = looked.getLast().number();
      return budget <= LOOKED_AT_ONCE
          ? CompletableFuture.completedFuture(new Page<>(found, cursorAfter(last)))
          : gather(last, budget - LOOKED_AT_ONCE);
    }

    private static BlockStatus statusOf(
        BlockTerms terms, @Nullable Block live, CustomerView.BlockFates fates, Set<Long> expired) {
      if (live != null) {
        return live.status();
      }
      if (fates.voided().contains(terms.number())) {
        return BlockStatus.VOIDED;
      }
      return expired.contains(terms.number()) ? BlockStatus.EXPIRED : BlockStatus.EXHAUSTED;
    }

    private static @Nullable Block find(CustomerView.BlockFates fates, long number) {
      return fates.live().stream()
          .filter(block -> block.terms().number() == number)
          .findFirst()
          .orElse(null);
    }

    private Cursor cursorAfter(long number) {
      return Cursor.at("blocks-" + CreditsJson.name(status), number);
    }
  }
}
