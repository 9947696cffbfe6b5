package io.quotastack.http.reservations;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerView.Balances;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationTerms;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.json.JsonWriter;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reservations in JSON. */
public final class ReservationJson {
  private ReservationJson() {}

  /** Writes the members of a reservation. */
  public static void write(
      JsonWriter json, UUID customerId, @Nullable String externalId, Reservation reservation) {
    ReservationTerms terms = reservation.terms();
    json.text("reservation_id", OwnedId.Kind.RESERVATION.text(customerId, terms.number()))
        .text("customer_id", customerId.toString())
        .text("external_customer_id", externalId)
        .text("status", CreditsJson.name(reservation.status()))
        .text("billable_metric_key", terms.metricKey())
        .decimal("estimated_units", terms.estimatedUnits())
        .numberOrNull("rule_version", terms.ruleVersion())
        .number("reserved", terms.reservedMc())
        .number("held", reservation.heldMc())
        .number("captured", reservation.capturedMc())
        .decimal("captured_units", terms.metricKey() == null ? null : reservation.capturedUnits())
        .instant("expires_at", reservation.expiresAt())
        .texts("properties", terms.properties())
        .texts("metadata", terms.metadata())
        .instant("created_at", terms.createdAt());
  }

  /** Writes the members of the answer to a reserve. */
  public static void reserved(
      JsonWriter json,
      UUID customerId,
      @Nullable String externalId,
      CustomerEvent.CreditsReserved reserved) {
    write(json, customerId, externalId, reserved.reservation());
    CreditsJson.allocations(json, customerId, reserved.entry().allocations());
    after(json, customerId, reserved.entry(), CreditsJson.balancesAfter(reserved.entry()));
  }

  /** Writes the members of the answer to a commit. */
  public static void captured(
      JsonWriter json,
      UUID customerId,
      @Nullable String externalId,
      CustomerEvent.ReservationCaptured captured) {
    LedgerEntry entry = captured.entry();
    write(json, customerId, externalId, captured.reservation());
    json.text(
            "usage_event_id",
            captured.metricKey() == null
                ? null
                : OwnedId.Kind.USAGE_EVENT.text(customerId, entry.number()))
        .number("cost", captured.costMc())
        .decimal("units", captured.units())
        .number("returned", sumMc(captured.returned()))
        .number("expired", captured.lostMc())
        .number("overage", captured.overageMc());
    CreditsJson.allocations(json, customerId, entry.allocations());
    after(
        json,
        customerId,
        entry,
        CreditsJson.balancesAfter(entry).owing(captured.overageMc()).losing(captured.lostMc()));
  }

  /** Writes the members of the answer to a release. */
  public static void released(
      JsonWriter json,
      UUID customerId,
      @Nullable String externalId,
      CustomerEvent.ReservationReleased released) {
    LedgerEntry entry = released.entry();
    write(json, customerId, externalId, released.reservation());
    json.number("returned", sumMc(entry.allocations()))
        .number("expired", released.lostMc())
        .text("reason", released.note());
    after(json, customerId, entry, CreditsJson.balancesAfter(entry).losing(released.lostMc()));
  }

  private static void after(
      JsonWriter json, UUID customerId, LedgerEntry entry, Balances balances) {
    CreditsJson.balances(json, balances);
    json.text("ledger_entry_id", OwnedId.Kind.LEDGER_ENTRY.text(customerId, entry.number()))
        .number("ledger_sequence", entry.sequence());
  }

  private static long sumMc(List<Allocation> allocations) {
    return allocations.stream().mapToLong(Allocation::amountMc).sum();
  }
}
