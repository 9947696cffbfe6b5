/** Packages, de-duplication of payments, auto-topup. Pure. */
@NullMarked
package io.quotastack.engine.topups;

import org.jspecify.annotations.NullMarked;
