package io.quotastack.engine.idempotency;

/**
 * What is known of a key that was used before.
 *
 * @param fingerprint of the request that used it
 * @param sequence the journal event that holds its effect and from which its answer is rendered
 */
public record Remembered(long fingerprint, long sequence) {}
