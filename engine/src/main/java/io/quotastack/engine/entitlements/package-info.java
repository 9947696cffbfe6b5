/** May this customer do this? Pure. */
@NullMarked
package io.quotastack.engine.entitlements;

import org.jspecify.annotations.NullMarked;
