/** Routes and JSON of reservations. */
@NullMarked
package io.quotastack.http.reservations;

import org.jspecify.annotations.NullMarked;
