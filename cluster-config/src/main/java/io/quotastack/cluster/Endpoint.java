package io.quotastack.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A host and a TCP port.
 *
 * @param host a name, or an address (an IPv6 one without brackets)
 * @param port 0 to 65,535; 0 = a free one
 */
public record Endpoint(String host, int port) {
  private static final int MAX_PORT = 65_535;

  /** Asserts the range of the port. */
  public Endpoint {
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("not a port: " + port);
    }
  }

  /** The endpoint written as {@code host:port} or {@code [ipv6]:port}; null if it is not one. */
  static @Nullable Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      return null;
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      return null;
    }
    Integer port = parsePort(text.substring(colon + 1));
    return host.isBlank() || port == null ? null : new Endpoint(host, port);
  }

  /** The port that this text is; null if it is none. */
  static @Nullable Integer parsePort(String text) {
    if (!text.matches("[0-9]{1,5}")) {
      return null;
    }
    int port = Integer.parseInt(text);
    return port > MAX_PORT ? null : port;
  }

  /** As {@code host:port}. */
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
