/** From an HTTP request to the endpoint that answers it, and back. */
@NullMarked
package io.quotastack.http.server;

import org.jspecify.annotations.NullMarked;
