package io.quotastack.bench.past;

import java.util.List;

/**
 * What a process is to make: pasts of customers of one tenant's live environment, in a database
 * that is given the node's schema first.
 *
 * @param customerPrefix what their external ids begin with; the number follows
 * @param grantedMc what each customer is granted, over all its blocks
 * @param costMc what a debit costs
 */
public record PastOrder(
    String jdbcUrl,
    String user,
    String password,
    String tenantId,
    String customerPrefix,
    long grantedMc,
    long costMc,
    List<AgedCustomers> customers) {
  /** Without the password. */
  @Override
  public String toString() {
    return "PastOrder[" + jdbcUrl + ", " + customers + "]";
  }
}
