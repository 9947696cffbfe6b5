package io.quotastack.cluster;

/** The node cannot start as it was asked to; the message is made to be shown, in one line. */
public final class StartException extends RuntimeException {
  private static final long serialVersionUID = 1;

  StartException(String message) {
    super(message);
  }

  StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
