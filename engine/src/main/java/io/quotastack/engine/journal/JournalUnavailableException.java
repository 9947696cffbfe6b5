package io.quotastack.engine.journal;

/** The journal cannot be read now: the database does not answer, or too many reads wait for it. */
public final class JournalUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** For that reason. */
  public JournalUnavailableException(String message) {
    super(message);
  }

  /** For that reason. */
  public JournalUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
