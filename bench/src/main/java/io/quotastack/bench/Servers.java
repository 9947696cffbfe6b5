package io.quotastack.bench;

/** The processes that the groups with throughputs share, and the way to the node's other calls. */
record Servers(
    BenchDatabase database,
    NodeUnderTest node,
    NodeClient client,
    LoadGenerator sqlLoad,
    LoadGenerator httpLoad) {}
