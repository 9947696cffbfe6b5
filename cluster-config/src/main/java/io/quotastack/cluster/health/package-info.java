/** What the management port answers about this node. */
@NullMarked
package io.quotastack.cluster.health;

import org.jspecify.annotations.NullMarked;
