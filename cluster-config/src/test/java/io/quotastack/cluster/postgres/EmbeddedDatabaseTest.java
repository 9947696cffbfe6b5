package io.quotastack.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database of our own keeps what was committed through stops, kills and orphans. */
class EmbeddedDatabaseTest {
  @TempDir private Path folder;

  @Test
  void what_was_committed_survives_kill_9_and_a_restart_on_the_same_port() throws Exception {
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary()) {
      int port = database.port();
      execute(database, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (1)");

      database.killHard();
      assertThat(database.ended()).isCompleted();
      database.restart();

      assertThat(database.port()).isEqualTo(port);
      assertThat(query(database, "SELECT id FROM kept")).containsExactly("1");
    }
  }

  @Test
  void it_is_as_durable_as_any_other_postgresql() throws Exception {
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary()) {
      assertThat(
              query(
                  database,
                  """
                  SELECT name || '=' || setting FROM pg_settings
                   WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')
                   ORDER BY name
                  """))
          .containsExactly("fsync=on", "full_page_writes=on", "synchronous_commit=on");
    }
  }

  @Test
  void a_server_that_was_left_running_is_stopped_and_its_data_taken_over() throws Exception {
    // Never closed, as by a process that was killed.
    EmbeddedDatabase orphan = EmbeddedDatabase.start(folder);
    execute(orphan, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)");

    try (EmbeddedDatabase database = EmbeddedDatabase.start(folder)) {
      assertThat(query(database, "SELECT id FROM kept")).containsExactly("7");
      assertThat(database.password()).isEqualTo(orphan.password());
      assertThat(serversOf(folder)).hasSize(1);
    }
    assertThat(serversOf(folder)).isEmpty();
  }

  @Test
  void a_stale_pid_file_that_names_another_program_neither_harms_it_nor_stops_the_start()
      throws Exception {
    try (EmbeddedDatabase database = EmbeddedDatabase.start(folder)) {
      execute(database, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (3)");
      database.killHard();
    }
    Process another = new ProcessBuilder("sleep", "600").start();
    try {
      Path pidFile = folder.resolve("data").resolve("postmaster.pid");
      List<String> lines = new ArrayList<>(Files.readAllLines(pidFile));
      lines.set(0, Long.toString(another.pid()));
      Files.write(pidFile, lines);

      try (EmbeddedDatabase database = EmbeddedDatabase.start(folder)) {
        assertThat(query(database, "SELECT id FROM kept")).containsExactly("3");
        assertThat(another.isAlive()).isTrue();
      }
    } finally {
      another.destroyForcibly();
    }
  }

  @Test
  void a_start_that_was_interrupted_while_making_the_data_is_made_anew() throws Exception {
    Files.createDirectories(folder.resolve("data.unfinished/base"));
    Files.writeString(folder.resolve("data.unfinished/PG_VERSION"), "17\n");

    try (EmbeddedDatabase database = EmbeddedDatabase.start(folder)) {
      assertThat(query(database, "SELECT 1")).containsExactly("1");
      assertThat(folder.resolve("data.unfinished")).doesNotExist();
    }
  }

  private static List<ProcessHandle> serversOf(Path folder) throws Exception {
    String data = folder.toRealPath().resolve("data").toString();
    return ProcessHandle.allProcesses()
        .filter(process ->
            process
                .info()
                .commandLine()
                .filter(line -> line.contains("/bin/postgres -D " + data + " "))
                .isPresent())
        .toList();
  }

  private static void execute(EmbeddedDatabase database, String... statements) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static List<String> query(EmbeddedDatabase database, String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      var values = new ArrayList<String>();
      while (result.next()) {
        values.add(result.getString(1));
      }
      return values;
    }
  }

  private static Connection connect(EmbeddedDatabase database) throws SQLException {
    return DriverManager.getConnection(database.url(), database.user(), database.password());
  }
}
