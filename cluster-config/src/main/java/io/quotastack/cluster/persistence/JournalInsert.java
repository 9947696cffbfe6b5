package io.quotastack.cluster.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.apache.pekko.persistence.jdbc.journal.dao.JournalTables.JournalPekkoSerializationRow;

/**
 * Writes rows of the journal with one statement, whatever their number: each column goes over as an
 * array. As a transaction of its own the statement takes a single round trip, and PostgreSQL plans
 * it once for a connection.
 */
final class JournalInsert {
  private static final String SQL =
      """
      INSERT INTO event_journal (deleted, persistence_id, sequence_number, writer, write_timestamp,
                                 adapter_manifest, event_ser_id, event_ser_manifest, event_payload)
      SELECT FALSE, * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private JournalInsert() {}

  /**
   * Writes all rows or none.
   *
   * @param connection in auto-commit mode: when this returns the rows are durable
   */
  static void write(Connection connection, List<JournalPekkoSerializationRow> rows)
      throws SQLException {
    int count = rows.size();
    var persistenceIds = new String[count];
    var sequenceNumbers = new Long[count];
    var writers = new String[count];
    var timestamps = new Long[count];
    var adapters = new String[count];
    var serializers = new Integer[count];
    var manifests = new String[count];
    var payloads = new byte[count][];
    for (int i = 0; i < count; i++) {
      JournalPekkoSerializationRow row = rows.get(i);
      persistenceIds[i] = row.persistenceId();
      sequenceNumbers[i] = row.sequenceNumber();
      writers[i] = row.writer();
      timestamps[i] = row.writeTimestamp();
      adapters[i] = row.adapterManifest();
      serializers[i] = row.eventSerId();
      manifests[i] = row.eventSerManifest();
      payloads[i] = row.eventPayload();
    }
    try (PreparedStatement statement = connection.prepareStatement(SQL)) {
      int parameter = 0;
      setArray(connection, statement, ++parameter, "varchar", persistenceIds);
      setArray(connection, statement, ++parameter, "int8", sequenceNumbers);
      setArray(connection, statement, ++parameter, "varchar", writers);
      setArray(connection, statement, ++parameter, "int8", timestamps);
      setArray(connection, statement, ++parameter, "varchar", adapters);
      setArray(connection, statement, ++parameter, "int4", serializers);
      setArray(connection, statement, ++parameter, "varchar", manifests);
      setArray(connection, statement, ++parameter, "bytea", payloads);
      statement.executeUpdate();
    }
  }

  private static void setArray(
      Connection connection,
      PreparedStatement statement,
      int parameter,
      String type,
      Object[] values)
      throws SQLException {
    statement.setArray(parameter, connection.createArrayOf(type, values));
  }
}
