package io.quotastack.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RequestTemplateTest {
  @Test
  void the_numbers_are_filled_in_and_the_length_of_the_body_told() {
    RequestTemplate template =
        new RequestTemplate(
            "POST /x HTTP/1.1\r\nIdempotency-Key: a-" + RequestTemplate.OPERATION + "\r\n",
            "{\"id\":\"c-" + RequestTemplate.CUSTOMER + "\"}");

    String expected =
        "POST /x HTTP/1.1\r\nIdempotency-Key: a-000000000042\r\nContent-Length: 20\r\n\r\n"
            + "{\"id\":\"c-000123456\"}";
    assertThat(written(template, 123_456, 42)).isEqualTo(expected);
    assertThat(written(template, 1, 43))
        .isEqualTo(expected.replace("000123456", "000000001").replace("0042", "0043"));
  }

  @Test
  void a_request_without_a_body_tells_no_length() {
    RequestTemplate template = new RequestTemplate("GET / HTTP/1.1\r\nHost: x\r\n", "");

    assertThat(written(template, 1, 1)).isEqualTo("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  @Test
  void a_name_of_any_width_is_put_in_and_shifts_what_follows() {
    RequestTemplate template =
        new RequestTemplate(
            "POST /x/"
                + RequestTemplate.NAME
                + "/commit HTTP/1.1\r\nIdempotency-Key: a-"
                + RequestTemplate.OPERATION
                + "\r\n",
            "{\"id\":\"c-" + RequestTemplate.CUSTOMER + "\"}");

    String rest =
        "/commit HTTP/1.1\r\nIdempotency-Key: a-000000000042\r\nContent-Length: 20\r\n\r\n"
            + "{\"id\":\"c-000000007\"}";
    assertThat(written(template, 7, 42, "res_a")).isEqualTo("POST /x/res_a" + rest);
    assertThat(written(template, 7, 42, "res_abcdef")).isEqualTo("POST /x/res_abcdef" + rest);
  }

  @Test
  void a_name_in_the_body_is_refused_because_the_length_is_told_before() {
    assertThatThrownBy(
            () -> new RequestTemplate("POST / HTTP/1.1\r\n", "{" + RequestTemplate.NAME + "}"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String written(RequestTemplate template, int customer, long operation) {
    return written(template, customer, operation, "");
  }

  private static String written(
      RequestTemplate template, int customer, long operation, String name) {
    ByteBuffer out = ByteBuffer.allocate(1_000);
    template.write(out, customer, operation, HttpAnswer.ascii(name));
    return new String(out.array(), 0, out.position(), StandardCharsets.US_ASCII);
  }
}
