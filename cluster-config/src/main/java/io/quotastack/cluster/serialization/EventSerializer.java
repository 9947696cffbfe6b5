package io.quotastack.cluster.serialization;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Writes what is {@link io.quotastack.engine.serialization.Stored} as plain JSON, in UTF-8, under
 * the stable name that the type has given itself, and reads it back for ever: names of classes are
 * never stored, members that are not known are passed over.
 *
 * <p>Members are in snake_case, instants ISO 8601 in UTC with milliseconds, decimals without an
 * exponent; what is null is left out. The {@code ledger} view and whoever uses psql rely on it.
 */
public final class EventSerializer extends SerializerWithStringManifest {
  private static final DateTimeFormatter MILLISECONDS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

  private final int identifier;
  private final Map<Class<?>, ObjectWriter> writers = new HashMap<>();
  private final Map<Class<?>, String> names = new HashMap<>();
  private final Map<String, ObjectReader> readers = new HashMap<>();

  /** Made by Pekko; the identifier is that of the configuration. */
  public EventSerializer(ExtendedActorSystem system) {
    this(
        system
            .settings()
            .config()
            .getInt(
                "pekko.actor.serialization-identifiers.\""
                    + EventSerializer.class.getName()
                    + "\""),
        StoredNames.ALL);
  }

  EventSerializer(int identifier, Map<String, Class<?>> types) {
    this.identifier = identifier;
    ObjectMapper mapper = mapper();
    types.forEach((name, type) -> {
      names.put(type, name);
      writers.put(type, mapper.writerFor(type));
      readers.put(name, mapper.readerFor(type));
    });
  }

  private static ObjectMapper mapper() {
    var instants = new SimpleModule("instants");
    instants.addSerializer(Instant.class, new InstantAsText());
    // A snapshot may hold one very long string (its idempotency window), and it is our own.
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
            .build();
    return JsonMapper.builder(factory)
        .addModule(new JavaTimeModule())
        .addModule(instants)
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .defaultPropertyInclusion(
            JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
        .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .build();
  }

  @Override
  public int identifier() {
    return identifier;
  }

  @Override
  public String manifest(Object stored) {
    String name = names.get(stored.getClass());
    if (name == null) {
      throw new IllegalArgumentException("no stored name for " + stored.getClass().getName());
    }
    return name;
  }

  @Override
  public byte[] toBinary(Object stored) {
    ObjectWriter writer = writers.get(stored.getClass());
    if (writer == null) {
      throw new IllegalArgumentException("no stored name for " + stored.getClass().getName());
    }
    try {
      return writer.writeValueAsBytes(stored);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Object fromBinary(byte[] json, String name) throws NotSerializableException {
    ObjectReader reader = readers.get(name);
    if (reader == null) {
      throw new NotSerializableException("stored under a name that is not known: " + name);
    }
    try {
      return reader.readValue(json);
    } catch (IOException e) {
      throw new UncheckedIOException("stored as " + name + ", but not readable", e);
    }
  }

  /** Always three digits of milliseconds, where Java would leave out zeros. */
  private static final class InstantAsText extends StdSerializer<Instant> {
    private static final long serialVersionUID = 1;

    InstantAsText() {
      super(Instant.class);
    }

    @Override
    public void serialize(Instant instant, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeString(MILLISECONDS.format(instant));
    }
  }
}
