/** Alarms for tests. */
@NullMarked
package io.quotastack.engine.alarms;

import org.jspecify.annotations.NullMarked;
