package io.quotastack.cluster.postgres;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The first process of a running PostgreSQL server, found by the {@code postmaster.pid} that it
 * keeps in its data folder.
 */
record Postmaster(ProcessHandle process) {
  /** Above every limit that a kernel has for the numbers of its processes. */
  private static final int NOBODYS_PID = Integer.MAX_VALUE;

  private static final Duration FAST_STOP_LIMIT = Duration.ofSeconds(30);
  private static final Duration IMMEDIATE_STOP_LIMIT = Duration.ofSeconds(15);

  /**
   * The server that runs on this data folder, or null. A file that a crash left behind names a
   * process that is gone or that has become another program: neither is taken for the server.
   */
  static @Nullable Postmaster of(Path dataFolder) {
    try (Stream<String> lines = Files.lines(dataFolder.resolve("postmaster.pid"))) {
      long pid = Long.parseLong(lines.findFirst().orElse("0").strip());
      // A standalone backend writes its number as a negative one; nobody starts such here.
      return pid < 1
          ? null
          : ProcessHandle.of(pid)
              .filter(process -> servesFolder(process, dataFolder))
              .map(Postmaster::new)
              .orElse(null);
    } catch (NoSuchFileException | NumberFormatException e) {
      return null;
    } catch (IOException e) {
      throw new PostgresException("cannot read postmaster.pid in " + dataFolder + ": " + e, e);
    }
  }

  /**
   * Corrects a {@code postmaster.pid} that a crash left behind and whose number another program has
   * by now (as happens in containers, where numbers are small): PostgreSQL would take that program
   * for a running server and refuse to start for ever. The file is not deleted, because its other
   * lines let PostgreSQL see whether sessions of the old server still live.
   */
  static void disownStalePid(Path dataFolder) {
    Path file = dataFolder.resolve("postmaster.pid");
    try {
      if (!Files.exists(file)) {
        return;
      }
      List<String> lines = new ArrayList<>(Files.readAllLines(file));
      boolean othersPid =
          !lines.isEmpty()
              && lines.getFirst().strip().matches("[0-9]{1,10}")
              && ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                  .flatMap(process -> process.info().command())
                  .filter(command -> !command.endsWith("/postgres"))
                  .isPresent();
      if (othersPid) {
        lines.set(0, Integer.toString(NOBODYS_PID));
        Files.write(file, lines);
      }
    } catch (IOException e) {
      throw new PostgresException("cannot correct " + file + ": " + e, e);
    }
  }

  private static boolean servesFolder(ProcessHandle process, Path dataFolder) {
    List<String> arguments = process.info().arguments().map(Arrays::asList).orElse(List.of());
    int folderAt = arguments.indexOf("-D") + 1;
    return process.info().command().filter(name -> name.endsWith("/postgres")).isPresent()
        && folderAt > 0
        && folderAt < arguments.size()
        && Path.of(arguments.get(folderAt)).equals(dataFolder);
  }

  long pid() {
    return process.pid();
  }

  /**
   * Stops the server and waits until it is gone: first by a fast shutdown, which ends its sessions
   * and writes a checkpoint; if that hangs, by an immediate one, after which the next start replays
   * the log.
   */
  void stop() {
    signal("INT");
    if (!isGoneWithin(FAST_STOP_LIMIT)) {
      signal("QUIT");
      if (!isGoneWithin(IMMEDIATE_STOP_LIMIT)) {
        throw new PostgresException("PostgreSQL (process " + pid() + ") does not stop");
      }
    }
  }

  /** Ends the server and all its processes with SIGKILL, as a crash does. */
  void kill() {
    List<ProcessHandle> sessions = process.descendants().toList();
    // The postmaster first: one that sees its children die would restart them.
    process.destroyForcibly();
    sessions.forEach(ProcessHandle::destroyForcibly);
    Stream.concat(Stream.of(process), sessions.stream())
        .forEach(each -> {
          if (!isGoneWithin(each, IMMEDIATE_STOP_LIMIT)) {
            throw new PostgresException("process " + each.pid() + " does not end");
          }
        });
  }

  private void signal(String name) {
    try {
      // ProcessHandle has no SIGINT, and SIGTERM would wait for the last client to leave.
      new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new PostgresException("cannot signal PostgreSQL (process " + pid() + ")", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresException("interrupted while stopping PostgreSQL", e);
    }
  }

  private boolean isGoneWithin(Duration limit) {
    return isGoneWithin(process, limit);
  }

  private static boolean isGoneWithin(ProcessHandle process, Duration limit) {
    try {
      process.onExit().get(limit.toMillis(), MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new PostgresException("cannot wait for process " + process.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresException("interrupted while stopping PostgreSQL", e);
    }
  }
}
