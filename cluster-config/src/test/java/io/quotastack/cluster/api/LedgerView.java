package io.quotastack.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The SQL view {@code ledger}, read as psql would: no request reaches the customer. */
final class LedgerView {
  private final EmbeddedDatabase database;

  /** The view in that database. */
  LedgerView(EmbeddedDatabase database) {
    this.database = database;
  }

  /** One row of the view; its JSON columns in canonical form. */
  record Row(
      String tenantId,
      String environment,
      String customerId,
      long sequence,
      String id,
      String type,
      long delta,
      long balanceAfter,
      long reservedAfter,
      long overageAfter,
      String allocations,
      @Nullable String referenceType,
      @Nullable String referenceId,
      @Nullable String reason,
      String metadata,
      Instant createdAt,
      String previousHash,
      String hash) {

    /** The row that an entry of the API should be. */
    static Row of(String tenantId, String environment, JsonNode entry) {
      JsonNode reference = entry.path("reference");
      return new Row(
          tenantId,
          environment,
          entry.path("customer_id").textValue(),
          entry.path("sequence").longValue(),
          entry.path("id").textValue(),
          entry.path("type").textValue(),
          entry.path("delta").longValue(),
          entry.path("balance_after").longValue(),
          entry.path("reserved_after").longValue(),
          entry.path("overage_after").longValue(),
          CanonicalJson.of(entry.path("allocations")),
          reference.path("type").textValue(),
          reference.path("id").textValue(),
          entry.path("reason").textValue(),
          CanonicalJson.of(entry.path("metadata")),
          Instant.parse(entry.path("created_at").textValue()),
          entry.path("previous_hash").textValue(),
          entry.path("hash").textValue());
    }
  }

  /** The ledger of a customer, oldest first. */
  List<Row> of(String tenantId, String environment, String customerId) {
    var rows = new ArrayList<Row>();
    try (Connection connection = connect(database);
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT * FROM ledger WHERE persistence_id = ? ORDER BY sequence")) {
      select.setString(1, "customer|%s|%s|%s".formatted(tenantId, environment, customerId));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rows.add(row(row));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getString("tenant_id"),
        row.getString("environment"),
        row.getString("customer_id"),
        row.getLong("sequence"),
        row.getString("id"),
        row.getString("type"),
        row.getLong("delta"),
        row.getLong("balance_after"),
        row.getLong("reserved_after"),
        row.getLong("overage_after"),
        canonical(row.getString("allocations")),
        row.getString("reference_type"),
        row.getString("reference_id"),
        row.getString("reason"),
        canonical(row.getString("metadata")),
        row.getTimestamp("created_at").toInstant(),
        row.getString("previous_hash"),
        row.getString("hash"));
  }

  private static String canonical(String json) {
    return CanonicalJson.of(Answer.json(json));
  }

  /** A connection to a database, as its superuser. */
  static Connection connect(EmbeddedDatabase database) throws SQLException {
    return DriverManager.getConnection(database.url(), database.user(), database.password());
  }
}
