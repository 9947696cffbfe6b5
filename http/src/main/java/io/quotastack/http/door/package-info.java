/** From routes to the engine and back: what every concept's routes share. */
@NullMarked
package io.quotastack.http.door;

import org.jspecify.annotations.NullMarked;
