package io.quotastack.http.json;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON as the API has it: amounts as numbers, instants as {@link Timestamps}, decimals as
 * {@link Decimals} in strings, and what is absent as {@code null} rather than left out.
 *
 * <p>Texts must not hold lone surrogates: there is no UTF-8 for them. The strings that the API
 * accepts never do.
 */
public final class JsonWriter {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8).build();
  private static final int USUAL_LENGTH_BYTES = 512;

  /** Writes the members of one object. */
  @FunctionalInterface
  public interface Members {
    /** Writes them; the object's braces are written around this call. */
    void writeTo(JsonWriter json);
  }

  private final JsonGenerator generator;

  private JsonWriter(JsonGenerator generator) {
    this.generator = generator;
  }

  /** The UTF-8 JSON text of the object with these members. */
  public static byte[] object(Members members) {
    var bytes = new ByteArrayOutputStream(USUAL_LENGTH_BYTES);
    try (JsonGenerator generator = FACTORY.createGenerator(bytes, JsonEncoding.UTF8)) {
      generator.writeStartObject();
      members.writeTo(new JsonWriter(generator));
      generator.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory: only a text that has no UTF-8
    }
    return bytes.toByteArray();
  }

  /** The UTF-8 JSON text of an array of objects, one for each value. */
  public static <T> byte[] array(Iterable<? extends T> values, BiConsumer<JsonWriter, T> members) {
    var bytes = new ByteArrayOutputStream(USUAL_LENGTH_BYTES);
    try (JsonGenerator generator = FACTORY.createGenerator(bytes, JsonEncoding.UTF8)) {
      generator.writeStartArray();
      new JsonWriter(generator).elements(values, members);
      generator.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory: only a text that has no UTF-8
    }
    return bytes.toByteArray();
  }

  /** A member that is a string. */
  public JsonWriter text(String name, @Nullable String value) {
    try {
      generator.writeStringField(name, value);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A member that is a whole number: an amount in mc, a count, a sequence number. */
  public JsonWriter number(String name, long value) {
    try {
      generator.writeNumberField(name, value);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A member that is a whole number or null. */
  public JsonWriter numberOrNull(String name, @Nullable Number value) {
    return value == null ? nothing(name) : number(name, value.longValue());
  }

  /** A member that is true or false. */
  public JsonWriter bool(String name, boolean value) {
    try {
      generator.writeBooleanField(name, value);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A member that is an instant, such as {@code "2026-01-31T12:00:00.000Z"}. */
  public JsonWriter instant(String name, @Nullable Instant value) {
    return text(name, value == null ? null : Timestamps.format(value));
  }

  /** A member that is a decimal, such as {@code "0.6"}: a string, so that no reader rounds it. */
  public JsonWriter decimal(String name, @Nullable BigDecimal value) {
    return text(name, value == null ? null : Decimals.format(value));
  }

  /** A member that is null. */
  public JsonWriter nothing(String name) {
    try {
      generator.writeNullField(name);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A member that is an object of strings, such as metadata. */
  public JsonWriter texts(String name, @Nullable Map<String, String> values) {
    if (values == null) {
      return nothing(name);
    }
    try {
      generator.writeObjectFieldStart(name);
      for (Map.Entry<String, String> pair : values.entrySet()) {
        generator.writeStringField(pair.getKey(), pair.getValue());
      }
      generator.writeEndObject();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A member that is an array of strings. */
  public JsonWriter texts(String name, @Nullable Iterable<String> values) {
    if (values == null) {
      return nothing(name);
    }
    try {
      generator.writeArrayFieldStart(name);
      for (String value : values) {
        generator.writeString(value);
      }
      generator.writeEndArray();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A member that is an object. */
  public JsonWriter object(String name, Members members) {
    try {
      generator.writeObjectFieldStart(name);
      members.writeTo(this);
      generator.writeEndObject();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A member that is an object made from that value, or null if there is no value. */
  public <T> JsonWriter objectOrNull(
      String name, @Nullable T value, BiConsumer<JsonWriter, T> members) {
    return value == null ? nothing(name) : object(name, json -> members.accept(json, value));
  }

  /** A member that is an array of objects, one for each value. */
  public <T> JsonWriter objects(
      String name, Iterable<? extends T> values, BiConsumer<JsonWriter, T> members) {
    try {
      generator.writeArrayFieldStart(name);
      elements(values, members);
      generator.writeEndArray();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private <T> void elements(Iterable<? extends T> values, BiConsumer<JsonWriter, T> members)
      throws IOException {
    for (T value : values) {
      generator.writeStartObject();
      members.accept(this, value);
      generator.writeEndObject();
    }
  }

  /**
   * A member of any kind that this writer knows: a string, a whole number, a decimal, true or
   * false, an instant, {@link Members}, or null.
   *
   * @throws IllegalArgumentException if it is of another kind
   */
  public JsonWriter value(String name, @Nullable Object value) {
    return switch (value) {
      case null -> nothing(name);
      case String text -> text(name, text);
      case Long number -> number(name, number);
      case Integer number -> number(name, number);
      case Boolean truth -> bool(name, truth);
      case BigDecimal decimal -> decimal(name, decimal);
      case Instant instant -> instant(name, instant);
      case Members members -> object(name, members);
      default -> throw new IllegalArgumentException("no JSON for a " + value.getClass());
    };
  }
}
