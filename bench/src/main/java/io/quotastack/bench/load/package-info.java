/** The load generator: closed and open loops over HTTP and SQL that check every answer. */
@NullMarked
package io.quotastack.bench.load;

import org.jspecify.annotations.NullMarked;
