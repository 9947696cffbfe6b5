package io.quotastack.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HttpAnswerTest {
  private static final String BODY = "{\"effective_balance\":5,\"balance\": -17,\"note\":\"ä\"}";
  private static final String WHOLE =
      "HTTP/1.1 201 Created\r\nServer: x\r\ncontent-LENGTH: "
          + BODY.getBytes(UTF_8).length
          + "\r\n\r\n"
          + BODY;

  private final HttpAnswer answer = new HttpAnswer();

  private boolean receive(String text) throws HttpAnswer.BadAnswerException {
    answer.space().put(text.getBytes(UTF_8));
    return answer.isWhole();
  }

  @Test
  void an_answer_is_whole_when_its_last_byte_is_there_however_it_comes() throws Exception {
    for (int i = 0; i < WHOLE.length() - 1; i++) {
      assertThat(receive(WHOLE.substring(i, i + 1))).as("after %d characters", i).isFalse();
    }

    assertThat(receive("}")).isTrue();
    assertThat(answer.status()).isEqualTo(201);
  }

  @Test
  void members_are_found_by_their_whole_name() throws Exception {
    assertThat(receive(WHOLE)).isTrue();

    assertThat(answer.integer(HttpAnswer.quoted("balance"))).isEqualTo(-17);
    assertThat(answer.integer(HttpAnswer.quoted("effective_balance"))).isEqualTo(5);
    assertThat(answer.integer(HttpAnswer.quoted("note"))).isEqualTo(Long.MIN_VALUE);
    assertThat(answer.integer(HttpAnswer.quoted("lance"))).isEqualTo(Long.MIN_VALUE);
    assertThat(answer.bodyContains(HttpAnswer.ascii("\"effective_balance\":5,"))).isTrue();
    assertThat(answer.bodyContains(HttpAnswer.ascii("Created"))).isFalse();
    assertThat(answer.bodyIs(BODY.getBytes(UTF_8))).isTrue();
    assertThat(answer.bodyIs(HttpAnswer.ascii("{"))).isFalse();
  }

  @Test
  void the_next_answer_on_the_connection_is_read_anew() throws Exception {
    assertThat(receive(WHOLE)).isTrue();
    answer.clear();

    assertThat(receive("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")).isTrue();
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.integer(HttpAnswer.quoted("balance"))).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void what_this_client_does_not_understand_is_refused() {
    assertThatThrownBy(() -> receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        .isInstanceOf(HttpAnswer.BadAnswerException.class)
        .hasMessageContaining("no Content-Length");
    answer.clear();
    assertThatThrownBy(() -> receive("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"))
        .isInstanceOf(HttpAnswer.BadAnswerException.class)
        .hasMessageContaining("status line");
    answer.clear();
    assertThatThrownBy(() -> receive("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"))
        .isInstanceOf(HttpAnswer.BadAnswerException.class)
        .hasMessageContaining("out of bounds");
    answer.clear();
    assertThatThrownBy(() -> receive("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"))
        .isInstanceOf(HttpAnswer.BadAnswerException.class)
        .hasMessageContaining("more bytes");
    answer.clear();
    assertThatThrownBy(() -> receive("x".repeat(HttpAnswer.BYTES_MAX)))
        .isInstanceOf(HttpAnswer.BadAnswerException.class);
  }

  @Test
  void a_text_member_is_given_as_it_stands_there() throws Exception {
    assertThat(receive(WHOLE)).isTrue();

    assertThat(answer.text(HttpAnswer.quoted("note"))).isEqualTo("ä".getBytes(UTF_8));
    assertThat(answer.text(HttpAnswer.quoted("balance"))).isEmpty();
    assertThat(answer.text(HttpAnswer.quoted("absent"))).isEmpty();
  }
}
