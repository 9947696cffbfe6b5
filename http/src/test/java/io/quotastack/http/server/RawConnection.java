package io.quotastack.http.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A TCP connection on which a test writes what no well-behaved client would. */
final class RawConnection implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;

  RawConnection(int port) throws IOException {
    this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** A response as it came. */
  record Response(int status, List<String> headers, String body) {
    Optional<String> header(String name) {
      String prefix = name.toLowerCase(Locale.ROOT) + ": ";
      return headers.stream()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
          .map(line -> line.substring(prefix.length()))
          .findFirst();
    }
  }

  void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void write(byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
  }

  /** Writes that many chunks; how many were written before the server closed the connection. */
  int writeChunks(int count, int chunkBytes) throws IOException {
    String chunk = Integer.toHexString(chunkBytes) + "\r\n" + " ".repeat(chunkBytes) + "\r\n";
    for (int written = 0; written < count; written++) {
      try {
        write(chunk);
      } catch (SocketException _) {
        return written;
      }
    }
    return count;
  }

  /** Reads one response with a Content-Length. */
  Response read() throws IOException {
    InputStream in = socket.getInputStream();
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the connection ended after: " + head);
      }
      head.append((char) next);
    }
    List<String> lines = head.toString().lines().toList();
    int status = Integer.parseInt(lines.getFirst().substring(9, 12)); // HTTP/1.1 200 OK
    var response = new Response(status, lines.subList(1, lines.size()), "");
    int length = response.header("Content-Length").map(Integer::parseInt).orElse(0);
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    return new Response(status, response.headers(), body);
  }

  /** Reads until that has come. */
  String readUntil(String end) throws IOException {
    var text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new IOException("the connection ended after: " + text);
      }
      text.append((char) next);
    }
    return text.toString();
  }

  /** Reads until the server ends the connection, in whatever way. */
  String readToEnd() throws IOException {
    var text = new StringBuilder();
    try {
      for (int next = socket.getInputStream().read();
          next >= 0;
          next = socket.getInputStream().read()) {
        text.append((char) next);
      }
    } catch (SocketException _) {
      // broken off
    }
    return text.toString();
  }

  /** Reads so many bytes and forgets them; false if the connection ends before. */
  boolean skip(int bytes) throws IOException {
    return socket.getInputStream().readNBytes(bytes).length == bytes;
  }

  /** Whether the server has ended the connection. */
  boolean isAtEnd() throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketException _) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
