package io.quotastack.cluster;

import io.quotastack.cluster.persistence.DatabaseSettings;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import io.quotastack.engine.Engine;
import java.net.URI;
import java.util.List;

/**
 * A real node in this JVM, on a real PostgreSQL, with a tenant. Most tests use {@link #shared()},
 * which is started once for all of them and whose customers they keep apart by their names; whoever
 * stops nodes or the database starts his own.
 */
public final class TestNode implements AutoCloseable {
  private final EmbeddedDatabase database;
  private final boolean ownsDatabase;
  private final FirstTenant tenant;
  private final Node node;

  private TestNode(EmbeddedDatabase database, boolean ownsDatabase, FirstTenant tenant, Node node) {
    this.database = database;
    this.ownsDatabase = ownsDatabase;
    this.tenant = tenant;
    this.node = node;
  }

  private static final class Shared {
    private static final TestNode INSTANCE = start();

    static {
      Runtime.getRuntime().addShutdownHook(new Thread(INSTANCE::close, "shared-test-node"));
    }

    private Shared() {}
  }

  /** The one of all tests; never close it. */
  public static TestNode shared() {
    return Shared.INSTANCE;
  }

  /** A node of one's own on a database of its own; closing it stops both. */
  public static TestNode start() {
    EmbeddedDatabase database = EmbeddedDatabase.temporary();
    try {
      return start(database, true, FirstTenant.generate(), List.of());
    } catch (RuntimeException | Error e) {
      database.close();
      throw e;
    }
  }

  /** A node of one's own on this database; closing it leaves the database as it is. */
  public static TestNode start(EmbeddedDatabase database) {
    return start(database, false, FirstTenant.generate(), List.of());
  }

  /** A second node on the same database, in the same cluster, with the same tenant. */
  public TestNode startAnother() {
    return start(database, false, tenant, List.of(node.clusterEndpoint()));
  }

  /** Another node on the same database with the same tenant, after this one was closed. */
  public TestNode startAgain() {
    return start(database, false, tenant, List.of());
  }

  private static TestNode start(
      EmbeddedDatabase database, boolean ownsDatabase, FirstTenant tenant, List<Endpoint> seeds) {
    Node node = Node.start(settings(database).joining(seeds));
    try {
      tenant.createIn(node.engine());
      return new TestNode(database, ownsDatabase, tenant, node);
    } catch (RuntimeException | Error e) {
      node.stop();
      throw e;
    }
  }

  /** The settings of a node on this database, on free ports. */
  public static NodeSettings settings(EmbeddedDatabase database) {
    return NodeSettings.local(
        new DatabaseSettings(database.url(), database.user(), database.password()));
  }

  /** Where the API answers, without a slash at the end. */
  public URI baseUri() {
    return URI.create("http://127.0.0.1:" + node.httpPort());
  }

  /** Where health checks answer, without a slash at the end. */
  public URI managementUri() {
    return URI.create("http://127.0.0.1:" + node.managementPort());
  }

  /** The tenant. */
  public String tenantId() {
    return tenant.tenantId();
  }

  /** Its API key for the live environment. */
  public String liveKey() {
    return tenant.liveKey();
  }

  /** Its API key for the test environment. */
  public String testKey() {
    return tenant.testKey();
  }

  /** The PostgreSQL that everything is kept in. */
  public EmbeddedDatabase database() {
    return database;
  }

  /** The node. */
  public Node node() {
    return node;
  }

  /** The node's engine. */
  public Engine engine() {
    return node.engine();
  }

  /** Stops the node, and the database if it came with it. */
  @Override
  public void close() {
    try {
      node.stop();
    } finally {
      if (ownsDatabase) {
        database.close();
      }
    }
  }
}
