/** Tests of what events look like when they are stored. */
@NullMarked
package io.quotastack.cluster.serialization;

import org.jspecify.annotations.NullMarked;
