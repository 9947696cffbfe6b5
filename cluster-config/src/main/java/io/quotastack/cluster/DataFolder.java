package io.quotastack.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which {@code dev} keeps everything: {@code lock}, {@code keys.json} and {@code
 * postgres}. Belongs to one process at a time; the operating system takes the lock back when that
 * process ends, in whatever way.
 */
final class DataFolder implements AutoCloseable {
  private final Path folder;
  private final FileChannel lockChannel;
  private final FileLock lock;

  private DataFolder(Path folder, FileChannel lockChannel, FileLock lock) {
    this.folder = folder;
    this.lockChannel = lockChannel;
    this.lock = lock;
  }

  /**
   * Takes this folder for this process, and makes it if it is not there.
   *
   * @throws StartException if another process has it, or it cannot be written to
   */
  static DataFolder open(Path folder) {
    try {
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      Path place = folder.toRealPath();
      FileChannel channel =
          FileChannel.open(
              place.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StartException(
            "another QuotaStack already runs on the folder "
                + place
                + ": stop it first, or choose another folder with --data");
      }
      return new DataFolder(place, channel, lock);
    } catch (IOException e) {
      throw new StartException("cannot use the folder " + folder + ": " + e, e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  Path path() {
    return folder;
  }

  Path keysFile() {
    return folder.resolve("keys.json");
  }

  Path postgresFolder() {
    return folder.resolve("postgres");
  }

  /** Lets others have it. */
  @Override
  public void close() {
    try {
      lock.release();
      lockChannel.close();
    } catch (IOException e) {
      throw new StartException("cannot let go of the folder " + folder + ": " + e, e);
    }
  }
}
