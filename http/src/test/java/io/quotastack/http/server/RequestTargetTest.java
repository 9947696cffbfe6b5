package io.quotastack.http.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.problems.ProblemType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {

  @Test
  void a_path_is_its_decoded_segments() {
    RequestTarget target = RequestTarget.parse("/v1/customer-by-external-id/a%2Fb%20c/credits");
    assertThat(target.segments())
        .containsExactly("v1", "customer-by-external-id", "a/b c", "credits");
    assertThat(target.rawQuery()).isNull();
  }

  @Test
  void dots_are_a_name_like_any_other() {
    assertThat(RequestTarget.parse("/v1/customer-by-external-id/%2E%2E/credits").segments())
        .containsExactly("v1", "customer-by-external-id", "..", "credits");
    assertThat(RequestTarget.parse("/v1/../x").segments()).containsExactly("v1", "..", "x");
  }

  @Test
  void empty_segments_are_segments() {
    assertThat(RequestTarget.parse("/").segments()).containsExactly("");
    assertThat(RequestTarget.parse("/v1/").segments()).containsExactly("v1", "");
    assertThat(RequestTarget.parse("/v1//x").segments()).containsExactly("v1", "", "x");
  }

  @Test
  void a_query_is_kept_as_it_was_sent() {
    RequestTarget target = RequestTarget.parse("/v1/x?a=b/c&d=%2F?");
    assertThat(target.segments()).containsExactly("v1", "x");
    assertThat(target.rawQuery()).isEqualTo("a=b/c&d=%2F?");
    assertThat(target.raw()).isEqualTo("/v1/x?a=b/c&d=%2F?");
    assertThat(RequestTarget.parse("/v1?").rawQuery()).isEmpty();
  }

  @Test
  void the_absolute_form_is_the_same_target() {
    assertThat(RequestTarget.parse("http://node:8080/v1/x?a=b"))
        .isEqualTo(RequestTarget.parse("/v1/x?a=b"));
    assertThat(RequestTarget.parse("http://node:8080").segments()).containsExactly("");
    assertThat(RequestTarget.parse("*").segments()).containsExactly("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/%zz", "/v1/%ff", "/v1/a%"})
  void what_cannot_be_decoded_is_refused(String sent) {
    var exception = catchThrowableOfType(ProblemException.class, () -> RequestTarget.parse(sent));
    assertThat(exception).isNotNull();
    assertThat(exception.problem().type()).isEqualTo(ProblemType.INVALID_REQUEST);
  }
}
