package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the API answered.
 *
 * @param status the HTTP status
 * @param headers names in any case
 * @param body the text of the body
 */
record Answer(int status, Map<String, String> headers, String body) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** This answer, which has that status. */
  Answer is(int expected) {
    assertThat(status).as(body).isEqualTo(expected);
    return this;
  }

  /** This answer, which is 200. */
  Answer ok() {
    return is(200);
  }

  /** This answer, which is 201. */
  Answer created() {
    return is(201);
  }

  /** This answer, which is the problem of that slug. */
  Answer isProblem(int expected, String slug) {
    is(expected);
    assertThat(text("/type")).as(body).isEqualTo("/problems/" + slug);
    assertThat(number("/status")).isEqualTo(expected);
    assertThat(text("/instance")).isEqualTo(headers.get("X-Request-Id"));
    return this;
  }

  /** This answer, which is {@code invalid_request} and has errors at these places, in any order. */
  Answer isInvalid(String... pointers) {
    isProblem(400, "invalid_request");
    assertThat(pointers()).as(body).containsExactlyInAnyOrder(pointers);
    return this;
  }

  /** Where the problem's errors are. */
  List<String> pointers() {
    var pointers = new ArrayList<String>();
    at("/errors").forEach(error -> pointers.add(error.path("pointer").textValue()));
    return pointers;
  }

  /** Whether it is the answer of an earlier request. */
  boolean isReplay() {
    String header = headers.get("X-Idempotent-Replayed");
    assertThat(header).isIn(null, "true");
    return header != null;
  }

  /** The body as JSON. */
  JsonNode json() {
    return json(body);
  }

  /** That text as JSON. */
  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }

  /** A part of the body, which is there. */
  JsonNode at(String pointer) {
    JsonNode part = json().at(pointer);
    assertThat(part.isMissingNode()).as("%s in %s", pointer, body).isFalse();
    return part;
  }

  /** A string in the body, or null where the body has null. */
  @Nullable String textOrNull(String pointer) {
    JsonNode part = at(pointer);
    assertThat(part.isTextual() || part.isNull()).as("%s in %s", pointer, body).isTrue();
    return part.textValue();
  }

  /** A string in the body. */
  String text(String pointer) {
    JsonNode part = at(pointer);
    assertThat(part.isTextual()).as("%s in %s", pointer, body).isTrue();
    return part.textValue();
  }

  /** A whole number in the body. */
  long number(String pointer) {
    JsonNode part = at(pointer);
    assertThat(part.isIntegralNumber()).as("%s in %s", pointer, body).isTrue();
    return part.longValue();
  }

  /** True or false in the body. */
  boolean truth(String pointer) {
    JsonNode part = at(pointer);
    assertThat(part.isBoolean()).as("%s in %s", pointer, body).isTrue();
    return part.booleanValue();
  }

  /** The amounts of a list of allocations in the body, in their order. */
  List<Long> amounts(String pointer) {
    var amounts = new ArrayList<Long>();
    at(pointer).forEach(allocation -> amounts.add(allocation.path("amount").longValue()));
    return amounts;
  }

  /** One member of each element of the page that this is, as text. */
  List<String> each(String member) {
    var values = new ArrayList<String>();
    at("/data").forEach(element -> values.add(element.path(member).asText()));
    return values;
  }
}
