/** The baseline: a customer's balance as a row in PostgreSQL, debited under its row lock. */
@NullMarked
package io.quotastack.bench.baseline;

import org.jspecify.annotations.NullMarked;
