package io.quotastack.http.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTest {
  private static final String TENANT = "abcdefghijklmnopqrstuvwxya";
  private static final String SECRET = "a2b3c4d5e6f7".repeat(4) + "wxyz";
  private static final String LIVE = "qs_live_" + TENANT + "_" + SECRET;

  @Test
  void a_key_names_its_tenant_and_environment() {
    assertThat(ApiKey.parse(LIVE))
        .isNotNull()
        .satisfies(key ->
            assertThat(key.tenant()).isEqualTo(new TenantRef("ten_" + TENANT, Environment.LIVE)));
    assertThat(ApiKey.parse(LIVE.replace("live", "test")))
        .isNotNull()
        .satisfies(key ->
            assertThat(key.tenant()).isEqualTo(new TenantRef("ten_" + TENANT, Environment.TEST)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "qs_live_",
        "qs_live_abcdefghijklmnopqrstuvwxya_",
        "qs_prod_abcdefghijklmnopqrstuvwxya_a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxyz",
        "QS_LIVE_abcdefghijklmnopqrstuvwxya_a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxyz",
        "qs_live_ABCDEFGHIJKLMNOPQRSTUVWXYA_a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxyz",
        "qs_live_abcdefghijklmnopqrstuvwxya-a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxyz",
        "qs_live_abcdefghijklmnopqrstuvwxya_a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxy1",
        "qs_live_abcdefghijklmnopqrstuvwxya_a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxyzz",
        "qs_live_abcdefghijklmnopqrstuvwxy|_a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxyz",
        "qs_live_abcdefghijklmnopqrstuvwxyz_a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7a2b3c4d5e6f7wxyz",
      })
  void what_has_not_the_form_of_a_key_is_none(String text) {
    assertThat(ApiKey.parse(text)).isNull();
  }

  @Test
  void the_hash_is_sha_256_of_the_whole_text() {
    assertThat(ApiKey.hash("abc"))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assertThat(ApiKey.parse(LIVE))
        .isNotNull()
        .satisfies(key -> assertThat(key.hash()).isEqualTo(ApiKey.hash(LIVE)));
  }

  @Test
  void hashes_are_compared_whole() {
    String hash = ApiKey.hash(LIVE);
    assertThat(ApiKey.sameHash(hash, ApiKey.hash(LIVE))).isTrue();
    assertThat(ApiKey.sameHash(hash, ApiKey.hash(LIVE + "x"))).isFalse();
    assertThat(ApiKey.sameHash(hash, hash.substring(1))).isFalse();
    assertThat(ApiKey.sameHash(hash, "")).isFalse();
  }

  @Test
  void the_secret_does_not_show_in_logs() {
    assertThat(ApiKey.parse(LIVE))
        .isNotNull()
        .satisfies(key -> assertThat(key.toString()).contains(TENANT).doesNotContain("a2b3"));
  }
}
