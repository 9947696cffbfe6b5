/** Which types travel between nodes, and under which names events are stored. */
@NullMarked
package io.quotastack.engine.serialization;

import org.jspecify.annotations.NullMarked;
