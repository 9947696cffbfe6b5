/**
 * Strict reading of what a client sent: JSON bodies and query parameters, with every error told at
 * once.
 */
@NullMarked
package io.quotastack.http.input;

import org.jspecify.annotations.NullMarked;
