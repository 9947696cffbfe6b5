/** Holds every exchange that a test makes with a node against openapi.yaml. */
@NullMarked
package io.quotastack.cluster.contract;

import org.jspecify.annotations.NullMarked;
