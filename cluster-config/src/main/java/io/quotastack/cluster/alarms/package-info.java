/** Alarms in PostgreSQL: set by statements of our own, rung by db-scheduler. */
@NullMarked
package io.quotastack.cluster.alarms;

import org.jspecify.annotations.NullMarked;
