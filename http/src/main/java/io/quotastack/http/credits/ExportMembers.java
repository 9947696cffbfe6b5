package io.quotastack.http.credits;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.http.door.Customers;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.json.Timestamps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The members of a JSON object in an export, read one by one, each as it must have been written:
 * what could be written in two ways is accepted in the one that an export has, so that nothing that
 * was changed reads like something that was not.
 */
final class ExportMembers {
  /** Any text that has a UTF-8 form, which is what is hashed. */
  private static final TextRule ENCODABLE = TextRule.length(0, Integer.MAX_VALUE);

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private static final ObjectReader JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  // Keys of metadata have no end: they are not to be remembered.
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  private final JsonNode object;

  private ExportMembers(JsonNode object) {
    this.object = object;
  }

  /** A JSON text. */
  static JsonNode parse(String text) throws ExportFault {
    try {
      JsonNode node = JSON.readTree(text);
      if (node.isMissingNode()) {
        throw new ExportFault("is empty");
      }
      return node;
    } catch (JsonProcessingException | NumberFormatException e) {
      throw new ExportFault("is not JSON: " + firstLine(e));
    }
  }

  private static String firstLine(Exception e) {
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  /** An object that has exactly these members. */
  static ExportMembers exactly(JsonNode object, List<String> names) throws ExportFault {
    if (!(object instanceof ObjectNode)) {
      throw new ExportFault("has no object where one belongs");
    }
    for (String name : names) {
      if (!object.has(name)) {
        throw new ExportFault("lacks " + name);
      }
    }
    if (object.size() > names.size()) {
      var others = new ArrayList<String>();
      object.fieldNames().forEachRemaining(others::add);
      others.removeAll(names);
      throw new ExportFault("has a member that no export has: " + others.getFirst());
    }
    return new ExportMembers(object);
  }

  /** Any member. */
  JsonNode node(String name) {
    return object.path(name);
  }

  String text(String name) throws ExportFault {
    return present(name, textOrNull(name));
  }

  @Nullable String textOrNull(String name) throws ExportFault {
    JsonNode node = node(name);
    if (node.isNull()) {
      return null;
    }
    if (!node.isTextual()) {
      throw fault(name, "is not a text");
    }
    return checked(name, node.textValue());
  }

  private static <T> T present(String name, @Nullable T value) throws ExportFault {
    if (value == null) {
      throw fault(name, "is null");
    }
    return value;
  }

  private static String checked(String name, String text) throws ExportFault {
    String fault = ENCODABLE.fault(text);
    if (fault != null) {
      throw fault(name, fault);
    }
    return text;
  }

  long whole(String name) throws ExportFault {
    JsonNode node = node(name);
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw fault(name, "is not a whole number of 64 bits");
    }
    return node.longValue();
  }

  String hash(String name) throws ExportFault {
    String text = text(name);
    if (!HASH.matcher(text).matches()) {
      throw fault(name, "is not the 64 hexadecimal digits of a hash");
    }
    return text;
  }

  UUID uuid(String name) throws ExportFault {
    return present(name, uuidOrNull(name));
  }

  @Nullable UUID uuidOrNull(String name) throws ExportFault {
    String text = textOrNull(name);
    if (text == null) {
      return null;
    }
    UUID uuid = Customers.uuid(text);
    if (uuid == null || !uuid.toString().equals(text)) {
      throw fault(name, "is not a UUID in lower case");
    }
    return uuid;
  }

  /** The number of a thing of that customer. */
  long owned(String name, OwnedId.Kind kind, UUID customerId) throws ExportFault {
    OwnedId id = kind.parse(text(name));
    if (id == null || !id.customerId().equals(customerId)) {
      throw fault(name, "is not an id of this customer");
    }
    return id.number();
  }

  Instant instant(String name) throws ExportFault {
    return present(name, instantOrNull(name));
  }

  @Nullable Instant instantOrNull(String name) throws ExportFault {
    String text = textOrNull(name);
    if (text == null) {
      return null;
    }
    Instant instant = Timestamps.parse(text);
    if (instant == null || !LedgerHash.instant(instant).equals(text)) {
      throw fault(name, "is not an instant in UTC with milliseconds");
    }
    return instant;
  }

  Map<String, String> texts(String name) throws ExportFault {
    JsonNode node = node(name);
    if (!(node instanceof ObjectNode)) {
      throw fault(name, "is not an object");
    }
    var texts = new LinkedHashMap<String, String>();
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (!member.getValue().isTextual()) {
        throw fault(name, "has a value that is not a text");
      }
      texts.put(checked(name, member.getKey()), checked(name, member.getValue().textValue()));
    }
    return texts;
  }

  static ExportFault fault(String name, String problem) {
    return new ExportFault(name + " " + problem);
  }
}
