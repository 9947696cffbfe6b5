/** Tests of the runnable node, with real parts: processes, PostgreSQL, HTTP. */
@NullMarked
package io.quotastack.cluster;

import org.jspecify.annotations.NullMarked;
