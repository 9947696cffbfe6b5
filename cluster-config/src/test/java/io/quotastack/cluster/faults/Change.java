package io.quotastack.cluster.faults;

/**
 * What one idempotency key does to one customer, if it takes effect.
 *
 * @param key the idempotency key; also stands in the metadata of the ledger entry that it leads to,
 *     unless that is a release, which has none
 * @param customer the external id; empty for a customer that has none
 * @param kind what it does
 * @param amountMc how much it grants, costs, holds or lets go
 */
record Change(String key, String customer, Kind kind, long amountMc) {
  enum Kind {
    CREATE,
    GRANT,
    USAGE,
    HOLD,
    CAPTURE,
    RELEASE
  }
}
