package io.quotastack.bench.node;

import io.quotastack.bench.machine.Lifeline;
import io.quotastack.cluster.Main;

/**
 * The main class of the measured node's process: the product's own command line, with a lifeline.
 * When its input ends, as it does when the benchmark is killed, the node stops in good order.
 */
public final class NodeProcess {
  private NodeProcess() {}

  public static void main(String[] arguments) {
    Lifeline.exitWhenInputEnds();
    Main.main(arguments);
  }
}
