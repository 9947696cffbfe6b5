package io.quotastack.http.credits;

/** A line that is none of an export; the message tells why, for a person. */
final class ExportFault extends Exception {
  private static final long serialVersionUID = 1;

  private final String problem;

  /** For that reason. */
  ExportFault(String problem) {
    super(problem, null, false, false);
    this.problem = problem;
  }

  /** The reason. */
  String problem() {
    return problem;
  }
}
