package io.quotastack.http.authentication;

import io.quotastack.engine.ids.TenantRef;

/**
 * Who is calling, once an API key has been found valid.
 *
 * @param tenant the tenant and environment that everything in the request belongs to
 */
public record Caller(TenantRef tenant) {}
