/** The HTTP API of QuotaStack. */
@NullMarked
package io.quotastack.http;

import org.jspecify.annotations.NullMarked;
