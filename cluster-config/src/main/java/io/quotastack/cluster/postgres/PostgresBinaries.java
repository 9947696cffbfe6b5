package io.quotastack.cluster.postgres;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.sun.security.auth.module.UnixSystem;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's own programs, unpacked from the archive that comes with the class path, and the way
 * to run one of them.
 *
 * @param folder where {@code bin/postgres} and its like lie
 */
record PostgresBinaries(Path folder) {
  private static final int DIGEST_CHARS = 16;
  private static final File NOTHING = new File("/dev/null");

  /**
   * The programs inside this folder; unpacks them if they are not there yet. The folder appears
   * whole or not at all, also when the machine stops in the middle or several processes unpack at
   * once, so what is found is never half a PostgreSQL.
   */
  static PostgresBinaries unpackedIn(Path parent) {
    try {
      byte[] archive = archive();
      Path folder = parent.resolve("postgres-" + digest(archive));
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(parent);
        Path unfinished =
            Files.createTempDirectory(
                parent,
                "unpacking-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
          unpack(archive, unfinished);
          Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
          // Another process was faster and its copy is the same.
        } finally {
          Folders.delete(unfinished);
        }
      }
      return new PostgresBinaries(folder);
    } catch (IOException e) {
      throw new PostgresException("cannot unpack PostgreSQL into " + parent + ": " + e, e);
    }
  }

  /** The command line of one of the programs. */
  List<String> command(String program, List<String> arguments) {
    var command = new ArrayList<String>();
    if (runsAsRoot()) {
      if (!LinuxUtils.isUnshareAvailable()) {
        throw new PostgresException(
            "PostgreSQL refuses to run as root and this machine does not let root make a user"
                + " namespace (unshare -U) for it: run as another user, or give a PostgreSQL of"
                + " your own to `serve`");
      }
      // In a user namespace of its own the server does not see that it is root; its files stay
      // root's, so they can be read again at the next start.
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(folder.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    return command;
  }

  /**
   * Runs one of the programs to its end.
   *
   * @throws PostgresException with all that it printed, if it fails or takes too long
   */
  void run(String program, List<String> arguments, Path workingFolder, Duration limit) {
    try {
      Path output = Files.createTempFile("quotastack-" + program, ".log");
      try {
        // A file and not a pipe: a server that the program leaves behind would keep a pipe open.
        Process process =
            new ProcessBuilder(command(program, arguments))
                .directory(workingFolder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(NOTHING))
                .start();
        if (!process.waitFor(limit.toMillis(), MILLISECONDS)) {
          process.destroyForcibly();
          throw new PostgresException(
              program + " did not end within " + limit + ": " + Files.readString(output).strip());
        }
        if (process.exitValue() != 0) {
          throw new PostgresException(program + " failed: " + Files.readString(output).strip());
        }
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new PostgresException("cannot run " + program + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresException("interrupted while running " + program, e);
    }
  }

  private static boolean runsAsRoot() {
    return new UnixSystem().getUid() == 0;
  }

  private static byte[] archive() throws IOException {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String machine = System.getProperty("os.arch", "");
    String systemName = system.contains("mac") ? "darwin" : "linux";
    String machineName =
        switch (machine) {
          case "amd64" -> "x86_64";
          case "aarch64" -> "arm_64";
          default -> machine;
        };
    // Read by its name: the jar may well stand on a class path twice, once by a manifest.
    String name = "/postgres-" + systemName + "-" + machineName + ".txz";
    try (InputStream archive = PostgresBinaries.class.getResourceAsStream(name)) {
      if (archive == null) {
        throw new PostgresException(
            "no embedded PostgreSQL for " + systemName + " on " + machineName);
      }
      return archive.readAllBytes();
    }
  }

  private static String digest(byte[] archive) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(archive))
          .substring(0, DIGEST_CHARS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void unpack(byte[] archive, Path folder) throws IOException {
    try (var tar =
        new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path target = folder.resolve(entry.getName()).normalize();
        if (!target.startsWith(folder)) {
          throw new IOException("an entry that leaves its archive: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(target);
          continue;
        }
        Files.createDirectories(folderOf(target));
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.createLink(target, folder.resolve(entry.getLinkName()).normalize());
        } else {
          Files.copy(tar, target);
          boolean program = target.startsWith(folder.resolve("bin"));
          Files.setPosixFilePermissions(
              target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
        }
      }
    }
  }

  private static Path folderOf(Path file) throws IOException {
    Path folder = file.getParent();
    if (folder == null) {
      throw new IOException("an archive entry without a folder: " + file);
    }
    return folder;
  }
}
