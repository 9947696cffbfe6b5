/** Billable metrics, the rules that price them, and what a number of units costs. Pure. */
@NullMarked
package io.quotastack.engine.metering;

import org.jspecify.annotations.NullMarked;
