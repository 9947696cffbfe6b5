package io.quotastack.engine.serialization;

/** Marks what is kept for ever in the journal or in a snapshot; the node binds it to JSON. */
public interface Stored {}
