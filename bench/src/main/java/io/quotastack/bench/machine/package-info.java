/** The machine and the processes of a run: facts, CPU time, starting and stopping. */
@NullMarked
package io.quotastack.bench.machine;

import org.jspecify.annotations.NullMarked;
