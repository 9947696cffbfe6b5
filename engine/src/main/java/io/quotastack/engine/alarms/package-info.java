/** Waking customers at a time of theirs, whatever happens to the nodes until then. */
@NullMarked
package io.quotastack.engine.alarms;

import org.jspecify.annotations.NullMarked;
