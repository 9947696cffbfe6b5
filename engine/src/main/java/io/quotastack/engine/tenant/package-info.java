/**
 * The tenant aggregate: catalog, configuration and API keys, the actor that carries it, and each
 * node's copy.
 */
@NullMarked
package io.quotastack.engine.tenant;

import org.jspecify.annotations.NullMarked;
