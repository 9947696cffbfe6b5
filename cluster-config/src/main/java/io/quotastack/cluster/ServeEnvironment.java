package io.quotastack.cluster;

import io.quotastack.cluster.persistence.DatabaseSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The settings of a served node, as environment variables give them. */
final class ServeEnvironment {
  private static final String PREFIX = "QUOTASTACK_";
  private static final int HTTP_PORT = 8080;
  private static final int MANAGEMENT_PORT = 8558;
  private static final int CLUSTER_PORT = 17355;

  private final Map<String, String> variables;
  private final List<String> problems = new ArrayList<>();

  private ServeEnvironment(Map<String, String> variables) {
    this.variables = variables;
  }

  /**
   * Reads all variables.
   *
   * @throws SettingsException naming each that is missing or makes no sense
   */
  static NodeSettings read(Map<String, String> variables) {
    return new ServeEnvironment(variables).settings();
  }

  private NodeSettings settings() {
    var database = new DatabaseSettings(databaseUrl(), required("DB_USER"), password());
    List<Endpoint> seeds = seedNodes();
    if (!seeds.isEmpty() && value("CLUSTER_HOST").isEmpty()) {
      problem(
          "CLUSTER_HOST",
          "is required with QUOTASTACK_SEED_NODES: the address at which the"
              + " other nodes reach this one");
    }
    var settings =
        new NodeSettings(
            database,
            endpoint("HTTP", "0.0.0.0", HTTP_PORT),
            endpoint("MANAGEMENT", "0.0.0.0", MANAGEMENT_PORT),
            endpoint("CLUSTER", "127.0.0.1", CLUSTER_PORT),
            seeds);
    if (!problems.isEmpty()) {
      throw new SettingsException(problems);
    }
    return settings;
  }

  private String databaseUrl() {
    String url = required("DB_URL");
    if (!url.isEmpty() && !url.startsWith("jdbc:postgresql://")) {
      problem(
          "DB_URL", "must look like jdbc:postgresql://host:port/name, got " + withoutQuery(url));
    }
    return url;
  }

  private static String withoutQuery(String url) {
    return url.replaceFirst("\\?.*", "?...").replaceFirst("//[^/@]*@", "//...@");
  }

  /** May be empty, for a database that trusts its clients, but not forgotten. */
  private String password() {
    String password = variables.get(PREFIX + "DB_PASSWORD");
    if (password == null) {
      problem("DB_PASSWORD", "is required (it may be empty)");
      return "";
    }
    return password;
  }

  private List<Endpoint> seedNodes() {
    var seeds = new ArrayList<Endpoint>();
    for (String text : value("SEED_NODES").split(",", -1)) {
      if (text.isBlank()) {
        continue;
      }
      Endpoint seed = Endpoint.parse(text.strip());
      if (seed == null || seed.port() == 0) {
        problem("SEED_NODES", "must be host:port,host:port, got " + text.strip());
      } else {
        seeds.add(seed);
      }
    }
    return seeds;
  }

  private Endpoint endpoint(String name, String defaultHost, int defaultPort) {
    String host = value(name + "_HOST");
    String text = value(name + "_PORT");
    Integer port = text.isEmpty() ? Integer.valueOf(defaultPort) : Endpoint.parsePort(text);
    if (port == null) {
      problem(name + "_PORT", "must be a port, 0 to 65535, got " + text);
      port = defaultPort;
    }
    return new Endpoint(host.isEmpty() ? defaultHost : host, port);
  }

  private String required(String name) {
    String value = value(name);
    if (value.isEmpty()) {
      problem(name, "is required");
    }
    return value;
  }

  private String value(String name) {
    return variables.getOrDefault(PREFIX + name, "").strip();
  }

  private void problem(String name, String what) {
    problems.add(PREFIX + name + " " + what);
  }
}
