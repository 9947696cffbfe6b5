package io.quotastack.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.engine.ids.TenantRef;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys of the first tenant are made once and kept for their owner's eyes. */
class FirstTenantTest {
  @TempDir private Path folder;

  @Test
  void the_first_call_makes_the_keys_and_every_later_one_reads_them() throws Exception {
    Path file = folder.resolve("sub/keys.json");

    FirstTenant first = FirstTenant.keptIn(file);

    assertThat(FirstTenant.keptIn(file)).isEqualTo(first);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file))
        .contains("\"tenant_id\"", "\"live_key\"", "\"test_key\"", "\"operator_key\"");
    try (var files = Files.list(folder.resolve("sub"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void keys_name_their_tenant_and_environment_and_are_all_different() {
    FirstTenant tenant = FirstTenant.generate();

    assertThat(TenantRef.isTenantId(tenant.tenantId())).isTrue();
    String owner = tenant.tenantId().substring("ten_".length());
    assertThat(tenant.liveKey()).matches("qs_live_" + owner + "_[a-z2-7]{52}");
    assertThat(tenant.testKey()).matches("qs_test_" + owner + "_[a-z2-7]{52}");
    assertThat(tenant.operatorKey()).matches("qs_operator_[a-z2-7]{52}");
    assertThat(tenant.liveKey().substring(tenant.liveKey().length() - 52))
        .isNotEqualTo(tenant.testKey().substring(tenant.testKey().length() - 52));
    assertThat(tenant).hasToString("FirstTenant[tenantId=" + tenant.tenantId() + "]");
  }

  @Test
  void of_many_that_start_at_once_all_get_the_same_keys() throws Exception {
    Path file = folder.resolve("keys.json");
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      Callable<FirstTenant> start = () -> FirstTenant.keptIn(file);
      var tenants =
          threads.invokeAll(IntStream.range(0, 32).mapToObj(i -> start).toList()).stream()
              .map(Future::resultNow)
              .distinct()
              .toList();
      assertThat(tenants).hasSize(1);
    }
  }

  @Test
  void a_file_that_holds_something_else_is_named_and_left_alone() throws Exception {
    for (String text :
        new String[] {
          "",
          "null",
          "[]",
          "{\"tenant_id\": \"ten_x\"}",
          "{\"tenant_id\":\"ten_x\",\"live_key\":\"a\",\"test_key\":\"b\",\"operator_key\":\"c\"}"
        }) {
      Path file = folder.resolve("keys.json");
      Files.writeString(file, text);
      assertThatThrownBy(() -> FirstTenant.keptIn(file))
          .isInstanceOf(StartException.class)
          .hasMessageContaining(file.toString());
      assertThat(file).hasContent(text);
    }
  }
}
