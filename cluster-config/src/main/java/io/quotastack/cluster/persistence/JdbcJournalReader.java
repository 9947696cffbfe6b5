package io.quotastack.cluster.persistence;

import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalRow;
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
 * nor leave out events by their names.
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
    if (limit < 1 || limit > MAX_ROWS) {
      throw new IllegalArgumentException("limit must be 1 to " + MAX_ROWS + ", got " + limit);
    }
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
        Try<Object> event =
            serialization.deserialize(result.getBytes(4), result.getInt(2), result.getString(3));
        rows.add(new JournalRow(result.getLong(1), event.get()));
      }
      return List.copyOf(rows);
    }
  }
}
