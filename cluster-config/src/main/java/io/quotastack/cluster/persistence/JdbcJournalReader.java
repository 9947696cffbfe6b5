package io.quotastack.cluster.persistence;

import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalRow;
import io.quotastack.engine.journal.PlacedRow;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import scala.util.Try;

/**
 * Reads pages of the journal with SQL of its own: the journal's plugin can neither read backwards
 * nor leave out events by their names, nor read many journals in their order.
 */
public final class JdbcJournalReader implements JournalReader {
  private static final String SELECT =
      """
      SELECT sequence_number, event_ser_id, event_ser_manifest, event_payload
        FROM event_journal
       WHERE persistence_id = ?
         AND sequence_number BETWEEN ? AND ?
         AND NOT deleted
      """;
  private static final String ONLY_THESE = "   AND event_ser_manifest = ANY (?)\n";

  /** The order of the bytes is that of the primary key, whose ids collate as "C" (V6). */
  private static final String SELECT_ACROSS =
      """
      SELECT persistence_id, sequence_number, event_ser_id, event_ser_manifest, event_payload
        FROM event_journal
       WHERE (persistence_id, sequence_number) > (?, ?)
         AND persistence_id < ?
         AND (sequence_number = 1 OR event_ser_manifest = ANY (?))
         AND NOT deleted
       ORDER BY persistence_id, sequence_number
       LIMIT ?
      """;

  /** A page across journals is full at so many rows, or when it has grown to so many bytes. */
  private static final int PAGE_BYTES = 4 << 20;

  /** So many rows are fetched at a time, since each may have hundreds of kilobytes. */
  private static final int FETCH_ROWS = 100;

  private final ReadDatabase database;
  private final Serialization serialization;

  /** The reader of this actor system. */
  public JdbcJournalReader(ClassicActorSystemProvider system) {
    this.database = ReadDatabase.get(system);
    this.serialization = SerializationExtension.get(system);
  }

  @Override
  public CompletionStage<List<JournalRow>> read(
      String persistenceId,
      long fromSequence,
      long toSequence,
      Direction direction,
      Set<String> manifests,
      int limit) {
    checkLimit(limit);
    return database.run(connection -> {
      try (PreparedStatement statement = connection.prepareStatement(sql(direction, manifests))) {
        int parameter = 0;
        statement.setString(++parameter, persistenceId);
        statement.setLong(++parameter, fromSequence);
        statement.setLong(++parameter, toSequence);
        if (!manifests.isEmpty()) {
          statement.setArray(++parameter, textArray(connection, manifests));
        }
        statement.setInt(++parameter, limit);
        return rows(statement, limit);
      }
    });
  }

  @Override
  public CompletionStage<List<PlacedRow>> readAcross(
      String prefix,
      String afterPersistenceId,
      long afterSequence,
      Set<String> manifests,
      int limit) {
    checkLimit(limit);
    return database.run(connection -> {
      // Rows are fetched bit by bit only inside of a transaction; the pool ends it.
      connection.setAutoCommit(false);
      try (PreparedStatement statement = connection.prepareStatement(SELECT_ACROSS)) {
        statement.setFetchSize(FETCH_ROWS);
        statement.setString(1, afterPersistenceId);
        statement.setLong(2, afterSequence);
        statement.setString(3, behindAll(prefix));
        statement.setArray(4, textArray(connection, manifests));
        statement.setInt(5, limit);
        return placedRows(statement, limit);
      }
    });
  }

  /** The lowest text that is above all that begin with the prefix. */
  private static String behindAll(String prefix) {
    int last = prefix.length() - 1;
    return prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
  }

  private static void checkLimit(int limit) {
    if (limit < 1 || limit > MAX_ROWS) {
      throw new IllegalArgumentException("limit must be 1 to " + MAX_ROWS + ", got " + limit);
    }
  }

  private static String sql(Direction direction, Set<String> manifests) {
    return SELECT
        + (manifests.isEmpty() ? "" : ONLY_THESE)
        + switch (direction) {
          case OLDEST_FIRST -> " ORDER BY sequence_number ASC LIMIT ?";
          case NEWEST_FIRST -> " ORDER BY sequence_number DESC LIMIT ?";
        };
  }

  private static Array textArray(Connection connection, Set<String> values) throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }

  private List<JournalRow> rows(PreparedStatement statement, int limit) throws SQLException {
    try (ResultSet result = statement.executeQuery()) {
      var rows = new ArrayList<JournalRow>(limit);
      while (result.next()) {
        rows.add(
            new JournalRow(
                result.getLong(1),
                event(result.getBytes(4), result.getInt(2), result.getString(3))));
      }
      return List.copyOf(rows);
    }
  }

  private List<PlacedRow> placedRows(PreparedStatement statement, int limit) throws SQLException {
    try (ResultSet result = statement.executeQuery()) {
      var rows = new ArrayList<PlacedRow>(limit);
      long bytes = 0;
      while (bytes < PAGE_BYTES && result.next()) {
        byte[] payload = result.getBytes(5);
        bytes += payload.length;
        rows.add(
            new PlacedRow(
                result.getString(1),
                result.getLong(2),
                event(payload, result.getInt(3), result.getString(4))));
      }
      return List.copyOf(rows);
    }
  }

  private Object event(byte[] payload, int serializerId, String manifest) {
    Try<Object> event = serialization.deserialize(payload, serializerId, manifest);
    return event.get();
  }
}
