package io.quotastack.http.metering;

import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.json.JsonWriter;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.problems.ProblemType;
import io.quotastack.http.server.Reply;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a draft of a rule would charge for one event, or for up to {@value #MAX_EVENTS} that follow
 * each other in a period. Nothing is stored (semantics 4).
 */
final class RulePreview {
  private static final int MAX_EVENTS = 1_000;

  private final MeteringRule rule;
  private final List<Cost> costs = new ArrayList<>();
  private BigDecimal unitsBefore;
  private long totalMc;

  /** An event that might be. */
  private record Event(BigDecimal units, Map<String, String> properties) {}

  /**
   * What an event costs.
   *
   * @param units of the event
   * @param unitsBefore of the period before it; null = they do not matter
   * @param costMc null = it cannot be told
   * @param totalMc with all events before it
   * @param problem why it cannot be told
   */
  private record Cost(
      BigDecimal units,
      @Nullable BigDecimal unitsBefore,
      @Nullable Long costMc,
      long totalMc,
      @Nullable Problem problem) {}

  private RulePreview(MeteringRule rule, BigDecimal unitsBefore) {
    this.rule = rule;
    this.unitsBefore = unitsBefore;
  }

  /**
   * The costs.
   *
   * @throws ProblemException if anything is wrong with the body, or if it tells a single event that
   *     has no cost
   */
  static Reply of(JsonFields body) {
    RuleInput rule = RuleInput.read(body);
    // What a rule has beside: taken, so that the same body makes the rule.
    var _ = body.textOrNull("billable_metric_key", MetricRoutes.KEY);
    var _ = body.instantOrNull("effective_at");
    boolean inPeriod = rule.tierScope() == TierScope.PERIOD;
    BigDecimal unitsBefore =
        body.decimalOr("units_before", DecimalRule.NOT_NEGATIVE, BigDecimal.ZERO);
    if (body.has("units_before") && !inPeriod) {
      body.reject("units_before", "counts only if tier_scope is period");
    }
    boolean isList = body.has("events");
    List<Event> events = isList ? events(body) : List.of(event(body));
    body.finish();
    var preview = new RulePreview(rule.draft(), unitsBefore);
    for (Event event : events) {
      preview.add(event);
    }
    Problem problem = preview.costs.getFirst().problem();
    if (!isList && problem != null) {
      throw problem.asException();
    }
    return Reply.ok(preview::write);
  }

  private static List<Event> events(JsonFields body) {
    for (String member : List.of("units", "properties")) {
      if (body.has(member)) {
        body.reject(member, "must not be given together with events, which have their own");
      }
    }
    return body.objects("events", 1, MAX_EVENTS).stream().map(RulePreview::event).toList();
  }

  private static Event event(JsonFields object) {
    return new Event(
        object.decimalOr("units", DecimalRule.NOT_NEGATIVE, BigDecimal.ONE),
        object.textMap("properties", TextMapRule.METADATA));
  }

  /** An event without a cost would be refused: it counts for nothing that follows. */
  private void add(Event event) {
    BigDecimal before = rule.tierScope() == TierScope.PERIOD ? unitsBefore : null;
    Quote quote = rule.quote(event.properties(), unitsBefore);
    if (quote == null) {
      costs.add(new Cost(event.units(), before, null, totalMc, noPrice()));
      return;
    }
    try {
      long costMc = quote.costMc(event.units());
      totalMc = Amounts.add(totalMc, costMc);
      unitsBefore = unitsBefore.add(event.units());
      costs.add(new Cost(event.units(), before, costMc, totalMc, null));
    } catch (AmountOutOfRangeException _) {
      costs.add(new Cost(event.units(), before, null, totalMc, outOfRange()));
    }
  }

  private static Problem noPrice() {
    return Problem.of(
        ProblemType.NO_PRICE,
        "No dimension matches the properties, and the rule has no cost of its own");
  }

  private static Problem outOfRange() {
    return Problem.of(
        ProblemType.AMOUNT_OUT_OF_RANGE,
        "The cost, or what all up to this cost, is above " + Amounts.MAX_MC + " mc");
  }

  private void write(JsonWriter json) {
    json.number("cost", totalMc)
        .objects(
            "costs",
            costs,
            (each, cost) ->
                each.decimal("units", cost.units())
                    .decimal("units_before", cost.unitsBefore())
                    .numberOrNull("cost", cost.costMc())
                    .number("total_cost", cost.totalMc())
                    .objectOrNull(
                        "problem",
                        cost.problem(),
                        (inner, problem) -> problem.writeMembers(inner, null)));
  }
}
