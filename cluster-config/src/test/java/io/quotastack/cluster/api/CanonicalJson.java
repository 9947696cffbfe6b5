package io.quotastack.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The canonical form of JSON (RFC 8785), written from the RFC and not from the product: what a
 * client needs who wants to prove a ledger by itself. Numbers are safe integers, as all of the
 * ledger's are.
 */
final class CanonicalJson {
  private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;

  private CanonicalJson() {}

  /** SHA-256 of the canonical form in UTF-8, in lower-case hexadecimal. */
  static String sha256(JsonNode json) {
    try {
      byte[] bytes = of(json).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String of(JsonNode json) {
    return switch (json.getNodeType()) {
      case OBJECT -> object(json);
      case ARRAY -> array(json);
      case STRING -> string(json.textValue());
      case NUMBER -> number(json);
      case BOOLEAN, NULL -> json.asText();
      case BINARY, MISSING, POJO -> throw new IllegalArgumentException("not of a text: " + json);
    };
  }

  private static String object(JsonNode object) {
    var names = new ArrayList<String>();
    object.fieldNames().forEachRemaining(names::add);
    // By UTF-16 code units (section 3.2.3), which is how Java compares strings.
    names.sort(null);
    return names.stream()
        .map(name -> string(name) + ":" + of(object.get(name)))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String array(JsonNode array) {
    List<String> elements = new ArrayList<>();
    array.forEach(element -> elements.add(of(element)));
    return "[" + String.join(",", elements) + "]";
  }

  private static String number(JsonNode number) {
    if (!number.isIntegralNumber() || Math.abs(number.longValue()) > MAX_SAFE_INTEGER) {
      throw new IllegalArgumentException("no safe integer: " + number);
    }
    return Long.toString(number.longValue());
  }

  private static String string(String text) {
    return text.codePoints()
        .mapToObj(CanonicalJson::character)
        .collect(Collectors.joining("", "\"", "\""));
  }

  private static String character(int codePoint) {
    return switch (codePoint) {
      case '\b' -> "\\b";
      case '\t' -> "\\t";
      case '\n' -> "\\n";
      case '\f' -> "\\f";
      case '\r' -> "\\r";
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      default -> codePoint < ' ' ? "\\u%04x".formatted(codePoint) : Character.toString(codePoint);
    };
  }
}
