package io.quotastack.cluster.alarms;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows of alarms in db-scheduler's table, written, put off and removed by statements of our
 * own, each in one round trip for thousands of rows. db-scheduler takes one or two for each row;
 * many at once it writes only if none of them is there yet. The table's shape is documented by
 * db-scheduler, and tests hold that it runs rows so written.
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

  /** What db-scheduler does to one row when it is to be executed later. */
  private static final String PUT_OFF =
      """
      UPDATE scheduled_tasks AS present
         SET picked = FALSE, picked_by = NULL, last_heartbeat = NULL,
             execution_time = rung.next,
             last_failure = rung.failed_at,
             consecutive_failures = rung.failures,
             version = present.version + 1
        FROM unnest(?, ?, ?, ?, ?) AS rung (name, version, next, failed_at, failures)
       WHERE present.task_name = '%s'
         AND present.task_instance = rung.name
         AND present.version = rung.version
      """
          .formatted(TASK);

  /**
   * What became of a row that was picked to be rung.
   *
   * @param version the row's, since it was picked
   * @param failure why it has to be rung again; null = its customer has looked at its clock
   */
  record Rung(String rowName, long version, @Nullable Failure failure) {}

  /**
   * A ring that has failed.
   *
   * @param at when
   * @param failures how many in a row now
   * @param next when it is rung again
   */
  record Failure(Instant at, int failures, Instant next) {}

  private AlarmTable() {}

  /**
   * Sets all alarms or none.
   *
   * @param connection in auto-commit mode: when this returns they are durable
   */
  static void set(Connection connection, List<Alarm> alarms) throws SQLException {
    // Each once, as the statement wants it, and in one order, so that two nodes which set the same
    // ones wait for each other and do not end in a deadlock.
    var byName = new TreeMap<String, Alarm>();
    alarms.forEach(alarm -> byName.put(alarm.rowName(), alarm));
    List<Alarm> rows = List.copyOf(byName.values());
    execute(
        connection,
        SET,
        column("text", rows, Alarm::rowName),
        column("timestamptz", rows, alarm -> alarm.at().toString()));
  }

  /**
   * Removes the rows that were rung and puts off those that failed, each unless it was set anew
   * since or taken over by another node.
   */
  static void finish(Connection connection, List<Rung> rows) throws SQLException {
    List<Rung> sorted = rows.stream().sorted(Comparator.comparing(Rung::rowName)).toList();
    List<Rung> done = sorted.stream().filter(row -> row.failure() == null).toList();
    if (!done.isEmpty()) {
      execute(
          connection,
          REMOVE,
          column("text", done, Rung::rowName),
          column("int8", done, Rung::version));
    }
    List<Rung> failed = sorted.stream().filter(row -> row.failure() != null).toList();
    if (!failed.isEmpty()) {
      execute(
          connection,
          PUT_OFF,
          column("text", failed, Rung::rowName),
          column("int8", failed, Rung::version),
          column("timestamptz", failed, row -> failureOf(row).next().toString()),
          column("timestamptz", failed, row -> failureOf(row).at().toString()),
          column("int4", failed, row -> failureOf(row).failures()));
    }
  }

  private static Failure failureOf(Rung row) {
    return Objects.requireNonNull(row.failure());
  }

  /** One column of many rows, which goes over as one array. */
  private record Column(String type, List<Object> values) {}

  private static <T> Column column(String type, List<T> rows, Function<T, Object> value) {
    return new Column(type, rows.stream().map(value).toList());
  }

  private static void execute(Connection connection, String sql, Column... columns)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int parameter = 0;
      for (Column column : columns) {
        statement.setArray(
            ++parameter, connection.createArrayOf(column.type(), column.values().toArray()));
      }
      statement.executeUpdate();
    }
  }
}
