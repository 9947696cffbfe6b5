package io.quotastack.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.quotastack.cluster.persistence.DatabaseSettings;
import java.util.List;
import java.util.Map;

/**
 * All that differs from node to node. What is the same for all is in {@code application.conf}.
 *
 * @param database where everything is kept
 * @param http where the API listens; port 0 takes a free one
 * @param management where health checks listen; port 0 takes a free one
 * @param cluster where other nodes reach this one; port 0 takes a free one
 * @param seedNodes the nodes to join; empty = this one is a cluster of its own
 */
public record NodeSettings(
    DatabaseSettings database,
    Endpoint http,
    Endpoint management,
    Endpoint cluster,
    List<Endpoint> seedNodes) {

  /** Copies the list. */
  public NodeSettings {
    seedNodes = List.copyOf(seedNodes);
  }

  /** A node for this machine alone, on the loopback address and on free ports. */
  public static NodeSettings local(DatabaseSettings database) {
    var anyPort = new Endpoint("127.0.0.1", 0);
    return new NodeSettings(database, anyPort, anyPort, anyPort, List.of());
  }

  /** The same with other nodes to join. */
  public NodeSettings joining(List<Endpoint> seeds) {
    return new NodeSettings(database, http, management, cluster, seeds);
  }

  /** The same with other places to listen for clients and for health checks. */
  public NodeSettings listening(Endpoint newHttp, Endpoint newManagement) {
    return new NodeSettings(database, newHttp, newManagement, cluster, seedNodes);
  }

  /** The whole configuration of the node: these over {@code application.conf}. */
  Config toConfig() {
    Map<String, Object> own =
        Map.ofEntries(
            Map.entry("quotastack.database.url", database.url()),
            Map.entry("quotastack.database.user", database.user()),
            Map.entry("quotastack.database.password", database.password()),
            Map.entry("quotastack.http.host", http.host()),
            Map.entry("quotastack.http.port", http.port()),
            Map.entry("quotastack.management.host", management.host()),
            Map.entry("quotastack.management.port", management.port()),
            Map.entry("quotastack.cluster.host", cluster.host()),
            Map.entry("quotastack.cluster.port", cluster.port()),
            Map.entry(
                "quotastack.cluster.seed-nodes",
                seedNodes.stream().map(Endpoint::toString).toList()));
    return ConfigFactory.load(
        ConfigFactory.parseMap(own, "settings of this node")
            .withFallback(ConfigFactory.defaultApplication()));
  }
}
