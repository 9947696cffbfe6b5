/** The engine of QuotaStack: the domain and the actors that carry it. */
@NullMarked
package io.quotastack.engine;

import org.jspecify.annotations.NullMarked;
