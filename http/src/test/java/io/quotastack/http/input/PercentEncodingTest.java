package io.quotastack.http.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.http.Samples;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PercentEncodingTest {

  @Test
  void what_a_form_encodes_is_decoded() {
    Samples.check(random -> {
      String text = Samples.text(random);
      assertThat(PercentEncoding.decode(URLEncoder.encode(text, StandardCharsets.UTF_8), true))
          .isEqualTo(text);
    });
  }

  @Test
  void a_plus_is_a_space_only_in_queries() {
    assertThat(PercentEncoding.decode("a+b%2Bc", true)).isEqualTo("a b+c");
    assertThat(PercentEncoding.decode("a+b%2Bc", false)).isEqualTo("a+b+c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "%4", "%zz", "a%4", "%ff", "%c3", "%ed%a0%80", "%c0%80", "%41ä"})
  void what_is_broken_is_not_guessed_at(String text) {
    assertThat(PercentEncoding.decode(text, false)).isNull();
  }
}
