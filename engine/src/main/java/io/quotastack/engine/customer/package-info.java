/**
 * The customer aggregate: commands, events, state, decide and evolve, and the actors that carry it.
 */
@NullMarked
package io.quotastack.engine.customer;

import org.jspecify.annotations.NullMarked;
