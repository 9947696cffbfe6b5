package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.FirstTenant;
import io.quotastack.cluster.TestNode;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantReply;
import io.quotastack.http.authentication.ApiKey;
import java.net.URI;

/**
 * A tenant on a node, with a caller for each environment. A test class has one of its own, so that
 * its metrics, settings and customers meet those of no other.
 *
 * @param node where it is called
 * @param id the tenant
 * @param liveKey its API key for the live environment
 * @param testKey its API key for the test environment
 */
record TestTenant(URI node, String id, String liveKey, String testKey) {

  /** A new one on that node. */
  static TestTenant in(TestNode node) {
    FirstTenant tenant = FirstTenant.generate();
    create(node, new TenantRef(tenant.tenantId(), Environment.LIVE), tenant.liveKey());
    create(node, new TenantRef(tenant.tenantId(), Environment.TEST), tenant.testKey());
    return new TestTenant(node.baseUri(), tenant.tenantId(), tenant.liveKey(), tenant.testKey());
  }

  /** The one that the node came with. */
  static TestTenant of(TestNode node) {
    return new TestTenant(node.baseUri(), node.tenantId(), node.liveKey(), node.testKey());
  }

  private static void create(TestNode node, TenantRef tenant, String key) {
    var command = new TenantCommand.CreateTenant("tenant of a test", ApiKey.hash(key));
    assertThat(node.engine().change(tenant, command).toCompletableFuture().join())
        .isInstanceOf(TenantReply.Done.class);
  }

  /** A caller in the live environment. */
  ApiClient live() {
    return new ApiClient(node, liveKey);
  }

  /** A caller in the test environment. */
  ApiClient test() {
    return new ApiClient(node, testKey);
  }

  /** The path of its settings. */
  String configPath() {
    return "/v1/tenants/" + id + "/config";
  }
}
