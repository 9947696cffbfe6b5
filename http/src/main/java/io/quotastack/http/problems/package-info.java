/** Problems (RFC 9457): what every refusal and every failure answers. */
@NullMarked
package io.quotastack.http.problems;

import org.jspecify.annotations.NullMarked;
