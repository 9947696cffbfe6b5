/** Routes and JSON of billable metrics, metering rules and usage. */
@NullMarked
package io.quotastack.http.metering;

import org.jspecify.annotations.NullMarked;
