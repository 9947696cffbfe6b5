package io.quotastack.bench.baseline;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Compares the baseline's tables with what was acknowledged to its clients. */
public final class BaselineAudit {
  private static final String FIGURES =
      """
      SELECT b.customer_id, b.balance_mc, count(l.*), coalesce(sum(l.delta_mc), 0)::bigint
      FROM customer_balance b LEFT JOIN ledger l USING (customer_id)
      GROUP BY b.customer_id, b.balance_mc
      """;

  private BaselineAudit() {}

  /** What does not agree, in words; nothing when all does. */
  public static List<String> faults(
      Connection connection, List<Integer> acknowledgedCounts, long grantedMc, long costMc)
      throws SQLException {
    List<String> faults = new ArrayList<>();
    int customers = 0;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(FIGURES)) {
      while (row.next()) {
        customers++;
        int customer = row.getInt(1);
        long expectedMc = acknowledgedCounts.get(customer) * costMc;
        if (row.getLong(2) != grantedMc - expectedMc
            || row.getLong(3) != acknowledgedCounts.get(customer)
            || row.getLong(4) != -expectedMc) {
          faults.add(
              "customer %d: %d debits acknowledged, balance %d, ledger %d entries of %d together"
                  .formatted(
                      customer,
                      acknowledgedCounts.get(customer),
                      row.getLong(2),
                      row.getLong(3),
                      row.getLong(4)));
        }
      }
    }
    if (customers != acknowledgedCounts.size()) {
      faults.add(customers + " customers instead of " + acknowledgedCounts.size());
    }
    return faults;
  }
}
