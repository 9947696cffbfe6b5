package io.quotastack.cluster.alarms;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rows of alarms in db-scheduler's table, written and removed by statements of our own: one
 * statement in one round trip for thousands of rows. db-scheduler's client writes a row in two, or
 * many at once only if none of them is there yet. The table's shape is documented by db-scheduler,
 * and tests hold that it runs rows so written.
 */
final class AlarmTable {
  /** The name of the task that all alarms are instances of. */
  static final String TASK = "customer-alarm";

  /**
   * A row that waits for its time already is left as it is. One that is being rung is made to ring
   * again: that ring may have looked at the clock before whatever this alarm is set for. The new
   * version keeps it from being removed when the ring under way is over. One that was put off
   * because its ring failed is due at its own time again.
   */
  private static final String SET =
      """
      INSERT INTO scheduled_tasks AS present (task_name, task_instance, execution_time, picked, version)
      SELECT '%s', name, due, FALSE, 1
        FROM unnest(?, ?) AS wanted (name, due)
      ON CONFLICT (task_name, task_instance) DO UPDATE
         SET execution_time = EXCLUDED.execution_time,
             picked = FALSE, picked_by = NULL, last_heartbeat = NULL,
             version = present.version + 1
       WHERE present.picked OR present.execution_time <> EXCLUDED.execution_time
      """
          .formatted(TASK);

  private static final String REMOVE =
      """
      DELETE FROM scheduled_tasks AS present
       USING unnest(?, ?) AS rung (name, version)
       WHERE present.task_name = '%s'
         AND present.task_instance = rung.name
         AND present.version = rung.version
      """
          .formatted(TASK);

  /** A row as it was when it was picked to be rung. */
  record Rung(String rowName, long version) {}

  private AlarmTable() {}

  /**
   * Sets all alarms or none.
   *
   * @param connection in auto-commit mode: when this returns they are durable
   */
  static void set(Connection connection, List<Alarm> alarms) throws SQLException {
    // Each once, as the statement wants it, and in one order, so that two nodes which set the same
    // ones wait for each other and do not end in a deadlock.
    var due = new TreeMap<String, String>();
    alarms.forEach(alarm -> due.put(alarm.rowName(), alarm.at().toString()));
    execute(connection, SET, due, "timestamptz");
  }

  /** Removes rows, unless they were set anew since. */
  static void remove(Connection connection, List<Rung> rows) throws SQLException {
    var versions = new TreeMap<String, Long>();
    rows.forEach(row -> versions.put(row.rowName(), row.version()));
    execute(connection, REMOVE, versions, "int8");
  }

  private static void execute(
      Connection connection, String sql, Map<String, ? extends Object> rows, String valueType)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", rows.keySet().toArray()));
      statement.setArray(2, connection.createArrayOf(valueType, rows.values().toArray()));
      statement.executeUpdate();
    }
  }
}
