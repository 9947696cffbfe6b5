package io.quotastack.cluster.postgres;

/** The embedded PostgreSQL could not do what was asked; the message is made to be shown. */
public final class PostgresException extends RuntimeException {
  private static final long serialVersionUID = 1;

  PostgresException(String message) {
    super(message);
  }

  PostgresException(String message, Throwable cause) {
    super(message, cause);
  }
}
