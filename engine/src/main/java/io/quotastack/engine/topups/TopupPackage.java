package io.quotastack.engine.topups;

import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Credits that a tenant sells as one thing (semantics 7).
 *
 * @param key its name within the tenant's environment: 1 to 64 of {@code a-z}, {@code 0-9}, {@code
 *     _}; never changes
 * @param name for people
 * @param creditsMc what it grants, in mc; above 0
 * @param bonusCreditsMc what it grants for free on top, in mc, as a block of its own; 0 = none
 * @param price what it costs, in units of {@code currency}; null = not told
 * @param currency ISO 4217 code; null = not told
 * @param expiresAfterSeconds how long its credits last from the grant; null = for ever
 * @param priority that of its blocks, 0 to 255
 * @param archived whether it is out of use: it can't be granted any more
 * @param createdAt when it was made
 * @param updatedAt when it was last changed
 */
public record TopupPackage(
    String key,
    String name,
    long creditsMc,
    long bonusCreditsMc,
    @Nullable BigDecimal price,
    @Nullable String currency,
    @Nullable Long expiresAfterSeconds,
    int priority,
    boolean archived,
    Instant createdAt,
    Instant updatedAt) {}
