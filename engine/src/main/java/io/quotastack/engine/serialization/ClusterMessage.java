package io.quotastack.engine.serialization;

/** Marks what may travel between nodes; the node binds it to Jackson CBOR. */
public interface ClusterMessage {}
