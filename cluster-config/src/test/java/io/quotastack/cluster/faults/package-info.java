/** What holds when a node or the database dies, and when there are several nodes. */
@NullMarked
package io.quotastack.cluster.faults;

import org.jspecify.annotations.NullMarked;
