package io.quotastack.engine.reservations;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.metering.Quote;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Credits that are pinned for work under way (semantics 6): exact blocks, and the price that holds
 * until it ends.
 *
 * @param terms what never changes
 * @param quote the pinned price; null = credits as such, or not told again in a later event
 * @param held what it pins, in the order in which it will be taken; empty once it has ended
 * @param capturedMc what was paid of it so far, also from beyond what it held
 * @param capturedUnits the units of that
 * @param chargedForUnitsMc the part of it that these units cost; the rest was captured as credits
 * @param expiresAt when it ends by itself
 * @param status where it is in its life
 */
public record Reservation(
    ReservationTerms terms,
    @Nullable Quote quote,
    List<Allocation> held,
    long capturedMc,
    BigDecimal capturedUnits,
    long chargedForUnitsMc,
    Instant expiresAt,
    ReservationStatus status) {

  /** What it pins, in mc. */
  @JsonIgnore
  public long heldMc() {
    long sumMc = 0;
    for (Allocation allocation : held) {
      sumMc += allocation.amountMc();
    }
    return sumMc;
  }

  /** What a final commit is for if it does not say: what is left of the estimate. */
  @JsonIgnore
  public BigDecimal unitsLeft() {
    BigDecimal estimated = terms.estimatedUnits();
    return estimated == null
        ? BigDecimal.ZERO
        : estimated.subtract(capturedUnits).max(BigDecimal.ZERO);
  }

  /**
   * What these units cost on top of those that were captured before: all of them are priced
   * together, so that many captures cost what one would.
   *
   * @throws IllegalStateException if it has no price
   * @throws io.quotastack.engine.credits.AmountOutOfRangeException if it is out of range
   */
  public long costMc(BigDecimal units) {
    if (quote == null) {
      throw new IllegalStateException("reservation " + terms.number() + " has no price");
    }
    return Math.max(0, quote.costMc(capturedUnits.add(units)) - chargedForUnitsMc);
  }

  /** The first so many mc of what it pins. */
  public List<Allocation> first(long amountMc) {
    var taken = new ArrayList<Allocation>();
    long missingMc = amountMc;
    for (Allocation allocation : held) {
      if (missingMc == 0) {
        break;
      }
      long takenMc = Math.min(missingMc, allocation.amountMc());
      taken.add(new Allocation(allocation.block(), takenMc));
      missingMc -= takenMc;
    }
    return taken;
  }

  /** What it pins beyond the first so many mc. */
  public List<Allocation> beyond(long amountMc) {
    var left = new ArrayList<Allocation>();
    long skippedMc = 0;
    for (Allocation allocation : held) {
      long takenMc = Math.min(amountMc - skippedMc, allocation.amountMc());
      skippedMc += takenMc;
      if (takenMc < allocation.amountMc()) {
        left.add(new Allocation(allocation.block(), allocation.amountMc() - takenMc));
      }
    }
    return left;
  }

  /** After some of it was paid. */
  public Reservation captured(
      long costMc,
      @Nullable BigDecimal units,
      List<Allocation> stillHeld,
      ReservationStatus newStatus) {
    return new Reservation(
        terms,
        quote,
        stillHeld,
        capturedMc + costMc,
        units == null ? capturedUnits : capturedUnits.add(units),
        units == null ? chargedForUnitsMc : chargedForUnitsMc + costMc,
        expiresAt,
        newStatus);
  }

  /** After all that it pinned was let go. */
  public Reservation ended(ReservationStatus newStatus) {
    return new Reservation(
        terms,
        quote,
        List.of(),
        capturedMc,
        capturedUnits,
        chargedForUnitsMc,
        expiresAt,
        newStatus);
  }

  /** With another end. */
  public Reservation until(Instant newExpiresAt) {
    return new Reservation(
        terms, quote, held, capturedMc, capturedUnits, chargedForUnitsMc, newExpiresAt, status);
  }

  /** As it stands in events after the first, which do not repeat the price. */
  public Reservation withQuote(@Nullable Quote newQuote) {
    return new Reservation(
        terms, newQuote, held, capturedMc, capturedUnits, chargedForUnitsMc, expiresAt, status);
  }
}
