package io.quotastack.engine.journal;

/**
 * One stored event, and which journal it stands in.
 *
 * @param persistenceId the journal
 * @param sequence its number in it
 * @param event what was stored
 */
public record PlacedRow(String persistenceId, long sequence, Object event) {}
