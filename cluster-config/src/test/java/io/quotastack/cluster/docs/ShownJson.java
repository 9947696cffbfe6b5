package io.quotastack.cluster.docs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * JSON as a page shows it, against JSON as a node answers it. Both must have the same members and
 * values. Of members that are new in every run (ids, instants, hashes) only the type is compared. A
 * member {@code "...": "..."}, or {@code "..."} at the end of an array, says that the page leaves
 * out the rest.
 */
final class ShownJson {
  private static final String REST = "...";
  private static final Set<String> VOLATILE =
      Set.of(
          "id",
          "version",
          "timestamp",
          "hash",
          "instance",
          "next_cursor",
          "detail",
          "pending_until",
          "not_before");
  private static final ObjectMapper JSON = new ObjectMapper();

  private ShownJson() {}

  /** What differs, each with its place; empty if nothing does. */
  static List<String> differences(String shown, String answered) {
    List<String> differences = new ArrayList<>();
    try {
      compare("", "", JSON.readTree(shown), JSON.readTree(answered), differences);
    } catch (JsonProcessingException e) {
      differences.add("not JSON: " + e.getOriginalMessage());
    }
    return differences;
  }

  private static void compare(
      String place, String name, JsonNode shown, JsonNode answered, List<String> differences) {
    if (shown.getNodeType() != answered.getNodeType()) {
      differences.add(
          "%s: shown as %s, is %s".formatted(place, described(shown), described(answered)));
    } else if (shown.isObject()) {
      compareObjects(place, shown, answered, differences);
    } else if (shown.isArray()) {
      compareArrays(place, name, shown, answered, differences);
    } else if (!isVolatile(name) && !shown.equals(answered)) {
      differences.add("%s: shown as %s, is %s".formatted(place, shown, answered));
    }
  }

  private static void compareObjects(
      String place, JsonNode shown, JsonNode answered, List<String> differences) {
    boolean partly = shown.has(REST);
    for (Map.Entry<String, JsonNode> member : shown.properties()) {
      String name = member.getKey();
      if (name.equals(REST)) {
        continue;
      }
      if (answered.has(name)) {
        compare(place + "/" + name, name, member.getValue(), answered.get(name), differences);
      } else {
        differences.add(place + "/" + name + ": shown, is not there");
      }
    }
    for (Map.Entry<String, JsonNode> member : answered.properties()) {
      if (!partly && !shown.has(member.getKey())) {
        differences.add(place + "/" + member.getKey() + ": not shown, is there");
      }
    }
  }

  private static void compareArrays(
      String place, String name, JsonNode shown, JsonNode answered, List<String> differences) {
    boolean partly = !shown.isEmpty() && shown.get(shown.size() - 1).asText().equals(REST);
    int size = partly ? shown.size() - 1 : shown.size();
    if (partly ? answered.size() < size : answered.size() != size) {
      differences.add(
          "%s: %d elements shown, %d are there".formatted(place, size, answered.size()));
      return;
    }
    for (int i = 0; i < size; i++) {
      compare(place + "/" + i, name, shown.get(i), answered.get(i), differences);
    }
  }

  private static boolean isVolatile(String name) {
    return VOLATILE.contains(name)
        || name.endsWith("_at")
        || name.endsWith("_hash")
        || (name.endsWith("_id") && !name.equals("external_customer_id"));
  }

  private static String described(JsonNode node) {
    return node.getNodeType() == JsonNodeType.MISSING ? "nothing" : node.toString();
  }
}
