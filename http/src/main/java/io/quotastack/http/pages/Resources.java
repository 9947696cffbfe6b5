package io.quotastack.http.pages;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Files that come with the program, found on the class path. */
final class Resources {

  private Resources() {}

  /**
   * The bytes of a file.
   *
   * @throws IllegalStateException if it is missing, which is a fault of the build
   */
  static byte[] bytes(String path) {
    try (InputStream in = Resources.class.getClassLoader().getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks the resource " + path);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The text of a file.
   *
   * @throws IllegalStateException if it is missing, which is a fault of the build
   */
  static String text(String path) {
    return new String(bytes(path), StandardCharsets.UTF_8);
  }

  /** Whether there is such a file. */
  static boolean has(String path) {
    return Resources.class.getClassLoader().getResource(path) != null;
  }
}
