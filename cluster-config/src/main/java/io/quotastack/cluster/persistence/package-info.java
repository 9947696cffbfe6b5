/** The node's side of PostgreSQL: the schema, the pool for reads, pages of the journal. */
@NullMarked
package io.quotastack.cluster.persistence;

import org.jspecify.annotations.NullMarked;
