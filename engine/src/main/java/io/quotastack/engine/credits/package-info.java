/** Credit blocks, the order in which they burn, and the ledger with its hash chain. Pure. */
@NullMarked
package io.quotastack.engine.credits;

import org.jspecify.annotations.NullMarked;
