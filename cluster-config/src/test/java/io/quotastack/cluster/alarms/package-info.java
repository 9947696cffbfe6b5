/** Tests of alarms on a real PostgreSQL. */
@NullMarked
package io.quotastack.cluster.alarms;

import org.jspecify.annotations.NullMarked;
