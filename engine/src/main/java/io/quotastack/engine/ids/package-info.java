/** Names of tenants, customers and what belongs to them, as text and as routing keys. */
@NullMarked
package io.quotastack.engine.ids;

import org.jspecify.annotations.NullMarked;
