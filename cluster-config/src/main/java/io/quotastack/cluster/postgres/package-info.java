/** A real PostgreSQL that the node itself starts: for {@code dev}, for tests, for benchmarks. */
@NullMarked
package io.quotastack.cluster.postgres;

import org.jspecify.annotations.NullMarked;
