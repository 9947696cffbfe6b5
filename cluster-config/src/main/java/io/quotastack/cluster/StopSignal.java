package io.quotastack.cluster;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;

/**
 * Turns SIGTERM and Ctrl-C into an orderly end of the main thread: the JVM's shutdown waits until
 * the main thread has closed everything, and then ends with the main thread's exit code instead of
 * 143.
 */
final class StopSignal {
  private static final StopSignal INSTANCE = new StopSignal();

  /** What made the waiting end. */
  enum Cause {
    ASKED,
    NODE_ENDED,
    DATABASE_ENDED
  }

  private final CompletableFuture<Cause> asked = new CompletableFuture<>();
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile int exitCode;

  private StopSignal() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stopJvm, "stop-signal"));
  }

  static StopSignal get() {
    return INSTANCE;
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

  /** Waits until somebody asks the process to stop, or a part of it has ended by itself. */
  Cause await(CompletionStage<?> nodeEnded, CompletionStage<?> databaseEnded) {
    return CompletableFuture.anyOf(
            asked,
            nodeEnded.thenApply(ended -> Cause.NODE_ENDED).toCompletableFuture(),
            databaseEnded.thenApply(ended -> Cause.DATABASE_ENDED).toCompletableFuture())
        .thenApply(Cause.class::cast)
        .join();
  }

  /** Says that all is closed and that the process may end, with this code. */
  void finished(int code) {
    exitCode = code;
    finished.countDown();
  }
}
