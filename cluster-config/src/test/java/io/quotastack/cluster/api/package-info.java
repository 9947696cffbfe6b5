/** The API as a client meets it: real requests to a real node, each held against openapi.yaml. */
@NullMarked
package io.quotastack.cluster.api;

import org.jspecify.annotations.NullMarked;
