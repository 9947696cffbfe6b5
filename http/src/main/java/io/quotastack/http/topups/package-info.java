/** Routes and JSON of topups and the packages that they are sold in. */
@NullMarked
package io.quotastack.http.topups;

import org.jspecify.annotations.NullMarked;
