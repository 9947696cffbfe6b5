package io.quotastack.bench.machine;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Ties the life of a process to its input, which ends when whoever started it is killed. */
public final class Lifeline {
  private Lifeline() {}

  /** Ends this process, in the way that a signal would, once its standard input ends. */
  public static void exitWhenInputEnds() {
    Thread.ofPlatform().daemon().name("lifeline").start(Lifeline::waitForEnd);
  }

  private static void waitForEnd() {
    try {
      while (System.in.read() >= 0) {
        // Nothing more is said to this process; it waits for the end of its input.
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.exit(0);
  }
}
