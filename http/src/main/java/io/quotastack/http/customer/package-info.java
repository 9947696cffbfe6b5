/** Routes and JSON of customers. */
@NullMarked
package io.quotastack.http.customer;

import org.jspecify.annotations.NullMarked;
