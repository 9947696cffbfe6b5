/** The node that is measured, started as anybody would start it. */
@NullMarked
package io.quotastack.bench.node;

import org.jspecify.annotations.NullMarked;
