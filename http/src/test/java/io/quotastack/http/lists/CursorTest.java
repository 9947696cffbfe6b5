package io.quotastack.http.lists;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.http.Samples;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {

  @Test
  void what_was_encoded_is_decoded() {
    Samples.check(random -> {
      List<String> values =
          Stream.generate(() -> Samples.text(random)).limit(random.nextInt(5)).toList();
      var cursor = new Cursor("blocks", values);
      String text = cursor.encode();
      assertThat(text).matches("[A-Za-z0-9_-]+");
      assertThat(Cursor.decode(text, "blocks", values.size())).isEqualTo(cursor);
    });
  }

  @Test
  void any_text_is_decoded_or_refused_but_never_fatal() {
    Samples.check(random -> {
      Cursor cursor = Cursor.decode(Samples.text(random), "blocks", 1);
      assertThat(cursor == null || cursor.values().size() == 1).isTrue();
    });
  }

  @Test
  void any_bytes_are_decoded_or_refused_but_never_fatal() {
    Samples.check(random -> {
      byte[] bytes = Samples.bytes(random);
      byte[] versioned = new byte[bytes.length + 1];
      versioned[0] = 1;
      System.arraycopy(bytes, 0, versioned, 1, bytes.length);
      String text = Base64.getUrlEncoder().withoutPadding().encodeToString(versioned);
      Cursor cursor = Cursor.decode(text, "", 0);
      assertThat(cursor == null || cursor.values().isEmpty()).isTrue();
    });
  }

  @Test
  void a_cursor_of_another_list_is_refused() {
    String text = Cursor.at("ledger", 42).encode();
    assertThat(Cursor.decode(text, "blocks", 1)).isNull();
    assertThat(Cursor.decode(text, "ledger", 2)).isNull();
    assertThat(Cursor.decode(text, "ledger", 1)).isEqualTo(Cursor.at("ledger", "42"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "+1", "x", "1.0", "9999999999999999999", " 1", "٣"})
  void a_value_that_is_no_number_is_none(String value) {
    assertThat(Cursor.at("ledger", value).number(0)).isNull();
  }

  @Test
  void a_number_is_a_value() {
    assertThat(Cursor.at("ledger", 42).number(0)).isEqualTo(42);
    assertThat(Cursor.at("ledger", 0).number(0)).isZero();
  }

  @Test
  void a_cursor_that_could_not_be_read_again_is_not_made() {
    var cursor = Cursor.at("ledger", "x".repeat(2000));
    assertThatThrownBy(cursor::encode).isInstanceOf(IllegalStateException.class);
  }
}
