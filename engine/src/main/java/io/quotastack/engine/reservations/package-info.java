/** Holds and their life. Pure. */
@NullMarked
package io.quotastack.engine.reservations;

import org.jspecify.annotations.NullMarked;
