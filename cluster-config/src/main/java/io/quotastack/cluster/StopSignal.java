package io.quotastack.cluster;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Turns SIGTERM and Ctrl-C into an orderly end of the main thread: the JVM's shutdown waits until
 * the main thread has closed everything, and then ends with the main thread's exit code instead of
 * 143.
 */
final class StopSignal {
  private static volatile @Nullable StopSignal installed;

  /** What made the waiting end. */
  enum Cause {
    ASKED,
    NODE_ENDED,
    DATABASE_ENDED
  }

  private final CompletableFuture<Cause> asked = new CompletableFuture<>();
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile int exitCode;
  private volatile boolean ready;

  private StopSignal() {}

  /** From now on the process ends only by {@link #exit}. Once, before anything is started. */
  static StopSignal install() {
    var signal = new StopSignal();
    Runtime.getRuntime().addShutdownHook(new Thread(signal::stopJvm, "stop-signal"));
    installed = signal;
    return signal;
  }

  /**
   * Whether somebody asked the process to stop while it was still starting: what fails then is no
   * fault.
   */
  static boolean cameBeforeReady() {
    StopSignal signal = installed;
    return signal != null && signal.asked.isDone() && !signal.ready;
  }

  /** Ends the process with this code, after all that has to be closed is closed. */
  static void exit(int code) {
    StopSignal signal = installed;
    if (signal != null) {
      signal.exitCode = code;
      signal.finished.countDown();
    }
    System.exit(code);
  }

  private void stopJvm() {
    asked.complete(Cause.ASKED);
    boolean interrupted = false;
    while (true) {
      try {
        finished.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(exitCode);
  }

  /** All is up: waits until somebody asks it to stop, or a part of it has ended by itself. */
  Cause await(CompletionStage<?> nodeEnded, CompletionStage<?> databaseEnded) {
    ready = true;
    return CompletableFuture.anyOf(
            asked,
            nodeEnded.thenApply(ended -> Cause.NODE_ENDED).toCompletableFuture(),
            databaseEnded.thenApply(ended -> Cause.DATABASE_ENDED).toCompletableFuture())
        .thenApply(Cause.class::cast)
        .join();
  }
}
