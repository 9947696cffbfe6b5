/** The bare route: what an HTTP server that does no work reaches on this machine. */
@NullMarked
package io.quotastack.bench.bare;

import org.jspecify.annotations.NullMarked;
