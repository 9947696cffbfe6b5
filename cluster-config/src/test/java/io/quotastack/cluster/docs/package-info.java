/** Runs the examples of README.md and docs/ and holds their answers against what the pages show. */
@NullMarked
package io.quotastack.cluster.docs;

import org.jspecify.annotations.NullMarked;
