package io.quotastack.http.input;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.http.json.Decimals;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * From the bytes of a request body to the fields of a JSON object. Strict: UTF-8, one value, no
 * name twice, nested at most {@value #MAX_DEPTH} deep, numbers of at most 100 characters and kept
 * exactly as they are written.
 */
public final class JsonBody {
  /** How deep a body may be nested. */
  public static final int MAX_DEPTH = 32;

  private static final int DECODED_CHUNK_CHARS = 1024;
  private static final List<String> ASIDES =
      List.of(" (start marker", ": enable `", " (enable `", " (`", " (not recognized");

  private static final ObjectReader READER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(Decimals.MAX_LENGTH)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  // The bytes are UTF-8 whatever they look like (RFC 8259 section 8.1).
                  .disable(JsonFactory.Feature.CHARSET_DETECTION)
                  // Names come from clients: interning them for ever would be a leak.
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  private JsonBody() {}

  /**
   * The fields of the object that a body is.
   *
   * @throws ProblemException if it is no JSON ({@code malformed_json}, telling where), or JSON that
   *     is no object ({@code invalid_request})
   */
  public static JsonFields parse(byte[] body) {
    if (body.length == 0) {
      throw Problem.malformedJson("The body is empty; a JSON object is needed.").asException();
    }
    checkUtf8(body);
    JsonNode root = parseTree(body);
    if (root instanceof ObjectNode object) {
      return JsonFields.root(object);
    }
    throw Problem.invalidRequest("", "must be an object, but is " + JsonFields.kindOf(root))
        .asException();
  }

  /** The fields of a body that may be left out: of an object without members if it is empty. */
  public static JsonFields parseOptional(byte[] body) {
    return body.length == 0 ? JsonFields.root(JsonNodeFactory.instance.objectNode()) : parse(body);
  }

  private static JsonNode parseTree(byte[] body) {
    try (JsonParser parser = READER.createParser(body)) {
      return parseTree(parser);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory have no other faults
    }
  }

  private static JsonNode parseTree(JsonParser parser) throws IOException {
    try {
      JsonNode root = READER.readTree(parser);
      if (root == null || root.isMissingNode()) {
        throw Problem.malformedJson("The body has only white space; a JSON object is needed.")
            .asException();
      }
      if (parser.nextToken() != null) {
        throw malformed(parser.currentTokenLocation(), "There is more after the end of the value.");
      }
      return root;
    } catch (StreamConstraintsException e) {
      throw malformed(parser.currentLocation(), limitOf(e.getOriginalMessage()));
    } catch (JsonProcessingException e) {
      JsonLocation location = e.getLocation();
      throw malformed(
          location == null ? parser.currentLocation() : location, reason(e.getOriginalMessage()));
    } catch (NumberFormatException _) {
      throw malformed(parser.currentTokenLocation(), "A number has an exponent that is too large.");
    }
  }

  private static ProblemException malformed(JsonLocation at, String detail) {
    return Problem.malformedJson(
            "Line " + at.getLineNr() + ", column " + at.getColumnNr() + ": " + detail)
        .asException();
  }

  /** The parser's message without what it says of its own settings, not the client's business. */
  private static String reason(String message) {
    String reason = message;
    for (String aside : ASIDES) {
      int at = reason.indexOf(aside);
      reason = at < 0 ? reason : reason.substring(0, at);
    }
    return clipped(reason) + '.';
  }

  private static String limitOf(String message) {
    if (message.contains("nesting depth")) {
      return "The body is nested deeper than " + MAX_DEPTH + ".";
    }
    return message.contains("Number")
        ? "A number is longer than " + Decimals.MAX_LENGTH + " characters."
        : "A name or a text is too long.";
  }

  private static String clipped(String message) {
    int max = 200;
    if (message.length() <= max) {
      return message;
    }
    int end = Character.isHighSurrogate(message.charAt(max - 1)) ? max - 1 : max;
    return message.substring(0, end) + "...";
  }

  private static void checkUtf8(byte[] body) {
    int ascii = 0;
    while (ascii < body.length && body[ascii] >= 0) {
      ascii++;
    }
    if (ascii == body.length) {
      return;
    }
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.wrap(body, ascii, body.length - ascii);
    CharBuffer chars = CharBuffer.allocate(DECODED_CHUNK_CHARS);
    CoderResult result;
    do {
      chars.clear();
      result = decoder.decode(bytes, chars, true);
    } while (result.isOverflow());
    if (result.isError()) {
      throw Problem.malformedJson("Byte " + bytes.position() + ": the body is not UTF-8.")
          .asException();
    }
  }
}
