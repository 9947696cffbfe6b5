package io.quotastack.http.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonWriterTest {

  private static String written(JsonWriter.Members members) {
    return new String(JsonWriter.object(members), StandardCharsets.UTF_8);
  }

  @Test
  void each_kind_of_value_is_written_in_its_own_way() {
    String json =
        written(to ->
            to.text("text", "ä\"\n😀")
                .number("amount", 9_007_199_254_740_991L)
                .bool("truth", true)
                .instant("at", Instant.parse("2026-01-31T12:00:00.123456Z"))
                .decimal("units", new BigDecimal("1E+3"))
                .object("inner", inner -> inner.number("a", -1))
                .texts("list", List.of("x", "y"))
                .objects("objects", List.of(1, 2), (each, n) -> each.number("n", n)));
    assertThat(json)
        .isEqualTo(
            "{\"text\":\"ä\\\"\\n😀\",\"amount\":9007199254740991,\"truth\":true,"
                + "\"at\":\"2026-01-31T12:00:00.123Z\",\"units\":\"1000\",\"inner\":{\"a\":-1},"
                + "\"list\":[\"x\",\"y\"],\"objects\":[{\"n\":1},{\"n\":2}]}");
  }

  @Test
  void what_is_absent_is_written_as_null() {
    List<String> noList = null;
    Map<String, String> noMap = null;
    String noObject = null;
    String json =
        written(to ->
            to.text("a", null)
                .numberOrNull("b", null)
                .instant("c", null)
                .decimal("d", null)
                .texts("e", noList)
                .texts("f", noMap)
                .objectOrNull("g", noObject, (each, text) -> each.text("x", text))
                .nothing("h"));
    assertThat(json)
        .isEqualTo(
            "{\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":null,\"f\":null,\"g\":null,"
                + "\"h\":null}");
  }

  @Test
  void a_map_keeps_its_order() {
    var map = new LinkedHashMap<String, String>();
    map.put("z", "1");
    map.put("a", "2");
    assertThat(written(to -> to.texts("map", map)))
        .isEqualTo("{\"map\":{\"z\":\"1\",\"a\":\"2\"}}");
  }

  @Test
  void values_of_any_known_kind_are_written_and_others_refused() {
    JsonWriter.Members object = inner -> inner.bool("x", false);
    String json =
        written(to ->
            to.value("a", "t")
                .value("b", 1)
                .value("c", 2L)
                .value("d", true)
                .value("e", new BigDecimal("0.50"))
                .value("f", Instant.EPOCH)
                .value("g", object)
                .value("h", null));
    assertThat(json)
        .isEqualTo(
            "{\"a\":\"t\",\"b\":1,\"c\":2,\"d\":true,\"e\":\"0.5\","
                + "\"f\":\"1970-01-01T00:00:00.000Z\",\"g\":{\"x\":false},\"h\":null}");
    assertThatThrownBy(() -> written(to -> to.value("a", Locale.ROOT)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_writer_that_throws_leaves_no_trace_in_the_next_one() {
    assertThatThrownBy(() ->
            JsonWriter.object(json -> {
              json.text("half", "done");
              throw new IllegalStateException("stop");
            }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(written(to -> to.number("a", 1))).isEqualTo("{\"a\":1}");
  }
}
