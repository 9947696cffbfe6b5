/** The name of a request and the fingerprint of what it asks (semantics 9). */
@NullMarked
package io.quotastack.http.idempotency;

import org.jspecify.annotations.NullMarked;
