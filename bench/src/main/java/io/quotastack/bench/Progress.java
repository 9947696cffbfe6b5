package io.quotastack.bench;

import java.io.PrintStream;

/** Tells whoever waits how far the run is. */
final class Progress {
  private final PrintStream out;
  private final long startNanos = System.nanoTime();

  Progress(PrintStream out) {
    this.out = out;
  }

  void say(String text) {
    out.println("%4d s  %s".formatted((long) seconds(), text));
  }

  /** Since the run began. */
  double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}
