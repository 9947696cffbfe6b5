/** Who is calling: API keys and the caller that they stand for. */
@NullMarked
package io.quotastack.http.authentication;

import org.jspecify.annotations.NullMarked;
