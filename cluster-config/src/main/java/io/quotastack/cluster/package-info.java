/** The runnable QuotaStack node. */
@NullMarked
package io.quotastack.cluster;

import org.jspecify.annotations.NullMarked;
