package io.quotastack.engine.credits;

/**
 * What one ledger entry moved in one block.
 *
 * @param block the block's number within its customer
 * @param amountMc how much; above 0
 */
public record Allocation(long block, long amountMc) {}
