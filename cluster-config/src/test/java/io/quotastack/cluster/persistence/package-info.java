/** Tests of the schema and of reading the journal. */
@NullMarked
package io.quotastack.cluster.persistence;

import org.jspecify.annotations.NullMarked;
