package io.quotastack.bench.baseline;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Compares the tables of the baseline that holds with what was acknowledged to its clients. */
public final class HoldAudit {
  private static final String FIGURES =
      """
      SELECT a.customer_id, a.balance_mc, a.held_mc, coalesce(h.holds, 0), coalesce(h.active, 0),
             coalesce(c.captures, 0), coalesce(c.holds, 0), coalesce(c.delta_mc, 0)
      FROM account a
      LEFT JOIN (SELECT customer_id, count(*) AS holds,
                        count(*) FILTER (WHERE status = 'active') AS active
                 FROM hold GROUP BY customer_id) h USING (customer_id)
      LEFT JOIN (SELECT customer_id, count(*) AS captures, count(DISTINCT hold_key) AS holds,
                        sum(delta_mc)::bigint AS delta_mc
                 FROM capture GROUP BY customer_id) c USING (customer_id)
      """;

  private HoldAudit() {}

  /**
   * What does not agree, in words; nothing when all does: a captured hold and a capture of it for
   * each acknowledged pair, nothing held any longer, and the balance that follows.
   */
  public static List<String> faults(
      Connection connection, List<Integer> acknowledgedPairs, long grantedMc, long costMc)
      throws SQLException {
    List<String> faults = new ArrayList<>();
    int customers = 0;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(FIGURES)) {
      while (row.next()) {
        customers++;
        int customer = row.getInt(1);
        long pairs = acknowledgedPairs.get(customer);
        boolean right =
            row.getLong(2) == grantedMc - pairs * costMc
                && row.getLong(3) == 0
                && row.getLong(4) == pairs
                && row.getLong(5) == 0
                && row.getLong(6) == pairs
                && row.getLong(7) == pairs
                && row.getLong(8) == -pairs * costMc;
        if (!right) {
          faults.add(
              ("customer %d: %d pairs acknowledged, balance %d, held %d; %d holds, %d of them"
                      + " active; %d captures of %d holds, %d together")
                  .formatted(
                      customer,
                      pairs,
                      row.getLong(2),
                      row.getLong(3),
                      row.getLong(4),
                      row.getLong(5),
                      row.getLong(6),
                      row.getLong(7),
                      row.getLong(8)));
        }
      }
    }
    if (customers != acknowledgedPairs.size()) {
      faults.add(customers + " customers instead of " + acknowledgedPairs.size());
    }
    return faults;
  }
}
