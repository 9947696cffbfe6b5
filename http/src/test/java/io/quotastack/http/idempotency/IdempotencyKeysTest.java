package io.quotastack.http.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdempotencyKeysTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "order 17", "!~", "0190c9a4-6f5e-7c31-9c55-3f0c7a1d2b44", "a#0"})
  void printable_ascii_is_a_key(String text) {
    assertThat(IdempotencyKeys.isValid(text)).isTrue();
    assertThat(IdempotencyKeys.RULE.fault(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", " a", "a ", "ä", "a\tb", "a\u0000", "\u007f", "😀"})
  void anything_else_is_not(String text) {
    assertThat(IdempotencyKeys.isValid(text)).isFalse();
    assertThat(IdempotencyKeys.RULE.fault(text)).isNotNull();
  }

  @Test
  void a_key_has_at_most_255_characters() {
    assertThat(IdempotencyKeys.isValid("k".repeat(255))).isTrue();
    assertThat(IdempotencyKeys.isValid("k".repeat(256))).isFalse();
    assertThat(IdempotencyKeys.RULE.fault("k".repeat(256))).isNotNull();
  }
}
