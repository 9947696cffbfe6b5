package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * kill -9 of the node that holds: what is held stays so until its time is over, and then returns by
 * itself, though nobody asks, whether a node was up at that instant or not.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class HoldsAcrossKillsTest {
  private static final Logger LOG = LoggerFactory.getLogger(HoldsAcrossKillsTest.class);

  /** How late what has ended may be written by a node that is up. */
  private static final Duration LATENESS = Duration.ofSeconds(1);

  /** The same for a node that has just come up, counted from then. */
  private static final Duration LATENESS_AFTER_START = Duration.ofSeconds(2);

  @TempDir private Path folder;

  private int keys;

  /** A reservation as it was answered. */
  private record Hold(String id, Instant expiresAt) {
    String path() {
      return "/v1/reserve/" + id;
    }
  }

  @Test
  void holds_survive_kill_9_and_end_on_time_though_nobody_asks() throws IOException, SQLException {
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary();
        Connection sql =
            DriverManager.getConnection(database.url(), database.user(), database.password())) {
      ServedNode node = ServedNode.start(database, folder);
      try (var client = new ApiClient(node.liveKey())) {
        price(client, node, 2);
        for (String customer : List.of("lasting", "partly", "away", "ahead")) {
          String path = CustomerBook.path(customer) + "/credits/grant";
          done(client.post(node.uri(), path, key(), "{\"credits\": 1000}"));
        }
        Hold lasting = reserve(client, node, "lasting", 600);
        Hold partly = reserve(client, node, "partly", 600);
        commit(client, node, partly, key(), "{\"actual_units\": 10, \"final\": false}");
        Hold away = reserve(client, node, "away", 1);

        node.killHard();
        await("the hold ends while no node is up")
            .atMost(Duration.ofSeconds(20))
            .pollInterval(Duration.ofMillis(50))
            .until(() -> Instant.now().isAfter(away.expiresAt()));
        node = ServedNode.start(database, folder);
        assertReleased(sql, away, Instant.now(), LATENESS_AFTER_START);

        // What is held is held at the price of then.
        reprice(client, node, 9);
        assertThat(credits(client, node, "lasting").required("effective_balance").intValue())
            .isEqualTo(800);
        assertThat(credits(client, node, "partly").required("effective_balance").intValue())
            .isEqualTo(800);
        String commitKey = key();
        String units = "{\"actual_units\": 40}";
        JsonNode committed = commit(client, node, lasting, commitKey, units);
        assertThat(committed.required("cost").intValue()).isEqualTo(80);
        assertThat(commit(client, node, partly, key(), "{}").required("captured").intValue())
            .isEqualTo(200);
        // Long enough that a node is up again before: what is tested is its alarm.
        Hold ahead = reserve(client, node, "ahead", 12);

        node.killHard();
        node = ServedNode.start(database, folder);
        Instant up = Instant.now();
        if (up.isBefore(ahead.expiresAt())) {
          assertReleased(sql, ahead, ahead.expiresAt(), LATENESS);
        } else {
          LOG.warn("the node took until {} to come up, the hold ended before", up);
          assertReleased(sql, ahead, up, LATENESS_AFTER_START);
        }

        Answer again = client.post(node.uri(), lasting.path() + "/commit", commitKey, units);
        assertThat(again.replayed()).isTrue();
        assertThat(again.json()).isEqualTo(committed);
        Answer other = client.post(node.uri(), lasting.path() + "/commit", key(), units);
        assertThat(other.status()).as("%s", other).isEqualTo(409);
        assertThat(entries(sql, lasting)).containsExactly("hold", "capture");
        assertThat(entries(sql, partly)).containsExactly("hold", "capture", "capture");
        assertBalance(client, node, "lasting", 920);
        assertBalance(client, node, "partly", 800);
        assertBalance(client, node, "away", 1000);
        assertBalance(client, node, "ahead", 1000);
      } finally {
        node.close();
      }
    }
  }

  /**
   * Waits, without a request to any node, until the end of the hold is in the ledger, dated as
   * promised, and there once.
   *
   * @param from the instant from which on it could be written
   */
  private static void assertReleased(Connection sql, Hold hold, Instant from, Duration lateness)
      throws SQLException {
    await("the release of a hold that ends at " + hold.expiresAt())
        .atMost(Duration.ofMinutes(1))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> entries(sql, hold).size() > 1);
    Duration late = Duration.between(from, Instant.now());
    LOG.info("released {} ms after it could be", late.toMillis());
    assertThat(late).isLessThanOrEqualTo(lateness);
    try (PreparedStatement select =
        sql.prepareStatement(
            "SELECT reason, created_at, reserved_after FROM ledger"
                + " WHERE reference_id = ? AND type = 'release'")) {
      select.setString(1, hold.id());
      try (ResultSet row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString("reason")).isEqualTo("expired");
        assertThat(row.getTimestamp("created_at").toInstant()).isEqualTo(hold.expiresAt());
        assertThat(row.getLong("reserved_after")).isZero();
        assertThat(row.next()).as("another").isFalse();
      }
    }
  }

  /** The types of a reservation's entries in the ledger, oldest first. */
  private static List<String> entries(Connection sql, Hold hold) throws SQLException {
    try (PreparedStatement select =
        sql.prepareStatement("SELECT type FROM ledger WHERE reference_id = ? ORDER BY sequence")) {
      select.setString(1, hold.id());
      var types = new ArrayList<String>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          types.add(row.getString("type"));
        }
      }
      return types;
    }
  }

  private void price(ApiClient client, ServedNode node, int priceMc) throws IOException {
    String metric = "{\"key\": \"tokens\", \"name\": \"Tokens\"}";
    done(client.post(node.uri(), "/v1/billable-metrics", key(), metric));
    reprice(client, node, priceMc);
  }

  private void reprice(ApiClient client, ServedNode node, int priceMc) throws IOException {
    String rule =
        """
        {"billable_metric_key": "tokens", "cost_type": "per_unit", "unit_cost": %d}
        """
            .formatted(priceMc);
    done(client.post(node.uri(), "/v1/metering-rules", key(), rule));
  }

  /** Holds what 100 units cost. */
  private Hold reserve(ApiClient client, ServedNode node, String customer, int ttlSeconds)
      throws IOException {
    String body =
        """
        {"external_customer_id": "%s", "billable_metric_key": "tokens", "estimated_units": 100,
         "ttl_seconds": %d}
        """
            .formatted(customer, ttlSeconds);
    JsonNode reserved = done(client.post(node.uri(), "/v1/reserve", key(), body));
    return new Hold(
        reserved.required("reservation_id").textValue(),
        Instant.parse(reserved.required("expires_at").textValue()));
  }

  private static JsonNode commit(
      ApiClient client, ServedNode node, Hold hold, String key, String body) throws IOException {
    return done(client.post(node.uri(), hold.path() + "/commit", key, body));
  }

  private static JsonNode credits(ApiClient client, ServedNode node, String customer)
      throws IOException {
    return done(client.get(node.uri(), CustomerBook.path(customer) + "/credits"));
  }

  /** All of it is free, and the ledger says so. */
  private static void assertBalance(
      ApiClient client, ServedNode node, String customer, int balanceMc) throws IOException {
    JsonNode credits = credits(client, node, customer);
    assertThat(credits.required("balance").intValue()).as(customer).isEqualTo(balanceMc);
    assertThat(credits.required("reserved_balance").intValue()).as(customer).isZero();
    JsonNode verdict = done(client.get(node.uri(), CustomerBook.path(customer) + "/ledger/verify"));
    assertThat(verdict.required("valid").booleanValue()).as(customer).isTrue();
  }

  private static JsonNode done(Answer answer) {
    assertThat(answer.status()).as("%s", answer).isIn(200, 201);
    return answer.json();
  }

  private String key() {
    keys++;
    return "key-" + keys;
  }
}
