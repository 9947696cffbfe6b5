/** What commands of several aggregates say about the fields that they change. Pure. */
@NullMarked
package io.quotastack.engine.changes;

import org.jspecify.annotations.NullMarked;
