/** The pasts of aged customers: events of the engine's own making, put into the journal at once. */
@NullMarked
package io.quotastack.bench.past;

import org.jspecify.annotations.NullMarked;
