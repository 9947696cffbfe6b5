/** Routes and JSON of credits, blocks and the ledger. */
@NullMarked
package io.quotastack.http.credits;

import org.jspecify.annotations.NullMarked;
