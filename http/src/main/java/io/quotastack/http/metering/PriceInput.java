package io.quotastack.http.metering;

import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Tier;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.WireNames;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what units cost: the members that belong to a {@code cost_type} (semantics 4). */
final class PriceInput {
  /** The most tiers of a price. */
  static final int MAX_TIERS = 50;

  private static final List<String> MEMBERS =
      List.of("flat_cost", "unit_cost", "package_size", "package_cost", "tiers");

  /** How a price is made up. */
  enum CostType {
    FLAT,
    PER_UNIT,
    PACKAGE,
    TIERED,
    GRADUATED;

    static final WireNames<CostType> NAMES = WireNames.lowerCase(CostType.class);

    Set<String> members() {
      return switch (this) {
        case FLAT -> Set.of("flat_cost");
        case PER_UNIT -> Set.of("unit_cost");
        case PACKAGE -> Set.of("package_size", "package_cost");
        case TIERED, GRADUATED -> Set.of("tiers");
      };
    }
  }

  /** Stands for what could not be read; as it has packages, it can have any scope. */
  private static final Price UNREADABLE = new Price.PerPackage(BigDecimal.ONE, BigDecimal.ONE);

  private PriceInput() {}

  /** Whether the object has any member that makes up a price, beside its type. */
  static boolean isIn(JsonFields object) {
    boolean found = false;
    for (String member : MEMBERS) {
      // Each is asked for, so that none is unknown.
      found |= object.has(member);
    }
    return found;
  }

  /**
   * The price of that type; what is wrong with it is remembered by the object.
   *
   * @param type null = what the object says of it is wrong, which is remembered already
   */
  static Price read(JsonFields object, @Nullable CostType type) {
    for (String member : MEMBERS) {
      if (object.has(member) && type != null && !type.members().contains(member)) {
        object.reject(
            member,
            "does not belong to a cost whose cost_type is " + type.name().toLowerCase(Locale.ROOT));
      }
    }
    return switch (type) {
      case null -> UNREADABLE;
      case FLAT -> new Price.Flat(object.decimal("flat_cost", DecimalRule.NOT_NEGATIVE));
      case PER_UNIT -> new Price.PerUnit(object.decimal("unit_cost", DecimalRule.NOT_NEGATIVE));
      case PACKAGE ->
          new Price.PerPackage(
              object.decimal("package_size", DecimalRule.POSITIVE),
              object.decimal("package_cost", DecimalRule.NOT_NEGATIVE));
      case TIERED -> new Price.Tiered(tiers(object));
      case GRADUATED -> new Price.Graduated(tiers(object));
    };
  }

  private static List<Tier> tiers(JsonFields object) {
    var tiers = new ArrayList<Tier>();
    List<JsonFields> elements = object.objects("tiers", 1, MAX_TIERS);
    BigDecimal below = BigDecimal.ZERO;
    boolean sound = !elements.isEmpty();
    for (int i = 0; i < elements.size(); i++) {
      JsonFields element = elements.get(i);
      boolean last = i == elements.size() - 1;
      BigDecimal upTo = element.decimalOrNull("up_to", DecimalRule.POSITIVE);
      if (last != (upTo == null)) {
        element.reject(
            "up_to", last ? "must be null in the last tier" : "may be null in the last tier only");
        sound = false;
      } else if (upTo != null && upTo.compareTo(below) <= 0) {
        element.reject("up_to", "must be greater than that of the tier before");
        sound = false;
      }
      if (!element.has("unit_cost") && !element.has("flat_cost")) {
        element.reject("unit_cost", "is required if there is no flat_cost");
      }
      tiers.add(
          new Tier(
              upTo,
              element.decimalOr("unit_cost", DecimalRule.NOT_NEGATIVE, BigDecimal.ZERO),
              element.decimalOr("flat_cost", DecimalRule.NOT_NEGATIVE, BigDecimal.ZERO)));
      below = upTo == null ? below : upTo;
    }
    // What is wrong is told when the body is finished; until then something has to stand here.
    return sound ? tiers : List.of(new Tier(null, BigDecimal.ZERO, BigDecimal.ZERO));
  }
}
