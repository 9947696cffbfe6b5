package io.quotastack.http.problems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.http.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ProblemTest {

  private static String json(Problem problem) {
    return new String(problem.toJson("req_1"), StandardCharsets.UTF_8);
  }

  @Test
  void the_types_are_those_of_the_contract() {
    Map<Integer, List<String>> byStatus =
        Arrays.stream(ProblemType.values())
            .collect(
                Collectors.groupingBy(
                    ProblemType::status,
                    Collectors.mapping(ProblemType::slug, Collectors.toList())));
    assertThat(byStatus)
        .isEqualTo(
            Map.ofEntries(
                Map.entry(
                    400,
                    List.of(
                        "invalid_request",
                        "customer_identifier",
                        "idempotency_key",
                        "malformed_json")),
                Map.entry(401, List.of("unauthenticated")),
                Map.entry(402, List.of("insufficient_credits")),
                Map.entry(403, List.of("missing_scope", "wrong_environment")),
                Map.entry(404, List.of("not_found", "customer_not_found")),
                Map.entry(405, List.of("method_not_allowed")),
                Map.entry(
                    409,
                    List.of(
                        "customer_exists",
                        "reservation_closed",
                        "reservation_expired",
                        "payment_conflict",
                        "subscription_state",
                        "subscription_exists",
                        "already_exists")),
                Map.entry(413, List.of("body_too_large")),
                Map.entry(415, List.of("unsupported_media_type")),
                Map.entry(
                    422,
                    List.of(
                        "idempotency_key_reused",
                        "no_metering_rule",
                        "no_price",
                        "amount_out_of_range",
                        "timestamp_out_of_range")),
                Map.entry(429, List.of("rate_limited")),
                Map.entry(500, List.of("internal")),
                Map.entry(503, List.of("overloaded", "storage_unavailable")),
                Map.entry(504, List.of("timeout"))));
  }

  @Test
  void a_problem_tells_its_type_and_what_happened() {
    assertThat(json(Problem.customerNotFound()))
        .isEqualTo(
            "{\"type\":\"/problems/customer_not_found\",\"title\":\"There is no such customer\","
                + "\"status\":404,\"detail\":\"There is no customer of this id in the environment"
                + " of this API key.\",\"instance\":\"req_1\"}");
  }

  @Test
  void errors_are_listed_and_the_first_is_told() {
    var problem =
        Problem.invalidRequest(
            List.of(new FieldError("/credits", "is required"), new FieldError("", "is odd")));
    assertThat(json(problem))
        .contains("\"detail\":\"/credits: is required (and 1 more: see errors)\"")
        .endsWith(
            "\"errors\":[{\"pointer\":\"/credits\",\"detail\":\"is required\"},"
                + "{\"pointer\":\"\",\"detail\":\"is odd\"}]}");
    assertThat(Problem.invalidRequest("", "must be an object").detail())
        .isEqualTo("the body: must be an object");
  }

  @Test
  void a_problem_has_members_of_its_own() {
    assertThat(json(Problem.insufficientCredits(12_000, 4_500)))
        .endsWith("\"required\":12000,\"available\":4500,\"shortfall\":7500}");
    assertThat(
            json(
                Problem.of(ProblemType.CUSTOMER_EXISTS, "It is there.")
                    .withObject("customer", customer -> customer.text("customer_id", "c"))))
        .endsWith("\"customer\":{\"customer_id\":\"c\"}}");
  }

  @Test
  void members_of_all_problems_cannot_be_replaced() {
    assertThatThrownBy(() -> Problem.notFound().with("status", 200))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void headers_are_not_members() {
    Problem problem = Problem.overloaded(2);
    assertThat(problem.headers()).containsExactly(Map.entry("Retry-After", "2"));
    assertThat(json(problem)).doesNotContain("Retry-After");
  }

  @Test
  void half_a_surrogate_pair_that_a_client_sent_is_told_back_replaced() {
    String json = json(Problem.invalidRequest("/\ud83d", "is not known: \ude00 but 😀 is fine"));
    assertThat(json).contains("\"/\ufffd\"", "\ufffd but 😀 is fine");
  }

  @Test
  void the_result_of_a_batch_holds_a_problem_without_an_instance() {
    byte[] json =
        JsonWriter.object(
            to -> to.object("problem", inner -> Problem.timeout().writeMembers(inner, null)));
    assertThat(new String(json, StandardCharsets.UTF_8))
        .startsWith("{\"problem\":{\"type\":\"/problems/timeout\"")
        .doesNotContain("instance");
  }

  @Test
  void leaving_a_route_costs_no_stack_trace() {
    ProblemException exception = Problem.notFound().asException();
    assertThat(exception.getStackTrace()).isEmpty();
    assertThat(exception.problem()).isEqualTo(Problem.notFound());
  }
}
