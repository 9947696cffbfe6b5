package io.quotastack.engine.journal;

/**
 * One stored event.
 *
 * @param sequence its number in its journal
 * @param event what was stored
 */
public record JournalRow(long sequence, Object event) {}
