package io.quotastack.http.metering;

import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.metering.PriceInput.CostType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a rule charges as a body tells it, to be made or only tried (semantics 4).
 *
 * @param price what units cost that no dimension prices; null = they have no price
 * @param tierScope over which units tiers run
 * @param dimensions prices for kinds of usage
 * @param rounding how the cost becomes whole mc
 */
record RuleInput(
    @Nullable Price price, TierScope tierScope, List<Dimension> dimensions, Rounding rounding) {
  private static final int MAX_DIMENSIONS = 100;
  private static final int MAX_TIERS_IN_ALL = 500;

  /** As properties of usage, of which they are to be some. */
  private static final TextMapRule MATCH =
      new TextMapRule(10, TextMapRule.METADATA.key(), TextMapRule.METADATA.value());

  private static final WireNames<Rounding> ROUNDINGS = WireNames.lowerCase(Rounding.class);
  private static final WireNames<TierScope> SCOPES = WireNames.lowerCase(TierScope.class);

  /** What the body tells; what is wrong with it is remembered by the body. */
  static RuleInput read(JsonFields body) {
    boolean hasType = body.has("cost_type");
    CostType type = body.choiceOrNull("cost_type", CostType.NAMES);
    boolean hasOwn = PriceInput.isIn(body) || !body.has("dimensions");
    Price own = hasOwn ? price(body, hasType, type) : null;
    List<Dimension> dimensions =
        body.has("dimensions") ? dimensions(body, hasType, type) : List.of();
    TierScope scope = body.choiceOr("tier_scope", SCOPES, TierScope.EVENT);
    List<Price> prices =
        Stream.concat(Stream.ofNullable(own), dimensions.stream().map(Dimension::price)).toList();
    if (scope == TierScope.PERIOD
        && !prices.isEmpty()
        && prices.stream().noneMatch(Price::dependsOnUnitsBefore)) {
      body.reject("tier_scope", "must be event: no cost of the rule is by package or by tiers");
    }
    int tiers = prices.stream().mapToInt(RuleInput::tiers).sum();
    if (tiers > MAX_TIERS_IN_ALL) {
      body.reject(
          "dimensions",
          "must have at most "
              + MAX_TIERS_IN_ALL
              + " tiers with the rule's own, but have "
              + tiers);
    }
    return new RuleInput(own, scope, dimensions, body.choiceOr("rounding", ROUNDINGS, Rounding.UP));
  }

  private static List<Dimension> dimensions(
      JsonFields body, boolean ruleHasType, @Nullable CostType typeOfRule) {
    var dimensions = new ArrayList<Dimension>();
    var places = new HashMap<Map<String, String>, Integer>();
    for (JsonFields element : body.objects("dimensions", 1, MAX_DIMENSIONS)) {
      Map<String, String> match = element.requiredTextMap("match", MATCH);
      Integer before = match.isEmpty() ? null : places.putIfAbsent(match, dimensions.size());
      if (before != null) {
        element.reject("match", "is that of /dimensions/" + before + ", which prices all of it");
      }
      boolean hasType = element.has("cost_type");
      CostType type = hasType ? element.choiceOrNull("cost_type", CostType.NAMES) : typeOfRule;
      dimensions.add(new Dimension(match, price(element, hasType || ruleHasType, type)));
    }
    return dimensions;
  }

  /**
   * What the object says of its cost.
   *
   * @param hasType whether a type is told
   * @param type null = none is told, or one that there is not
   */
  private static Price price(JsonFields object, boolean hasType, @Nullable CostType type) {
    if (!hasType) {
      object.reject("cost_type", "is required");
    }
    return PriceInput.read(object, type);
  }

  private static int tiers(Price price) {
    return switch (price) {
      case Price.Flat _, Price.PerUnit _, Price.PerPackage _ -> 0;
      case Price.Tiered tiered -> tiered.tiers().size();
      case Price.Graduated graduated -> graduated.tiers().size();
    };
  }

  /** A rule that charges so: of no metric and of no time, to be tried and never to be stored. */
  MeteringRule draft() {
    return new MeteringRule(
        "", "", 0, price, tierScope, dimensions, rounding, Instant.EPOCH, Instant.EPOCH);
  }
}
