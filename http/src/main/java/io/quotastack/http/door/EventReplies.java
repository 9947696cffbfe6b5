package io.quotastack.http.door;

import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.customer.CustomerJson;
import io.quotastack.http.metering.UsageJson;
import io.quotastack.http.reservations.ReservationJson;
import io.quotastack.http.server.Reply;
import io.quotastack.http.topups.TopupJson;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request, rendered from the event that it led to alone: a replay gives the same
 * bytes.
 */
final class EventReplies {
  private EventReplies() {}

  static Reply of(
      CustomerRef customer, @Nullable String externalId, long sequence, CustomerEvent event) {
    UUID id = customer.customerId();
    return switch (event) {
      case CustomerEvent.CustomerCreated created ->
          Reply.created(json -> CustomerJson.write(json, id, created.profile(), sequence));
      case CustomerEvent.CustomerUpdated updated ->
          Reply.ok(json -> CustomerJson.write(json, id, updated.profile(), sequence));
      case CustomerEvent.CreditGranted granted ->
          Reply.created(json -> CreditsJson.grant(json, id, externalId, granted, sequence));
      case CustomerEvent.CreditAdjusted adjusted ->
          Reply.ok(json -> CreditsJson.entry(json, id, adjusted.entry()));
      case CustomerEvent.BlockVoided gone ->
          Reply.ok(json -> CreditsJson.block(json, id, gone.block()));
      case CustomerEvent.UsageRecorded used ->
          Reply.created(json -> UsageJson.recorded(json, id, externalId, used));
      case CustomerEvent.UsageReversed back -> Reply.ok(json -> UsageJson.reversed(json, id, back));
      case CustomerEvent.CreditsReserved reserved ->
          Reply.created(json -> ReservationJson.reserved(json, id, externalId, reserved));
      case CustomerEvent.ReservationCaptured captured ->
          Reply.ok(json -> ReservationJson.captured(json, id, externalId, captured));
      case CustomerEvent.ReservationReleased released ->
          Reply.ok(json -> ReservationJson.released(json, id, externalId, released));
      case CustomerEvent.ReservationExtended extended ->
          Reply.ok(json -> ReservationJson.write(json, id, externalId, extended.reservation()));
      case CustomerEvent.TopupGranted topup ->
          Reply.created(json -> TopupJson.granted(json, id, externalId, topup));
      case CustomerEvent.AutoTopupSet set ->
          // Only to switch it off is a request with a key, whose answer may be asked for again.
          Reply.ok(json -> TopupJson.autoTopup(json, id, externalId, null));
      case CustomerEvent.TopupRefused refused ->
          Reply.ok(json -> TopupJson.refused(json, id, externalId, refused));
      case CustomerEvent.BlockActivated _,
          CustomerEvent.BlockExpired _,
          CustomerEvent.OverageBooked _,
          CustomerEvent.OverageSettled _,
          CustomerEvent.TopupRequested _ ->
          throw new IllegalStateException("no request leads to " + event);
    };
  }
}
