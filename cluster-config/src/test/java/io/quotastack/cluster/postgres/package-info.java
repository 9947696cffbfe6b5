/** Tests of the PostgreSQL that the node starts itself. */
@NullMarked
package io.quotastack.cluster.postgres;

import org.jspecify.annotations.NullMarked;
