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

/** Reads what units cost: a {@code cost_type} and the members that belong to it (semantics 4). */
final class PriceInput {
  /** The most tiers of a price. */
  static final int MAX_TIERS = 50;

  private static final List<String> MEMBERS =
      List.of("flat_cost", "unit_cost", "package_size", "package_cost", "tiers");
  private static final WireNames<CostType> COST_TYPES = WireNames.lowerCase(CostType.class);

  private enum CostType {
    FLAT,
    PER_UNIT,
    PACKAGE,
    TIERED,
    GRADUATED;

    Set<String> members() {
      return switch (this) {
        case FLAT -> Set.of("flat_cost");
        case PER_UNIT -> Set.of("unit_cost");
        case PACKAGE -> Set.of("package_size", "package_cost");
        case TIERED, GRADUATED -> Set.of("tiers");
      };
    }
  }

  private PriceInput() {}

  /** The price; what is wrong with it is remembered by the body. */
  static Price read(JsonFields body) {
    CostType type = body.choice("cost_type", COST_TYPES);
    for (String member : MEMBERS) {
      if (body.has(member) && !type.members().contains(member)) {
        body.reject(
            member,
            "does not belong to a rule whose cost_type is " + type.name().toLowerCase(Locale.ROOT));
      }
    }
    return switch (type) {
      case FLAT -> new Price.Flat(body.decimal("flat_cost", DecimalRule.NOT_NEGATIVE));
      case PER_UNIT -> new Price.PerUnit(body.decimal("unit_cost", DecimalRule.NOT_NEGATIVE));
      case PACKAGE ->
          new Price.PerPackage(
              body.decimal("package_size", DecimalRule.POSITIVE),
              body.decimal("package_cost", DecimalRule.NOT_NEGATIVE));
      case TIERED -> new Price.Tiered(tiers(body));
      case GRADUATED -> new Price.Graduated(tiers(body));
    };
  }

  private static List<Tier> tiers(JsonFields body) {
    var tiers = new ArrayList<Tier>();
    List<JsonFields> elements = body.objects("tiers", 1, MAX_TIERS);
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
