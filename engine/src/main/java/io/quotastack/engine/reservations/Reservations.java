package io.quotastack.engine.reservations;

import io.quotastack.engine.credits.Due;
import java.util.Collection;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;
import org.pcollections.TreePSet;

/**
 * The active reservations of one customer. Immutable; those that end leave it, so that cost does
 * not grow with a customer's age.
 */
public final class Reservations {
  private static final Reservations NONE =
      new Reservations(TreePMap.empty(), TreePSet.empty(Due.ORDER));

  private final TreePMap<Long, Reservation> byNumber;
  private final TreePSet<Due> due;

  private Reservations(TreePMap<Long, Reservation> byNumber, TreePSet<Due> due) {
    this.byNumber = byNumber;
    this.due = due;
  }

  /** None. */
  public static Reservations none() {
    return NONE;
  }

  /** These, as they were before: how a snapshot is read. */
  public static Reservations of(Collection<Reservation> reservations) {
    Reservations all = NONE;
    for (Reservation reservation : reservations) {
      all = all.with(reservation);
    }
    return all;
  }

  /** How many are active. */
  public int size() {
    return byNumber.size();
  }

  /** All that are active, oldest first. */
  public Collection<Reservation> all() {
    return byNumber.values();
  }

  /** The active reservation of that number, or null. */
  public @Nullable Reservation get(long number) {
    return byNumber.get(number);
  }

  /** Those with a number below that one (null = all), newest first. */
  public Stream<Reservation> newestFirst(@Nullable Long before) {
    return byNumber.descendingMap().values().stream()
        .filter(each -> before == null || each.terms().number() < before);
  }

  /** The next that ends by itself, or null if there is none. */
  public @Nullable Due nextDue() {
    return due.isEmpty() ? null : due.first();
  }

  /** All that end by themselves, in order. */
  public Collection<Due> allDue() {
    return due;
  }

  /** With that reservation as it is now, new or changed; without it if it has ended. */
  public Reservations with(Reservation reservation) {
    long number = reservation.terms().number();
    Reservation before = byNumber.get(number);
    TreePSet<Due> nextDue = before == null ? due : due.minus(expiryOf(before));
    return reservation.status() == ReservationStatus.ACTIVE
        ? new Reservations(byNumber.plus(number, reservation), nextDue.plus(expiryOf(reservation)))
        : new Reservations(byNumber.minus(number), nextDue);
  }

  private static Due expiryOf(Reservation reservation) {
    return new Due(reservation.expiresAt(), Due.Kind.HOLD_EXPIRY, reservation.terms().number());
  }
}
