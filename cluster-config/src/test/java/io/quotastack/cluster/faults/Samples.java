package io.quotastack.cluster.faults;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Tier;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Values of any type of the engine that consists of records, made from the shape of the type: each
 * variant of a sealed interface, each constant of an enum, null wherever it is allowed, and awkward
 * texts, numbers, instants and orders of elements. One value differs from the first in one place.
 */
final class Samples {
  private static final String AWKWARD = "\"späte\\ \u0001\t Kundin\" \u2028 \ud83d\ude00";

  private final ActorRef<?> actor;
  private final Map<Class<?>, List<Object>> made = new HashMap<>();
  private final Set<Class<?>> records = new HashSet<>();

  /** Ascending, as tiers must be. */
  private static final List<Tier> TIERS =
      List.of(
          new Tier(new BigDecimal("0.000000001"), BigDecimal.ZERO, new BigDecimal("9.990")),
          new Tier(new BigDecimal("100"), new BigDecimal("0.5"), BigDecimal.ZERO),
          new Tier(null, BigDecimal.ONE, BigDecimal.ZERO));

  /**
   * Samples that are made anew.
   *
   * @param actor stands wherever an actor is asked for
   */
  Samples(ActorRef<?> actor) {
    this.actor = actor;
  }

  /** The classes of all records that were made. */
  Set<Class<?>> records() {
    return records;
  }

  /** Values of that type, never none. */
  <T> List<T> of(Class<T> type) {
    return all(type).stream().map(type::cast).toList();
  }

  private List<Object> all(Class<?> type) {
    List<Object> known = made.get(type);
    if (known == null) {
      known = make(type);
      made.put(type, known);
    }
    return known;
  }

  private List<Object> make(Class<?> type) {
    if (type == TenantRef.class) {
      records.add(type);
      return Arrays.stream(Environment.values())
          .<Object>map(environment -> new TenantRef(TenantRef.newTenantId(), environment))
          .toList();
    }
    if (type == ZoneId.class) {
      return List.of(ZoneId.of("Europe/Berlin"), ZoneId.of("UTC"), ZoneId.of("Etc/GMT+12"));
    }
    if (type == Block.class) {
      records.add(type);
      return blocks();
    }
    if (type == Price.PerPackage.class) {
      records.add(type);
      return List.of(new Price.PerPackage(new BigDecimal("0.000000001"), BigDecimal.ZERO));
    }
    if (type == Price.Tiered.class || type == Price.Graduated.class) {
      records.add(type);
      records.add(Tier.class);
      return List.of(
          type == Price.Tiered.class ? new Price.Tiered(TIERS) : new Price.Graduated(TIERS));
    }
    if (type.isSealed()) {
      var variants = new ArrayList<Object>();
      for (Class<?> variant : type.getPermittedSubclasses()) {
        variants.addAll(all(variant));
      }
      return variants;
    }
    if (type.isRecord()) {
      records.add(type);
      return records(type);
    }
    if (type.isEnum()) {
      return List.of(type.getEnumConstants());
    }
    return plain(type);
  }

  private List<Object> plain(Class<?> type) {
    return switch (type.getName()) {
      case "java.lang.String" -> List.of(AWKWARD, "", "plain");
      case "long", "java.lang.Long" ->
          List.of(1L, 0L, -1L, Amounts.MAX_MC, -Amounts.MAX_MC, Long.MAX_VALUE, Long.MIN_VALUE);
      case "int", "java.lang.Integer" -> List.of(1, 0, 255, Integer.MAX_VALUE);
      case "boolean", "java.lang.Boolean" -> List.of(true, false);
      case "java.math.BigDecimal" ->
          List.of(
              new BigDecimal("9.990"),
              new BigDecimal("0"),
              new BigDecimal("0.000000001"),
              new BigDecimal("999999999999999.999999999"),
              new BigDecimal("100"),
              new BigDecimal("1E+2"));
      case "java.time.Instant" ->
          List.of(
              Instant.parse("2026-01-15T09:00:00.120Z"),
              Instant.EPOCH,
              Instant.parse("2026-01-15T09:00:00.123456789Z"),
              Instant.parse("9999-12-31T23:59:59.999Z"));
      case "java.util.UUID" ->
          List.of(UUID.fromString("0190c9a4-6f5e-7c31-9c55-3f0c7a1d2b44"), new UUID(0, 0));
      case "org.apache.pekko.actor.typed.ActorRef" -> List.of(actor);
      default -> throw new IllegalArgumentException("no samples of " + type);
    };
  }

  /** What is left of a block must fit its terms. */
  private List<Object> blocks() {
    var blocks = new ArrayList<Object>();
    for (BlockTerms terms : of(BlockTerms.class)) {
      if (terms.originalAmountMc() > 0) {
        blocks.add(new Block(terms, terms.originalAmountMc(), 1, true));
        blocks.add(new Block(terms, 0, 0, false));
      }
    }
    return blocks;
  }

  private List<Object> records(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    var choices = new ArrayList<List<@Nullable Object>>();
    for (RecordComponent component : components) {
      choices.add(choices(component));
    }
    var first = new @Nullable Object[components.length];
    for (int i = 0; i < first.length; i++) {
      first[i] = choices.get(i).getFirst();
    }
    var samples = new ArrayList<Object>();
    samples.add(construct(type, first));
    for (int i = 0; i < first.length; i++) {
      for (Object choice : choices.get(i).subList(1, choices.get(i).size())) {
        @Nullable Object[] other = first.clone();
        other[i] = choice;
        samples.add(construct(type, other));
      }
    }
    return samples;
  }

  private List<@Nullable Object> choices(RecordComponent component) {
    AnnotatedType type = component.getAnnotatedType();
    var choices = new ArrayList<@Nullable Object>(values(component.getGenericType()));
    if (type.isAnnotationPresent(Nullable.class)) {
      choices.add(null);
    }
    return choices;
  }

  private List<Object> values(Type type) {
    if (type instanceof Class<?> plain) {
      return all(plain);
    }
    if (!(type instanceof ParameterizedType generic)) {
      throw new IllegalArgumentException("no samples of " + type);
    }
    Type[] arguments = generic.getActualTypeArguments();
    if (generic.getRawType() == List.class) {
      return List.of(values(arguments[0]), List.of());
    }
    if (generic.getRawType() == Set.class) {
      return List.of(new LinkedHashSet<>(List.of("zebras", "tokens", "apples", "calls")), Set.of());
    }
    if (generic.getRawType() == Map.class) {
      var map = new LinkedHashMap<String, Object>();
      int number = 100;
      for (Object value : values(arguments[1])) {
        map.put("key-" + number--, value);
      }
      return List.of(map, Map.of());
    }
    if (generic.getRawType() == NewValue.class) {
      var changes = new ArrayList<Object>();
      values(arguments[0]).forEach(value -> changes.add(new NewValue<>(value)));
      changes.add(new NewValue<>(null));
      return changes;
    }
    if (generic.getRawType() == ActorRef.class) {
      return List.of(actor);
    }
    throw new IllegalArgumentException("no samples of " + type);
  }

  private static Object construct(Class<?> type, @Nullable Object[] values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make a " + type.getName() + " sample", e);
    }
  }
}
