package io.quotastack.engine.tenant;

import java.time.Instant;

/**
 * What is kept of an API key: never the key itself (semantics 11).
 *
 * @param name for people
 * @param sha256 SHA-256 of the key's whole text, in lower-case hex
 * @param createdAt when it was made
 */
public record ApiKeyHash(String name, String sha256, Instant createdAt) {}
