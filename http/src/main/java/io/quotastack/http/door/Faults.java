package io.quotastack.http.door;

import io.quotastack.engine.journal.JournalUnavailableException;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What fails in the engine, as the problem that a client gets. */
public final class Faults {
  private static final int RETRY_AFTER_SECONDS = 1;

  private Faults() {}

  /** The problem that a failure is to a client, or null if it is a fault of ours. */
  public static @Nullable Problem problem(Throwable failure) {
    Throwable cause = failure.getCause();
    return switch (failure) {
      case ProblemException known -> known.problem();
      case TimeoutException _ -> Problem.timeout();
      case JournalUnavailableException _ -> Problem.storageUnavailable(RETRY_AFTER_SECONDS);
      case CompletionException _ when cause != null -> problem(cause);
      default -> null;
    };
  }
}
