package io.quotastack.bench;

import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The one PostgreSQL server of a run: the baseline, the node and the node of the aged customers
 * each have a database on it, so that all meet the same settings, disk and processes.
 */
final class BenchDatabase implements AutoCloseable {
  private static final String BASELINE = "baseline";
  private static final String NODE = "node";
  private static final String AGED = "aged";
  private static final List<String> REPORTED_SETTINGS =
      List.of(
          "fsync",
          "synchronous_commit",
          "full_page_writes",
          "wal_sync_method",
          "shared_buffers",
          "max_wal_size",
          "max_connections");
  private static final int FLUSHES = 200;
  private static final int FLUSH_BYTES = 8192;

  /** Where one database is and who may use it. */
  record Login(String url, String user, String password) {}

  private final EmbeddedDatabase server;
  private final Map<String, String> facts = new LinkedHashMap<>();
  private final Path dataFolder;
  private final long pid;

  BenchDatabase() throws IOException, SQLException {
    server = EmbeddedDatabase.temporary();
    try (Connection connection = connect(server.url())) {
      facts.put("version", show(connection, "server_version"));
      for (String setting : REPORTED_SETTINGS) {
        facts.put(setting, show(connection, setting));
      }
      for (String durable : List.of("fsync", "synchronous_commit", "full_page_writes")) {
        if (!"on".equals(facts.get(durable))) {
          throw new IllegalStateException(durable + " is off: nothing would be durable");
        }
      }
      dataFolder = Path.of(show(connection, "data_directory"));
      pid = Long.parseLong(Files.readAllLines(dataFolder.resolve("postmaster.pid")).getFirst());
      try (Statement statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE " + BASELINE);
        statement.execute("CREATE DATABASE " + NODE);
        statement.execute("CREATE DATABASE " + AGED);
      }
    } catch (IOException | SQLException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** The process whose children serve the connections. */
  long pid() {
    return pid;
  }

  /** The version and the settings that matter here. */
  Map<String, String> facts() {
    return facts;
  }

  Login node() {
    return new Login(url(NODE), server.user(), server.password());
  }

  Login aged() {
    return new Login(url(AGED), server.user(), server.password());
  }

  /** With user and password in it. */
  String baselineUrl() {
    return url(BASELINE) + "?user=" + server.user() + "&password=" + server.password();
  }

  Connection connectToBaseline() throws SQLException {
    return connect(url(BASELINE));
  }

  Connection connectToNode() throws SQLException {
    return connect(url(NODE));
  }

  Connection connectToAged() throws SQLException {
    return connect(url(AGED));
  }

  private String url(String database) {
    return server.url().replaceFirst("/postgres$", "/" + database);
  }

  private Connection connect(String url) throws SQLException {
    return DriverManager.getConnection(url, server.user(), server.password());
  }

  private static String show(Connection connection, String setting) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW " + setting)) {
      row.next();
      return row.getString(1);
    }
  }

  /** What the disk under the data is, and how fast it makes a write durable. */
  Report.Storage measureStorage() throws IOException {
    Path file = Files.createTempFile(dataFolder.getParent(), "flush", null);
    List<Double> millis = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer page = ByteBuffer.allocateDirect(FLUSH_BYTES);
      for (int i = 0; i < FLUSHES; i++) {
        long start = System.nanoTime();
        page.clear();
        channel.write(page, 0);
        channel.force(false);
        millis.add((System.nanoTime() - start) / 1e6);
      }
    } finally {
      Files.delete(file);
    }
    return new Report.Storage(Files.getFileStore(dataFolder).type(), Results.median(millis));
  }

  @Override
  public void close() {
    // A run that was broken off stops its server all the same.
    boolean brokenOff = Thread.interrupted();
    server.close();
    if (brokenOff) {
      Thread.currentThread().interrupt();
    }
  }
}
