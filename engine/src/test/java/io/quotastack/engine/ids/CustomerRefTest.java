package io.quotastack.engine.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How tenants and customers are named and routed. */
class CustomerRefTest {
  private static final String TENANT_ID = "ten_aaaqeayeaudaocajbifqydiob4";
  private static final TenantRef LIVE = new TenantRef(TENANT_ID, Environment.LIVE);
  private static final TenantRef TEST = new TenantRef(TENANT_ID, Environment.TEST);

  /** Computed outside of this project: whoever changes them renames every customer. */
  @ParameterizedTest
  @CsvSource({
    "LIVE, acme, e54a0bcc-0c38-5c40-a74e-6df939d4eab4",
    "LIVE, Ünï/😀 |, aebec4b3-195c-5bec-adf4-53dd344a9c3e",
    "TEST, acme, 93ed232a-1b09-56a9-9545-c65764c7e93f",
    "TEST, Ünï/😀 |, 1a7a5472-f7f2-5ada-9e20-1c72ab311f88"
  })
  void the_uuid_of_an_external_id_is_pinned(
      Environment environment, String externalId, UUID customerId) {
    var tenant = new TenantRef(TENANT_ID, environment);

    assertThat(CustomerRef.ofExternalId(tenant, externalId))
        .isEqualTo(new CustomerRef(tenant, customerId));
  }

  @Test
  void it_is_a_version_5_uuid_as_in_rfc_9562() {
    assertThat(version5(UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "www.example.com"))
        .as("the vector of RFC 9562, appendix A.4")
        .isEqualTo(UUID.fromString("2ed6657d-e927-568b-95e1-2665a8aea6a2"));

    UUID root = UUID.fromString("6f1dbd6e-7a0f-5c55-9f3b-2f5b4c9a1e70");
    for (String externalId : new String[] {"acme", "a", "x".repeat(255), "ü", "😀"}) {
      UUID customerId = CustomerRef.ofExternalId(LIVE, externalId).customerId();
      assertThat(customerId).isEqualTo(version5(version5(root, TENANT_ID + "|live"), externalId));
      assertThat(customerId.version()).isEqualTo(5);
    }
  }

  @Test
  void external_ids_are_taken_verbatim() {
    assertThat(CustomerRef.ofExternalId(LIVE, "Acme"))
        .isNotEqualTo(CustomerRef.ofExternalId(LIVE, "acme"));
    assertThat(CustomerRef.ofExternalId(LIVE, "acme "))
        .isNotEqualTo(CustomerRef.ofExternalId(LIVE, "acme"));
    assertThat(CustomerRef.ofExternalId(LIVE, "\u00e9"))
        .isNotEqualTo(CustomerRef.ofExternalId(LIVE, "e\u0301"));
  }

  @Test
  void a_customer_without_external_id_gets_a_version_7_uuid() {
    UUID first = CustomerRef.newCustomerId();
    UUID second = CustomerRef.newCustomerId();

    assertThat(first.version()).isEqualTo(7);
    assertThat(first).isNotEqualTo(second);
  }

  @Test
  void entity_and_persistence_ids_are_pinned_and_come_back() {
    CustomerRef customer = CustomerRef.ofExternalId(LIVE, "acme");
    String entityId = TENANT_ID + "|live|e54a0bcc-0c38-5c40-a74e-6df939d4eab4";

    assertThat(customer.entityId()).isEqualTo(entityId);
    assertThat(customer.persistenceId()).isEqualTo("customer|" + entityId);
    assertThat(CustomerRef.ofEntityId(entityId)).isEqualTo(customer);
    assertThat(TEST.entityId()).isEqualTo(TENANT_ID + "|test");
    assertThat(TEST.persistenceId()).isEqualTo("tenant|" + TENANT_ID + "|test");
    assertThat(TenantRef.ofEntityId(TEST.entityId())).isEqualTo(TEST);
  }

  @Test
  void new_tenant_ids_are_tenant_ids() {
    String first = TenantRef.newTenantId();

    assertThat(TenantRef.isTenantId(first)).isTrue();
    assertThat(TenantRef.newTenantId()).isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ten_",
        "aaaqeayeaudaocajbifqydiob4",
        "ten_aaaqeayeaudaocajbifqydiob",
        "ten_aaaqeayeaudaocajbifqydiob4a",
        "ten_aaaqeayeaudaocajbifqydiob5", // spare bits that are set
        "ten_AAAQEAYEAUDAOCAJBIFQYDIOB4",
        "ten_aaaqeayeaudaocajbifqydio|4",
        "TEN_aaaqeayeaudaocajbifqydiob4"
      })
  void what_is_no_tenant_id_is_refused(String text) {
    assertThat(TenantRef.isTenantId(text)).isFalse();
    assertThatThrownBy(() -> new TenantRef(text, Environment.LIVE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void environments_are_live_and_test() {
    assertThat(Environment.of("live")).isEqualTo(Environment.LIVE);
    assertThat(Environment.of("test")).isEqualTo(Environment.TEST);
    assertThatThrownBy(() -> Environment.of("Live")).isInstanceOf(IllegalArgumentException.class);
  }

  private static UUID version5(UUID namespace, String name) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(
          ByteBuffer.allocate(16)
              .putLong(namespace.getMostSignificantBits())
              .putLong(namespace.getLeastSignificantBits())
              .array());
      var bytes = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
      return new UUID(
          (bytes.getLong() & 0xffff_ffff_ffff_0fffL) | 0x5000,
          (bytes.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
