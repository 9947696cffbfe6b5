package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.Blocks;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.serialization.Stored;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A customer's state as it is stored to make recovery short. Can be deleted at any time: the
 * journal alone gives the same state.
 *
 * @param window the remembered idempotency keys, {@link IdempotencyWindow#toBytes()} in base 64
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "snapshot")
@JsonSubTypes(@JsonSubTypes.Type(value = CustomerSnapshot.class, name = "customer_snapshot.1"))
public record CustomerSnapshot(
    @Nullable Profile profile,
    List<Block> blocks,
    long overageMc,
    long lifetimeGrantedMc,
    long lifetimeConsumedMc,
    long ledgerSequence,
    String ledgerHash,
    long webhookSequence,
    long version,
    Instant lastAt,
    String window)
    implements Stored {

  /** That state, ready to be stored. */
  static CustomerSnapshot of(CustomerState state) {
    return new CustomerSnapshot(
        state.profile(),
        List.copyOf(state.blocks().all()),
        state.overageMc(),
        state.lifetimeGrantedMc(),
        state.lifetimeConsumedMc(),
        state.ledgerSequence(),
        state.ledgerHash(),
        state.webhookSequence(),
        state.version(),
        state.lastAt(),
        Base64.getEncoder().encodeToString(state.window().toBytes()));
  }

  /** The state that was stored. */
  CustomerState state() {
    return new CustomerState(
        profile,
        Blocks.of(blocks),
        overageMc,
        lifetimeGrantedMc,
        lifetimeConsumedMc,
        ledgerSequence,
        ledgerHash,
        webhookSequence,
        version,
        lastAt,
        IdempotencyWindow.ofBytes(Base64.getDecoder().decode(window)));
  }
}
