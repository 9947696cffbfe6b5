package io.quotastack.cluster.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of this process's own, on the loopback address, with its data either kept in
 * a folder or thrown away at the end. It is as durable as any other: fsync, full page writes and
 * synchronous commit are on.
 *
 * <p>A folder keeps {@code data} (the cluster), {@code password} (in pgpass form) and {@code
 * postgres.log} (of the last start; the one before is {@code postgres.log.1}). Nothing here guards
 * a folder against two processes at once: whoever opens it holds a lock of his own.
 */
public final class EmbeddedDatabase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);
  private static final String HOST = "127.0.0.1";
  private static final String USER = "postgres";
  private static final String TEMPORARY_PREFIX = "quotastack-postgres-";
  private static final String OWNER_LOCK = "owner.lock";
  private static final Duration INITDB_LIMIT = Duration.ofMinutes(3);
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);
  private static final int START_ATTEMPTS = 5;
  private static final int PASSWORD_BYTES = 24;
  private static final int LOG_TAIL_LINES = 15;

  /**
   * The temporary folders of this process, which its own cleaning must not even open: on POSIX,
   * closing any channel on a file gives up the process's lock on it.
   */
  private static final Set<Path> OWN_FOLDERS = new HashSet<>();

  private static final Map<String, String> SETTINGS =
      Map.of(
          "listen_addresses", HOST,
          // No socket file in a folder that all users share.
          "unix_socket_directories", "",
          "fsync", "on",
          "full_page_writes", "on",
          "synchronous_commit", "on",
          "shared_buffers", "256MB",
          "max_connections", "200",
          "timezone", "UTC",
          "log_timezone", "UTC");

  private final Path folder;
  private final Path dataFolder;
  private final PostgresBinaries binaries;
  private final String password;
  private final @Nullable FileChannel ownerLock;
  private int port;

  private EmbeddedDatabase(
      Path folder, PostgresBinaries binaries, String password, @Nullable FileChannel ownerLock) {
    this.folder = folder;
    this.dataFolder = dataFolder(folder);
    this.binaries = binaries;
    this.password = password;
    this.ownerLock = ownerLock;
  }

  /**
   * Starts a server whose data stays in this folder, made at the first start. A server that an
   * earlier process left running there (because it was killed) is stopped first, and what it had
   * committed is there.
   *
   * @throws PostgresException if it does not start; the message tells why
   */
  public static EmbeddedDatabase start(Path folder) {
    return start(folder, folder.resolve("programs"), null);
  }

  /**
   * Starts a server whose data is deleted at {@link #close()}. What earlier processes left behind
   * because they were killed (servers too) is cleaned away first.
   */
  public static EmbeddedDatabase temporary() {
    try {
      Path parent = temporaryParent();
      Path folder;
      FileChannel ownerLock;
      synchronized (OWN_FOLDERS) {
        try (FileChannel gate = openForLock(parent.resolve("gate.lock"));
            FileLock entered = gate.lock()) {
          LOG.debug("cleaning {} under {}", parent, entered);
          cleanUp(parent);
          folder = Files.createTempDirectory(parent, TEMPORARY_PREFIX);
          OWN_FOLDERS.add(folder);
          ownerLock = openForLock(folder.resolve(OWNER_LOCK));
          // Held until the channel is closed, or until this process ends in any way.
          FileLock owned = ownerLock.lock();
          LOG.debug("{} belongs to this process by {}", folder, owned);
        }
      }
      return start(folder, parent, ownerLock);
    } catch (IOException e) {
      throw new PostgresException("cannot make a temporary PostgreSQL: " + e, e);
    }
  }

  private static FileChannel openForLock(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static EmbeddedDatabase start(
      Path folder, Path binariesFolder, @Nullable FileChannel ownerLock) {
    try {
      Files.createDirectories(folder);
      Path place = folder.toRealPath();
      PostgresBinaries binaries = PostgresBinaries.unpackedIn(binariesFolder.toAbsolutePath());
      stopLeftBehind(place);
      if (!Files.isDirectory(dataFolder(place))) {
        create(place, binaries);
      }
      var database = new EmbeddedDatabase(place, binaries, readPassword(place), ownerLock);
      database.startOnFreePort();
      return database;
    } catch (IOException e) {
      throw new PostgresException("cannot start PostgreSQL in " + folder + ": " + e, e);
    }
  }

  /** Where it answers, as JDBC wants it. */
  public String url() {
    return "jdbc:postgresql://" + HOST + ":" + port + "/postgres";
  }

  /** The name to connect with; a superuser. */
  public String user() {
    return USER;
  }

  /** The password to connect with; random, made with the data. */
  public String password() {
    return password;
  }

  /** The TCP port; the same from the start to the end of this object. */
  public int port() {
    return port;
  }

  /** A shell command that opens psql on it, without the password in it. */
  public String psqlCommand() {
    return "PGPASSFILE='%s' psql -h %s -p %d -U %s postgres"
        .formatted(folder.resolve("password"), HOST, port, USER);
  }

  /** Completes when the server process ends, whoever ended it. */
  public CompletableFuture<Void> ended() {
    return postmaster()
        .map(running -> running.process().onExit().thenRun(() -> {}))
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  /** Kills the server and all its processes with SIGKILL, for tests of what a crash leaves. */
  public void killHard() {
    postmaster().ifPresent(Postmaster::kill);
  }

  /** Starts it again on the same port, after {@link #killHard()}. */
  public void restart() {
    stopLeftBehind(folder);
    startServer();
  }

  /** Stops the server; the data of a temporary one is deleted. */
  @Override
  public void close() {
    try {
      if (Files.exists(dataFolder.resolve("postmaster.pid"))) {
        stopServer();
      }
      if (ownerLock != null) {
        Folders.delete(folder);
        ownerLock.close();
      }
    } catch (IOException e) {
      throw new PostgresException("cannot delete " + folder + ": " + e, e);
    }
  }

  private Optional<Postmaster> postmaster() {
    return Optional.ofNullable(Postmaster.of(dataFolder));
  }

  private static Path dataFolder(Path folder) {
    return folder.resolve("data");
  }

  private static void stopLeftBehind(Path folder) {
    Postmaster leftBehind = Postmaster.of(dataFolder(folder));
    if (leftBehind != null) {
      LOG.info("stopping the PostgreSQL (process {}) that was left running", leftBehind.pid());
      leftBehind.stop();
    }
    Postmaster.disownStalePid(dataFolder(folder));
  }

  /**
   * Makes the data and the password under other names and renames them when they are whole, so that
   * a crash in between leaves nothing that looks finished.
   */
  private static void create(Path folder, PostgresBinaries binaries) throws IOException {
    Path unfinished = folder.resolve("data.unfinished");
    Path passwordFile = folder.resolve("password.unfinished");
    Folders.delete(unfinished);
    String password = randomPassword();
    writePrivately(passwordFile, password + "\n");
    binaries.run(
        "initdb",
        List.of(
            "--pgdata=" + unfinished,
            "--username=" + USER,
            "--pwfile=" + passwordFile,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            // The same on every machine, whatever locales it has.
            "--locale=C"),
        folder,
        INITDB_LIMIT);
    writePrivately(passwordFile, HOST + ":*:*:" + USER + ":" + password + "\n");
    Files.move(passwordFile, folder.resolve("password"), StandardCopyOption.ATOMIC_MOVE);
    // The data last: where it is, all is.
    Files.move(unfinished, dataFolder(folder), StandardCopyOption.ATOMIC_MOVE);
    Folders.sync(folder);
  }

  private static String randomPassword() {
    var bytes = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static void writePrivately(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(StandardCharsets.UTF_8.encode(text));
      channel.force(true);
    }
  }

  private static String readPassword(Path folder) throws IOException {
    String line = Files.readString(folder.resolve("password")).strip();
    return line.substring(line.lastIndexOf(':') + 1);
  }

  private void startOnFreePort() throws IOException {
    for (int attempt = 1; ; attempt++) {
      port = freePort();
      try {
        startServer();
        return;
      } catch (PostgresException e) {
        // Another program may have taken the port between the two lines above.
        if (attempt == START_ATTEMPTS || !logTail().contains("could not bind")) {
          throw e;
        }
      }
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void startServer() {
    for (int attempt = 1; ; attempt++) {
      rotateLog();
      try {
        binaries.run(
            "pg_ctl",
            List.of(
                "--pgdata=" + dataFolder,
                "--log=" + logFile(),
                "--options=" + serverOptions(),
                "--timeout=" + START_LIMIT.toSeconds(),
                "--wait",
                "start"),
            folder,
            START_LIMIT.plusSeconds(10));
        return;
      } catch (PostgresException e) {
        String tail = logTail();
        // Sessions of a server that was killed may live on for a moment and hold its memory.
        if (attempt == START_ATTEMPTS || !tail.contains("is still in use")) {
          throw new PostgresException(e.getMessage() + System.lineSeparator() + tail, e);
        }
        pauseBeforeNextAttempt();
      }
    }
  }

  private static void pauseBeforeNextAttempt() {
    try {
      Thread.sleep(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresException("interrupted while starting PostgreSQL", e);
    }
  }

  private String serverOptions() {
    return SETTINGS.entrySet().stream()
        .map(setting -> "-c %s='%s'".formatted(setting.getKey(), setting.getValue()))
        .collect(Collectors.joining(" ", "-p " + port + " ", ""));
  }

  private void stopServer() {
    try {
      binaries.run(
          "pg_ctl",
          List.of(
              "--pgdata=" + dataFolder,
              "--mode=fast",
              "--timeout=" + STOP_LIMIT.toSeconds(),
              "--wait",
              "stop"),
          folder,
          STOP_LIMIT.plusSeconds(10));
    } catch (PostgresException e) {
      // It was killed before, or it hangs.
      LOG.debug("pg_ctl did not stop PostgreSQL", e);
      postmaster().ifPresent(Postmaster::stop);
    }
  }

  private Path logFile() {
    return folder.resolve("postgres.log");
  }

  private void rotateLog() {
    try {
      if (Files.exists(logFile())) {
        Files.move(
            logFile(), folder.resolve("postgres.log.1"), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String logTail() {
    try {
      List<String> lines = Files.readAllLines(logFile());
      return String.join(
          System.lineSeparator(),
          lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }

  private static Path temporaryParent() throws IOException {
    String user = System.getProperty("user.name", "unknown").replaceAll("[^A-Za-z0-9_-]", "_");
    Path parent = Path.of(System.getProperty("java.io.tmpdir")).resolve("quotastack-" + user);
    if (!Files.isDirectory(parent)) {
      Files.createDirectories(
          parent,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    // All users may write to the system's folder: programs are run only from one of our own.
    Path probe = Files.createTempFile("quotastack-owner", null);
    try {
      if (!Files.getOwner(parent).equals(Files.getOwner(probe))) {
        throw new PostgresException(parent + " belongs to another user");
      }
    } finally {
      Files.delete(probe);
    }
    return parent.toRealPath();
  }

  /** Removes the temporary servers whose owners are gone, as their locks tell. */
  private static void cleanUp(Path parent) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, TEMPORARY_PREFIX + "*")) {
      for (Path folder : folders) {
        Path lockFile = folder.resolve(OWNER_LOCK);
        if (OWN_FOLDERS.contains(folder) || !Files.exists(lockFile)) {
          continue;
        }
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock()) {
          if (lock != null) {
            stopLeftBehind(folder);
            Folders.delete(folder);
          }
        } catch (IOException e) {
          LOG.debug("{} cannot be cleaned away", folder, e);
        }
      }
    }
  }
}
