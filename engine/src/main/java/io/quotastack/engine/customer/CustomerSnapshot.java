package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.Blocks;
import io.quotastack.engine.credits.Overage;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.idempotency.StoredKeys;
import io.quotastack.engine.metering.PeriodUnits;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.Reservations;
import io.quotastack.engine.serialization.Stored;
import io.quotastack.engine.topups.AutoTopup;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.TreePMap;
import org.pcollections.TreePSet;

/**
 * A customer's state as it is stored to make recovery short. Can be deleted at any time: the
 * journal alone gives the same state. What may be null was added later, or there is none.
 *
 * @param payments the granted payments
 * @param window the remembered idempotency keys
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "snapshot")
@JsonSubTypes(@JsonSubTypes.Type(value = CustomerSnapshot.class, name = "customer_snapshot.1"))
public record CustomerSnapshot(
    @Nullable Profile profile,
    List<Block> blocks,
    @Nullable List<Reservation> reservations,
    @Nullable Overage overage,
    long lifetimeGrantedMc,
    long lifetimeConsumedMc,
    @Nullable Map<String, PeriodUnits> periods,
    @Nullable Map<Long, Long> reversed,
    @Nullable List<Long> voided,
    @Nullable StoredKeys payments,
    @Nullable AutoTopup autoTopup,
    long ledgerSequence,
    String ledgerHash,
    long webhookSequence,
    long version,
    Instant lastAt,
    StoredKeys window)
    implements Stored {

  /** That state, ready to be stored. */
  static CustomerSnapshot of(CustomerState state) {
    return new CustomerSnapshot(
        state.profile(),
        List.copyOf(state.blocks().all()),
        List.copyOf(state.reservations().all()),
        state.overage(),
        state.lifetimeGrantedMc(),
        state.lifetimeConsumedMc(),
        state.periods(),
        state.reversed(),
        List.copyOf(state.voided()),
        StoredKeys.of(state.payments()),
        state.autoTopup(),
        state.ledgerSequence(),
        state.ledgerHash(),
        state.webhookSequence(),
        state.version(),
        state.lastAt(),
        StoredKeys.of(state.window()));
  }

  /** The state that was stored. */
  CustomerState state() {
    return new CustomerState(
        profile,
        Blocks.of(blocks),
        reservations == null ? Reservations.none() : Reservations.of(reservations),
        overage == null ? Overage.NONE : overage,
        lifetimeGrantedMc,
        lifetimeConsumedMc,
        periods == null ? HashTreePMap.empty() : HashTreePMap.from(periods),
        reversed == null ? TreePMap.empty() : TreePMap.from(reversed),
        voided == null ? TreePSet.empty() : TreePSet.from(voided),
        payments == null ? IdempotencyWindow.endless() : payments.endlessWindow(),
        autoTopup,
        ledgerSequence,
        ledgerHash,
        webhookSequence,
        version,
        lastAt,
        window.window());
  }
}
