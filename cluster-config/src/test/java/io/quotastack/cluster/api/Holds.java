package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.quoted;

/** Reservations as tests of other things need them. */
final class Holds {
  private static final String PATH = "/v1/reserve";

  private Holds() {}

  /** Holds so many mc of a customer; answers the reservation's id. */
  static String credits(ApiClient api, String externalId, long creditsMc) {
    return api.post(
            PATH,
            "{\"external_customer_id\": %s, \"credits\": %d}"
                .formatted(quoted(externalId), creditsMc))
        .created()
        .text("/reservation_id");
  }

  /** Holds what so many units of a metric cost; answers the reservation's id. */
  static String units(ApiClient api, String externalId, String metric, String units) {
    return api.post(
            PATH,
            """
            {"external_customer_id": %s, "billable_metric_key": "%s", "estimated_units": %s}
            """
                .formatted(quoted(externalId), metric, units))
        .created()
        .text("/reservation_id");
  }

  /** Commits what these members tell, finally unless they say otherwise. */
  static Answer commit(ApiClient api, String reservationId, String members) {
    return api.post(PATH + "/" + reservationId + "/commit", "{%s}".formatted(members)).ok();
  }

  /** Lets go of all that is held. */
  static Answer release(ApiClient api, String reservationId) {
    return api.post(PATH + "/" + reservationId + "/release", "{}").ok();
  }
}
