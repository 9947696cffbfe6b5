package io.quotastack.bench.node;

import io.quotastack.cluster.Main;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The main class of the measured node's process: the product's own command line, with a lifeline.
 * When its input ends, as it does when the benchmark is killed, the node stops in good order.
 */
public final class NodeProcess {
  private NodeProcess() {}

  public static void main(String[] arguments) {
    Thread.ofPlatform().daemon().name("lifeline").start(NodeProcess::stopWhenInputEnds);
    Main.main(arguments);
  }

  private static void stopWhenInputEnds() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said to this process; it waits for the end of its input.
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.exit(0);
  }
}
