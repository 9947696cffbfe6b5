package io.quotastack.http.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoutesTest {
  private static final Endpoint.Handler UNUSED =
      _ -> {
        throw new AssertionError("routes do not call handlers");
      };

  private final Routes routes = new Routes();
  private final Endpoint customer = routes.get("/v1/customers/{customer_id}", UNUSED);

  @BeforeEach
  void add() {
    routes.patch("/v1/customers/{customer_id}", UNUSED);
    routes.post("/v1/customers", UNUSED);
  }

  private Routes.Match match(String method, String... segments) {
    return routes.match(method, List.of(segments));
  }

  @Test
  void a_path_and_a_method_find_their_endpoint() {
    assertThat(match("GET", "v1", "customers", "c1"))
        .isEqualTo(new Routes.Match.Found(customer, List.of("c1")));
    assertThat(match("POST", "v1", "customers"))
        .isInstanceOfSatisfying(
            Routes.Match.Found.class,
            found -> assertThat(found.endpoint().method()).isEqualTo("POST"));
  }

  @Test
  void another_method_is_told_which_would_fit() {
    assertThat(match("DELETE", "v1", "customers", "c1"))
        .isEqualTo(new Routes.Match.OtherMethods("GET, HEAD, PATCH"));
    assertThat(match("GET", "v1", "customers")).isEqualTo(new Routes.Match.OtherMethods("POST"));
  }

  @Test
  void everything_else_is_nothing() {
    var nothing = new Routes.Match.Nothing();
    assertThat(match("GET", "")).isEqualTo(nothing);
    assertThat(match("GET", "v1")).isEqualTo(nothing);
    assertThat(match("GET", "v1", "customers", "")).isEqualTo(nothing);
    assertThat(match("GET", "v1", "customers", "c1", "")).isEqualTo(nothing);
    assertThat(match("GET", "v1", "customers", "c1", "x")).isEqualTo(nothing);
    assertThat(match("GET", "V1", "customers", "c1")).isEqualTo(nothing);
  }

  @Test
  void a_literal_wins_over_a_name() {
    Endpoint batch = routes.post("/v1/usage/batch", UNUSED);
    Endpoint reverse = routes.post("/v1/usage/{use}/reverse", UNUSED);
    assertThat(match("POST", "v1", "usage", "batch"))
        .isEqualTo(new Routes.Match.Found(batch, List.of()));
    assertThat(match("POST", "v1", "usage", "use_1", "reverse"))
        .isEqualTo(new Routes.Match.Found(reverse, List.of("use_1")));
    assertThat(match("POST", "v1", "usage", "batch", "reverse"))
        .isEqualTo(new Routes.Match.Found(reverse, List.of("batch")));
  }

  @Test
  void several_names_are_found_in_their_order() {
    Endpoint check = routes.get("/v1/customers/{customer_id}/entitlements/{key}", UNUSED);
    assertThat(check.parameterNames()).containsExactly("customer_id", "key");
    assertThat(match("GET", "v1", "customers", "c1", "entitlements", "tokens"))
        .isEqualTo(new Routes.Match.Found(check, List.of("c1", "tokens")));
  }

  @Test
  void an_endpoint_is_there_once() {
    assertThatThrownBy(() -> routes.get("/v1/customers/{id}", UNUSED))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
