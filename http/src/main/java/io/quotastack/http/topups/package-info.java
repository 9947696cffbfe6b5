/** Routes and JSON of topups, packages and auto-topup. */
@NullMarked
package io.quotastack.http.topups;

import org.jspecify.annotations.NullMarked;
