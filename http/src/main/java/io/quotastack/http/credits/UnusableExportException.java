package io.quotastack.http.credits;

import java.io.IOException;

/** What was given is no export at all; the message is made to be shown. */
public final class UnusableExportException extends IOException {
  private static final long serialVersionUID = 1;

  /** For that reason. */
  UnusableExportException(String message) {
    super(message);
  }
}
