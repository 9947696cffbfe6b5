package io.quotastack.engine.credits;

/** What is wrong with a ledger entry; leaves the check of one entry and nothing else. */
final class LedgerFlaw extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String problem;

  /** For that reason. */
  LedgerFlaw(String problem) {
    super(problem, null, false, false);
    this.problem = problem;
  }

  /** The reason. */
  String problem() {
    return problem;
  }
}
