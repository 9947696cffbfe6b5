package io.quotastack.engine.idempotency;

/**
 * The name that a client gave to a request, and what it asked under that name (semantics 9).
 *
 * @param key the {@code Idempotency-Key}: 1 to 255 printable ASCII characters
 * @param fingerprint the first 64 bits of SHA-256 over method, path and body, as a number
 */
public record RequestKey(String key, long fingerprint) {}
