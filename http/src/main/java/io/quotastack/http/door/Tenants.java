package io.quotastack.http.door;

import io.quotastack.engine.Engine;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.engine.tenant.TenantReply;
import io.quotastack.http.problems.Problem;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What routes need of tenants: their catalog, and changes whose answer is the event they led to.
 */
public final class Tenants {
  private final Engine engine;

  /** The tenants of that engine. */
  public Tenants(Engine engine) {
    this.engine = engine;
  }

  /**
   * A change that took effect.
   *
   * @param sequence where it stands in the tenant's journal
   * @param event what happened
   * @param replayed whether it happened at an earlier request with the same key
   */
  public record Changed(long sequence, TenantEvent event, boolean replayed) {}

  /** The wall clock's time: what decides which rule is active. */
  public Instant now() {
    return engine.clock().instant();
  }

  /** The tenant's catalog as of now. */
  public CompletionStage<Catalog> catalog(TenantRef tenant) {
    return engine.catalog(tenant);
  }

  /** Has the tenant judge a command; fails with a problem if it is refused. */
  public CompletionStage<Changed> change(TenantRef tenant, TenantCommand.Keyed command) {
    return engine.change(tenant, command).thenCompose(reply -> changed(tenant, reply));
  }

  private CompletionStage<Changed> changed(TenantRef tenant, TenantReply reply) {
    return switch (reply) {
      case TenantReply.Done done ->
          CompletableFuture.completedFuture(new Changed(done.sequence(), done.event(), false));
      case TenantReply.Replayed replayed ->
          engine
              .journal()
              .read(
                  tenant.persistenceId(),
                  replayed.sequence(),
                  replayed.sequence(),
                  Direction.OLDEST_FIRST,
                  Set.of(),
                  1)
              .thenApply(rows ->
                  new Changed(replayed.sequence(), (TenantEvent) rows.getFirst().event(), true));
      case TenantReply.Refused refused -> throw Refusals.problem(refused).asException();
      case TenantReply.Unavailable unavailable -> throw Refusals.problem(unavailable).asException();
      case TenantReply.Unconfirmed ignored -> throw Problem.timeout().asException();
    };
  }
}
