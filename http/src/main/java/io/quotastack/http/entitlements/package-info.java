/** Routes and JSON of entitlement checks. */
@NullMarked
package io.quotastack.http.entitlements;

import org.jspecify.annotations.NullMarked;
