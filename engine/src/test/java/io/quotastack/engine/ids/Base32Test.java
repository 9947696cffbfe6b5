package io.quotastack.engine.ids;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes as text that is safe in URLs. */
class Base32Test {
  /** RFC 4648, section 10, in lower case and without padding. */
  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "f, my",
    "fo, mzxq",
    "foo, mzxw6",
    "foob, mzxw6yq",
    "fooba, mzxw6ytb",
    "foobar, mzxw6ytboi"
  })
  void the_vectors_of_the_rfc(String bytes, String text) {
    assertThat(Base32.encode(bytes.getBytes(StandardCharsets.US_ASCII))).isEqualTo(text);
    assertThat(Base32.decode(text)).isEqualTo(bytes.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void any_bytes_come_back() {
    var random = new Random(3);
    for (int i = 0; i < 5_000; i++) {
      var bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      String text = Base32.encode(bytes);

      assertThat(text).matches("[a-z2-7]*");
      assertThat(Base32.decode(text)).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "m",
        "mzx",
        "mzxw6y", // lengths that no bytes have
        "mz",
        "mzxr",
        "mzxw7",
        "mzxw6yr", // spare bits that are set
        "MY",
        "My",
        "my======",
        "my ",
        " my",
        "m0",
        "m1",
        "m8",
        "m-",
        "mé",
        "m\n",
        "m\u0000"
      })
  void any_other_text_is_refused(String text) {
    assertThat(Base32.decode(text)).isNull();
  }

  @Test
  void every_text_that_is_read_is_the_one_that_is_written() {
    String letters = "abcdefghijklmnopqrstuvwxyz234567";
    int read = 0;
    for (int a = 0; a < 32; a++) {
      for (int b = 0; b < 32; b++) {
        String text = "" + letters.charAt(a) + letters.charAt(b);
        byte[] bytes = Base32.decode(text);
        if (bytes != null) {
          read++;
          assertThat(Base32.encode(bytes)).isEqualTo(text);
        }
      }
    }
    assertThat(read).as("two letters are one byte").isEqualTo(256);
  }
}
