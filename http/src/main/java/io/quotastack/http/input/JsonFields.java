package io.quotastack.http.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.http.json.Decimals;
import io.quotastack.http.json.Timestamps;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The members of a JSON object, read one by one by name.
 *
 * <p>Reading never throws: what is wrong is remembered, and a stand-in is returned that means
 * nothing. Read everything, then call {@link #finish()}, which answers all errors at once, and only
 * then use what was read. A member that nothing asked for is an error too, so asking is what
 * declares a member. Reading one twice is fine.
 *
 * <p>In a body, {@code null} is the same as an absent member, except for a {@link #patch}.
 */
public final class JsonFields {
  private static final long MAX_AMOUNT_MC = 9_007_199_254_740_991L;
  private static final int MAX_LONG_DIGITS = 19;
  private static final int MAX_NAME_TOLD = 100;

  private final ObjectNode node;
  private final @Nullable JsonFields parent;
  private final String step;
  private final InputErrors errors;
  private final List<String> asked = new ArrayList<>();
  private final List<JsonFields> children = new ArrayList<>(0);

  private JsonFields(
      ObjectNode node, @Nullable JsonFields parent, String step, InputErrors errors) {
    this.node = node;
    this.parent = parent;
    this.step = step;
    this.errors = errors;
  }

  static JsonFields root(ObjectNode node) {
    return new JsonFields(node, null, "", new InputErrors());
  }

  /** Whether the object has that member and it is not null. */
  public boolean has(String name) {
    return find(name) != null;
  }

  /** A text. */
  public String text(String name, TextRule rule) {
    JsonNode value = required(name);
    String text = value == null ? null : readText(value, name, rule);
    return text == null ? "" : text;
  }

  /** A text, or null if there is none. */
  public @Nullable String textOrNull(String name, TextRule rule) {
    JsonNode value = find(name);
    return value == null ? null : readText(value, name, rule);
  }

  /** A text, or that one if there is none. */
  public String textOr(String name, TextRule rule, String otherwise) {
    String text = textOrNull(name, rule);
    return text == null ? otherwise : text;
  }

  /**
   * An amount in mc. One beyond the range of amounts is a problem {@code amount_out_of_range}.
   *
   * @param minMc the least that is valid here
   */
  public long amount(String name, long minMc) {
    JsonNode value = required(name);
    Long amount = value == null ? null : readAmount(value, name, minMc);
    return amount == null ? minMc : amount;
  }

  /** An amount in mc, or null if there is none. */
  public @Nullable Long amountOrNull(String name, long minMc) {
    JsonNode value = find(name);
    return value == null ? null : readAmount(value, name, minMc);
  }

  /** A whole number within these bounds, both included. */
  public long whole(String name, long min, long max) {
    JsonNode value = required(name);
    Long number = value == null ? null : readWhole(value, name, min, max);
    return number == null ? min : number;
  }

  /** A whole number within these bounds, or null if there is none. */
  public @Nullable Long wholeOrNull(String name, long min, long max) {
    JsonNode value = find(name);
    return value == null ? null : readWhole(value, name, min, max);
  }

  /** A whole number within these bounds, or that one if there is none. */
  public long wholeOr(String name, long min, long max, long otherwise) {
    Long number = wholeOrNull(name, min, max);
    return number == null ? otherwise : number;
  }

  /** A whole number within these bounds, or that one if there is none. */
  public int intOr(String name, int min, int max, int otherwise) {
    Long number = wholeOrNull(name, min, max);
    return number == null ? otherwise : number.intValue();
  }

  /** True or false. */
  public boolean bool(String name) {
    JsonNode value = required(name);
    return value != null && Boolean.TRUE.equals(readBool(value, name));
  }

  /** True or false, or null if there is none. */
  public @Nullable Boolean boolOrNull(String name) {
    JsonNode value = find(name);
    return value == null ? null : readBool(value, name);
  }

  /** True or false, or that if there is none. */
  public boolean boolOr(String name, boolean otherwise) {
    Boolean truth = boolOrNull(name);
    return truth == null ? otherwise : truth;
  }

  /** A decimal, written as a number or as a string. */
  public BigDecimal decimal(String name, DecimalRule rule) {
    JsonNode value = required(name);
    BigDecimal number = value == null ? null : readDecimal(value, name, rule);
    return number == null ? rule.standIn() : number;
  }

  /** A decimal, or null if there is none. */
  public @Nullable BigDecimal decimalOrNull(String name, DecimalRule rule) {
    JsonNode value = find(name);
    return value == null ? null : readDecimal(value, name, rule);
  }

  /** A decimal, or that one if there is none. */
  public BigDecimal decimalOr(String name, DecimalRule rule, BigDecimal otherwise) {
    BigDecimal number = decimalOrNull(name, rule);
    return number == null ? otherwise : number;
  }

  /** An instant, cut to milliseconds. */
  public Instant instant(String name) {
    JsonNode value = required(name);
    Instant instant = value == null ? null : readInstant(value, name);
    return instant == null ? Instant.EPOCH : instant;
  }

  /** An instant, cut to milliseconds, or null if there is none. */
  public @Nullable Instant instantOrNull(String name) {
    JsonNode value = find(name);
    return value == null ? null : readInstant(value, name);
  }

  /** One of a few values, by its name. */
  public <T> T choice(String name, WireNames<T> names) {
    JsonNode value = required(name);
    T choice = value == null ? null : readChoice(value, name, names);
    return choice == null ? names.first() : choice;
  }

  /** One of a few values, or null if there is none. */
  public <T> @Nullable T choiceOrNull(String name, WireNames<T> names) {
    JsonNode value = find(name);
    return value == null ? null : readChoice(value, name, names);
  }

  /** One of a few values, or that one if there is none. */
  public <T> T choiceOr(String name, WireNames<T> names, T otherwise) {
    T choice = choiceOrNull(name, names);
    return choice == null ? otherwise : choice;
  }

  /** An object of strings in the order in which it was written; empty if there is none. */
  public Map<String, String> textMap(String name, TextMapRule rule) {
    JsonNode value = find(name);
    return value == null ? Map.of() : readTextMap(value, name, rule);
  }

  /** An object of strings that must be there and have at least one pair, in the order written. */
  public Map<String, String> requiredTextMap(String name, TextMapRule rule) {
    JsonNode value = required(name);
    if (value == null) {
      return Map.of();
    }
    if (value.isObject() && value.isEmpty()) {
      errors.add(pointer(name), "must have at least 1 pair");
    }
    return readTextMap(value, name, rule);
  }

  /** An array of strings. */
  public List<String> texts(String name, int minSize, int maxSize, TextRule rule) {
    JsonNode value = required(name);
    return value == null ? List.of() : readTexts(value, name, minSize, maxSize, rule);
  }

  /** An array of strings, or null if there is none. */
  public @Nullable List<String> textsOrNull(String name, int minSize, int maxSize, TextRule rule) {
    JsonNode value = find(name);
    return value == null ? null : readTexts(value, name, minSize, maxSize, rule);
  }

  /** A nested object, whose errors are answered with this one's. */
  public JsonFields object(String name) {
    JsonNode value = required(name);
    JsonFields nested = value == null ? null : readObject(value, name);
    return nested == null ? standIn('/' + escape(name), new InputErrors()) : nested;
  }

  /** A nested object, or null if there is none. */
  public @Nullable JsonFields objectOrNull(String name) {
    JsonNode value = find(name);
    return value == null ? null : readObject(value, name);
  }

  /** An array of objects, whose errors are answered with this one's. */
  public List<JsonFields> objects(String name, int minSize, int maxSize) {
    var elements = new ArrayList<JsonFields>();
    JsonNode array = requiredArray(name, minSize, maxSize);
    for (int i = 0; array != null && i < array.size(); i++) {
      JsonFields element = element(array.get(i), name, i, errors);
      if (element.errors == errors) {
        children.add(element);
      }
      elements.add(element);
    }
    return elements;
  }

  /**
   * An array of objects that stand each for itself, as the events of a batch do: what is wrong with
   * one is answered by its own {@link #problem()} and is no error of this object. An element that
   * is no object at all has that as its problem.
   */
  public List<JsonFields> separateObjects(String name, int minSize, int maxSize) {
    var elements = new ArrayList<JsonFields>();
    JsonNode array = requiredArray(name, minSize, maxSize);
    for (int i = 0; array != null && i < array.size(); i++) {
      elements.add(element(array.get(i), name, i, new InputErrors()));
    }
    return elements;
  }

  /**
   * What a PATCH asks of a member: to keep it if the body does not have it, else to set it to what
   * {@code read} makes of it. Whether null may be set is for {@code read} to say: {@link
   * #textOrNull} takes it, {@link #text} refuses it.
   */
  public <T> Patch<T> patch(String name, Function<String, ? extends @Nullable T> read) {
    ask(name);
    return node.has(name) ? new Patch.Set<>(read.apply(name)) : Patch.keep();
  }

  /** Remembers that something is wrong with a member beyond what the readers check. */
  public void reject(String name, String detail) {
    errors.add(pointer(name), detail);
  }

  /** The JSON pointer to a member. */
  public String pointer(String name) {
    return pointer() + '/' + escape(name);
  }

  /** The JSON pointer to this object; empty for the whole body. */
  public String pointer() {
    return parent == null ? "" : parent.pointer() + step;
  }

  /** The object as JSON, members in the order in which they were sent. */
  public String json() {
    return node.toString();
  }

  /** What is wrong with all that was read, unknown members included, or null if nothing is. */
  public @Nullable Problem problem() {
    rejectUnknown();
    return errors.problem();
  }

  /**
   * Ends the reading.
   *
   * @throws ProblemException if anything is wrong, telling everything that is
   */
  public void finish() {
    Problem problem = problem();
    if (problem != null) {
      throw problem.asException();
    }
  }

  private void rejectUnknown() {
    for (JsonFields child : children) {
      child.rejectUnknown();
    }
    Iterator<String> names = node.fieldNames();
    while (names.hasNext() && errors.hasRoom()) {
      String name = names.next();
      if (!asked.contains(name)) {
        errors.add(pointer(name), "is not a known field");
        asked.add(name); // told once, also if asked for the problem again
      }
    }
  }

  private void ask(String name) {
    if (!asked.contains(name)) {
      asked.add(name);
    }
  }

  private @Nullable JsonNode find(String name) {
    ask(name);
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private @Nullable JsonNode required(String name) {
    JsonNode value = find(name);
    if (value == null) {
      errors.add(pointer(name), node.has(name) ? "must not be null" : "is required");
    }
    return value;
  }

  private @Nullable JsonNode requiredArray(String name, int minSize, int maxSize) {
    JsonNode value = required(name);
    return value != null && isArray(value, name, minSize, maxSize) ? value : null;
  }

  private boolean isArray(JsonNode value, String name, int minSize, int maxSize) {
    if (!value.isArray()) {
      errors.add(pointer(name), "must be an array, but is " + kindOf(value));
      return false;
    }
    if (value.size() < minSize || value.size() > maxSize) {
      errors.add(
          pointer(name),
          "must have " + minSize + " to " + maxSize + " elements, but has " + value.size());
      return false;
    }
    return true;
  }

  private JsonFields element(JsonNode value, String name, int index, InputErrors itsErrors) {
    String itsStep = '/' + escape(name) + '/' + index;
    if (value instanceof ObjectNode object) {
      return new JsonFields(object, this, itsStep, itsErrors);
    }
    itsErrors.add(pointer() + itsStep, "must be an object, but is " + kindOf(value));
    return standIn(itsStep, itsErrors == errors ? new InputErrors() : itsErrors);
  }

  /** In place of what is no object: all that it lacks follows from that, and is not told. */
  private JsonFields standIn(String itsStep, InputErrors itsErrors) {
    itsErrors.close();
    return new JsonFields(JsonNodeFactory.instance.objectNode(), this, itsStep, itsErrors);
  }

  private @Nullable JsonFields readObject(JsonNode value, String name) {
    if (value instanceof ObjectNode object) {
      var nested = new JsonFields(object, this, '/' + escape(name), errors);
      children.add(nested);
      return nested;
    }
    errors.add(pointer(name), "must be an object, but is " + kindOf(value));
    return null;
  }

  private @Nullable String readText(JsonNode value, String name, TextRule rule) {
    if (!value.isTextual()) {
      errors.add(pointer(name), "must be a string, but is " + kindOf(value));
      return null;
    }
    String fault = rule.fault(value.textValue());
    if (fault != null) {
      errors.add(pointer(name), fault);
      return null;
    }
    return value.textValue();
  }

  private @Nullable Long readAmount(JsonNode value, String name, long minMc) {
    Long whole = readLong(value, name, "must be a whole number of millicredits");
    if (whole == null) {
      return null;
    }
    if (whole > MAX_AMOUNT_MC || whole < -MAX_AMOUNT_MC) {
      errors.addOutOfRange(
          pointer(name), "must be from -" + MAX_AMOUNT_MC + " to " + MAX_AMOUNT_MC + " mc");
      return null;
    }
    if (whole < minMc) {
      errors.add(pointer(name), "must be " + minMc + " or more");
      return null;
    }
    return whole;
  }

  private @Nullable Long readWhole(JsonNode value, String name, long min, long max) {
    Long whole = readLong(value, name, "must be a whole number");
    if (whole == null) {
      return null;
    }
    if (whole < min || whole > max) {
      errors.add(pointer(name), "must be from " + min + " to " + max);
      return null;
    }
    return whole;
  }

  /**
   * The whole number that a value is, {@code 1000.0} and {@code 1e3} included; clamped to 64 bits.
   */
  private @Nullable Long readLong(JsonNode value, String name, String expectation) {
    if (!value.isNumber()) {
      errors.add(pointer(name), expectation + ", but is " + kindOf(value));
      return null;
    }
    if (value.isIntegralNumber()) {
      return value.canConvertToLong() ? value.longValue() : clamped(value.bigIntegerValue());
    }
    BigDecimal stripped = value.decimalValue().stripTrailingZeros();
    if (stripped.scale() > 0) {
      errors.add(pointer(name), expectation);
      return null;
    }
    // Never written out before its size is known: 1e999999999 has a billion digits.
    return (long) stripped.precision() - stripped.scale() > MAX_LONG_DIGITS
        ? (stripped.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE)
        : clamped(stripped.toBigInteger());
  }

  private static long clamped(BigInteger number) {
    if (number.bitLength() < Long.SIZE) {
      return number.longValue();
    }
    return number.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
  }

  private @Nullable Boolean readBool(JsonNode value, String name) {
    if (!value.isBoolean()) {
      errors.add(pointer(name), "must be true or false, but is " + kindOf(value));
      return null;
    }
    return value.booleanValue();
  }

  private @Nullable BigDecimal readDecimal(JsonNode value, String name, DecimalRule rule) {
    BigDecimal number =
        value.isNumber()
            ? value.decimalValue()
            : value.isTextual() ? Decimals.parse(value.textValue()) : null;
    if (number == null) {
      errors.add(pointer(name), "must be a decimal number, as a JSON number or as a string");
      return null;
    }
    String fault = rule.fault(number);
    if (fault != null) {
      errors.add(pointer(name), fault);
      return null;
    }
    return rule.shortest(number);
  }

  private @Nullable Instant readInstant(JsonNode value, String name) {
    Instant instant = value.isTextual() ? Timestamps.parse(value.textValue()) : null;
    if (instant == null) {
      errors.add(pointer(name), Timestamps.expectation());
    }
    return instant;
  }

  private <T> @Nullable T readChoice(JsonNode value, String name, WireNames<T> names) {
    T choice = value.isTextual() ? names.find(value.textValue()) : null;
    if (choice == null) {
      errors.add(pointer(name), names.expectation());
    }
    return choice;
  }

  private Map<String, String> readTextMap(JsonNode value, String name, TextMapRule rule) {
    if (!value.isObject()) {
      errors.add(pointer(name), "must be an object of strings, but is " + kindOf(value));
      return Map.of();
    }
    if (value.size() > rule.maxPairs()) {
      errors.add(
          pointer(name),
          "must have at most " + rule.maxPairs() + " pairs, but has " + value.size());
      return Map.of();
    }
    var map = new LinkedHashMap<String, String>();
    for (Map.Entry<String, JsonNode> pair : value.properties()) {
      JsonNode text = pair.getValue();
      String fault =
          text.isTextual()
              ? rule.fault(pair.getKey(), text.textValue())
              : "must be a string, but is " + kindOf(text);
      if (fault == null) {
        map.put(pair.getKey(), text.textValue());
      } else {
        errors.add(pointer(name) + '/' + escape(pair.getKey()), fault);
      }
    }
    return Collections.unmodifiableMap(map);
  }

  private List<String> readTexts(
      JsonNode value, String name, int minSize, int maxSize, TextRule rule) {
    if (!isArray(value, name, minSize, maxSize)) {
      return List.of();
    }
    var texts = new ArrayList<String>(value.size());
    for (int i = 0; i < value.size(); i++) {
      JsonNode element = value.get(i);
      String fault =
          element.isTextual()
              ? rule.fault(element.textValue())
              : "must be a string, but is " + kindOf(element);
      if (fault != null) {
        errors.add(pointer(name) + '/' + i, fault);
      } else {
        texts.add(element.textValue());
      }
    }
    return List.copyOf(texts);
  }

  /** A name as a step of a JSON pointer (RFC 6901 section 3), cut if it is absurdly long. */
  private static String escape(String name) {
    String told = name.length() <= MAX_NAME_TOLD ? name : name.substring(0, MAX_NAME_TOLD) + "...";
    return told.indexOf('~') < 0 && told.indexOf('/') < 0
        ? told
        : told.replace("~", "~0").replace("/", "~1");
  }

  /** A value's kind in words, with its article. */
  static String kindOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "an array";
      case BOOLEAN -> "a boolean";
      case NULL -> "null";
      case NUMBER -> "a number";
      case OBJECT -> "an object";
      case STRING -> "a string";
      default -> "something else";
    };
  }
}
