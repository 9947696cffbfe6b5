/** Idempotency keys, fingerprints and the window in which they are remembered. Pure. */
@NullMarked
package io.quotastack.engine.idempotency;

import org.jspecify.annotations.NullMarked;
