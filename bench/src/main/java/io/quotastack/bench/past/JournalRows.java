package io.quotastack.bench.past;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts rows into the journal, the columns that the node itself fills, a thousand with each
 * statement and all of them in one transaction: once it is finished they are there.
 */
final class JournalRows {
  private static final String SQL =
      """
      INSERT INTO event_journal (deleted, adapter_manifest, writer, persistence_id,
                                 sequence_number, write_timestamp, event_ser_id,
                                 event_ser_manifest, event_payload)
      SELECT FALSE, '', ?, * FROM unnest(?, ?, ?, ?, ?, ?)
      """;
  private static final int ROWS = 1_000;

  private final Connection connection;
  private final String writer;
  private final List<String> persistenceIds = new ArrayList<>(ROWS);
  private final List<Long> sequences = new ArrayList<>(ROWS);
  private final List<Long> timestamps = new ArrayList<>(ROWS);
  private final List<Integer> serializers = new ArrayList<>(ROWS);
  private final List<String> manifests = new ArrayList<>(ROWS);
  private final List<byte[]> payloads = new ArrayList<>(ROWS);

  /**
   * @param connection taken out of auto-commit mode
   * @param writer who is to have written the rows; the node writes an id of each actor's life
   */
  JournalRows(Connection connection, String writer) throws SQLException {
    this.connection = connection;
    this.writer = writer;
    connection.setAutoCommit(false);
  }

  void add(
      String persistenceId,
      long sequence,
      long atMillis,
      int serializer,
      String manifest,
      byte[] payload)
      throws SQLException {
    persistenceIds.add(persistenceId);
    sequences.add(sequence);
    timestamps.add(atMillis);
    serializers.add(serializer);
    manifests.add(manifest);
    payloads.add(payload);
    if (payloads.size() == ROWS) {
      flush();
    }
  }

  void finish() throws SQLException {
    flush();
    connection.commit();
  }

  private void flush() throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(SQL)) {
      insert.setString(1, writer);
      setArray(insert, 2, "varchar", persistenceIds);
      setArray(insert, 3, "int8", sequences);
      setArray(insert, 4, "int8", timestamps);
      setArray(insert, 5, "int4", serializers);
      setArray(insert, 6, "varchar", manifests);
      insert.setArray(7, connection.createArrayOf("bytea", payloads.toArray(byte[][]::new)));
      insert.executeUpdate();
    }
    payloads.clear();
  }

  private void setArray(PreparedStatement insert, int parameter, String type, List<?> values)
      throws SQLException {
    insert.setArray(parameter, connection.createArrayOf(type, values.toArray()));
    values.clear();
  }
}
