/** Reading the journal, which is the ledger. */
@NullMarked
package io.quotastack.engine.journal;

import org.jspecify.annotations.NullMarked;
