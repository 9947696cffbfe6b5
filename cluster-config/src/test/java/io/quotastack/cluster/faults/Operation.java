package io.quotastack.cluster.faults;

import java.util.List;

/**
 * A request that changes something. A retry sends exactly the same again.
 *
 * @param path where it is posted to
 * @param key its {@code Idempotency-Key}
 * @param body its JSON
 * @param changes what it does: one change, or one for each event of a batch
 */
record Operation(String path, String key, String body, List<Change> changes) {
  static final String BATCH_PATH = "/v1/usage/batch";

  boolean isBatch() {
    return path.equals(BATCH_PATH);
  }
}
