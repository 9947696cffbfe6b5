/** Routes and JSON of a tenant's settings, and the check of its API keys. */
@NullMarked
package io.quotastack.http.tenant;

import org.jspecify.annotations.NullMarked;
