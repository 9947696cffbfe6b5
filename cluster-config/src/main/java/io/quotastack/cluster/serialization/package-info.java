/** How events become the JSON that stands in the journal. */
@NullMarked
package io.quotastack.cluster.serialization;

import org.jspecify.annotations.NullMarked;
