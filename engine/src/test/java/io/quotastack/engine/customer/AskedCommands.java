package io.quotastack.engine.customer;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.customer.CustomerCommand.Keyed;
import io.quotastack.engine.customer.CustomerCommand.SettleDue;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Pricing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes of each ask the command that the HTTP door would make of it, with what the journal says
 * about what it refers to, and remembers it to be asked again.
 */
final class AskedCommands {
  private static final int MAX_REMEMBERED = 24;
  private static final List<OveragePolicy> POLICIES =
      List.of(OveragePolicy.BLOCK, OveragePolicy.ALLOW, OveragePolicy.NOTIFY);

  private final List<Keyed> asked = new ArrayList<>();
  private final JournalFacts facts;

  AskedCommands(JournalFacts facts) {
    this.facts = facts;
  }

  /**
   * The command.
   *
   * @param now the customer's clock, from which an ask counts
   */
  CustomerCommand command(Step.Ask ask, Instant now) {
    CustomerCommand command =
        switch (ask) {
          case Step.Ask.Retry retry -> asked.isEmpty() ? new SettleDue() : before(retry.back());
          case Step.Ask.Reuse reuse ->
              fresh(
                  reuse.other(),
                  asked.isEmpty() ? null : before(reuse.back()).request().key(),
                  now);
          default -> fresh(ask, null, now);
        };
    if (command instanceof Keyed keyed) {
      asked.add(keyed);
      if (asked.size() > MAX_REMEMBERED) {
        asked.removeFirst();
      }
    }
    return command;
  }

  private Keyed before(int back) {
    return asked.get(Math.max(0, asked.size() - 1 - back));
  }

  private CustomerCommand fresh(Step.Ask ask, @Nullable String usedKey, Instant now) {
    return switch (ask) {
      case Step.Ask.Create create ->
          new CustomerCommand.CreateCustomer(
              request(create.key(), usedKey),
              create.named() ? "acme" : null,
              "Acme",
              null,
              create.variant() % 5 == 0 ? "America/Los_Angeles" : null,
              create.variant() % 3 == 0 ? POLICIES.get(create.variant() / 3 % 3) : null,
              create.variant() % 4 == 0 ? create.amountMc() : null,
              Map.of("tier", "gold"));
      case Step.Ask.Update update -> updated(update, usedKey);
      case Step.Ask.Grant grant -> granted(grant, usedKey, now);
      case Step.Ask.Adjust adjust ->
          new CustomerCommand.AdjustCredits(
              request(adjust.key(), usedKey),
              adjust.deltaMc(),
              "correction",
              adjust.burnOrder(),
              adjust.key() % 2 == 0 ? Map.of() : Map.of("ticket", "t-" + adjust.key()));
      case Step.Ask.VoidBlock gone ->
          new CustomerCommand.VoidBlock(
              request(gone.key(), usedKey), facts.block(gone.back()), "abuse");
      case Step.Ask.Use use -> used(use, usedKey, now);
      case Step.Ask.Reverse reverse -> reversed(reverse, usedKey);
      case Step.Ask.Reserve reserve -> reserved(reserve, usedKey, now);
      case Step.Ask.Commit commit ->
          new CustomerCommand.Commit(
              request(commit.key(), usedKey),
              facts.reservation(commit.back()),
              commit.units(),
              commit.creditsMc(),
              commit.last(),
              commit.policy(),
              commit.key() % 2 == 0 ? Map.of() : Map.of("part", "p-" + commit.key()));
      case Step.Ask.Release release ->
          new CustomerCommand.Release(
              request(release.key(), usedKey), facts.reservation(release.back()), release.note());
      case Step.Ask.Extend extend ->
          new CustomerCommand.Extend(
              request(extend.key(), usedKey),
              facts.reservation(extend.back()),
              extend.ttlSeconds());
      case Step.Ask.Topup topup -> toppedUp(topup, usedKey, now);
      case Step.Ask.SetAutoTopup set -> new CustomerCommand.SetAutoTopup(set.settings());
      case Step.Ask.RemoveAutoTopup remove ->
          new CustomerCommand.RemoveAutoTopup(request(remove.key(), usedKey));
      case Step.Ask.RefuseTopup refuse ->
          new CustomerCommand.RefuseTopup(request(refuse.key(), usedKey));
      case Step.Ask.Retry ignored -> new SettleDue();
      case Step.Ask.Reuse ignored -> new SettleDue();
      case Step.Ask.Settle ignored -> new SettleDue();
    };
  }

  private static CustomerCommand updated(Step.Ask.Update update, @Nullable String usedKey) {
    int variant = update.variant();
    return new CustomerCommand.UpdateCustomer(
        request(update.key(), usedKey),
        variant % 2 == 0 ? null : new NewValue<>("name " + variant),
        variant % 3 == 0 ? new NewValue<>(null) : variant % 3 == 1 ? null : new NewValue<>("a@b"),
        switch (variant % 7) {
          case 0 -> new NewValue<>("Europe/Berlin");
          case 1 -> new NewValue<>("Pacific/Kiritimati");
          case 2 -> new NewValue<>(null);
          default -> null;
        },
        switch (variant % 8) {
          case 0 -> new NewValue<>(OveragePolicy.BLOCK);
          case 1 -> new NewValue<>(OveragePolicy.ALLOW);
          case 2 -> new NewValue<>(OveragePolicy.NOTIFY);
          case 3 -> new NewValue<>(null);
          default -> null;
        },
        switch (variant % 5) {
          case 0 -> new NewValue<>(update.amountMc());
          case 1 -> new NewValue<>(null);
          default -> null;
        },
        variant % 4 == 0 ? Map.of("tier", "iron") : null);
  }

  private static CustomerCommand granted(
      Step.Ask.Grant grant, @Nullable String usedKey, Instant now) {
    return new CustomerCommand.GrantCredits(
        request(grant.key(), usedKey),
        grant.creates() ? "acme" : null,
        grant.creditsMc(),
        grant.source(),
        grant.priority() % 2 == 0 ? null : "because\n\u0001\"of\" ü€",
        grant.priority(),
        plus(now, grant.effectiveIn()),
        plus(now, grant.expiresIn()),
        grant.expiresAfterSeconds(),
        grant.metricKeys(),
        grant.pricePaid(),
        grant.pricePaid() == null ? null : "EUR",
        grant.priority() % 3 == 0 ? Map.of("b", "2", "a", "\\", "é", "") : Map.of());
  }

  private static CustomerCommand.RecordUsage used(
      Step.Ask.Use use, @Nullable String usedKey, Instant now) {
    return new CustomerCommand.RecordUsage(
        request(use.key(), usedKey),
        use.metricKey(),
        use.units(),
        pricing(use.metricKey(), use.rates(), now),
        use.policy(),
        plus(now, use.usedIn()),
        use.properties(),
        use.key() % 2 == 0 ? Map.of() : Map.of("job", "j-" + use.key()));
  }

  private CustomerCommand reversed(Step.Ask.Reverse reverse, @Nullable String usedKey) {
    JournalFacts.Use use = facts.use(reverse.back());
    return use == null
        ? new SettleDue()
        : new CustomerCommand.ReverseUsage(
            request(reverse.key(), usedKey),
            use.number(),
            use.metricKey(),
            reverse.creditsMc(),
            "failed",
            use.costMc(),
            use.overageMc(),
            use.taken(),
            use.blocks());
  }

  private static CustomerCommand reserved(
      Step.Ask.Reserve reserve, @Nullable String usedKey, Instant now) {
    String metricKey = reserve.metricKey();
    return new CustomerCommand.Reserve(
        request(reserve.key(), usedKey),
        metricKey,
        metricKey == null ? null : reserve.units(),
        metricKey == null ? reserve.creditsMc() : null,
        metricKey == null ? Pricing.NONE : pricing(metricKey, reserve.rates(), now),
        reserve.policy(),
        reserve.ttlSeconds(),
        reserve.properties(),
        reserve.key() % 2 == 0 ? Map.of() : Map.of("job", "r-" + reserve.key()));
  }

  private static CustomerCommand toppedUp(
      Step.Ask.Topup topup, @Nullable String usedKey, Instant now) {
    return new CustomerCommand.GrantTopup(
        request(topup.key(), usedKey),
        topup.creates() ? "acme" : null,
        topup.payment() == null
            ? null
            : new RequestKey(
                "payment " + topup.payment(),
                Objects.hash(topup.packageKey(), topup.creditsMc(), topup.pricePaid())),
        topup.packageKey(),
        topup.creditsMc(),
        topup.bonusMc(),
        topup.pricePaid(),
        topup.pricePaid() == null ? null : "EUR",
        topup.priority(),
        plus(now, topup.expiresIn()),
        topup.expiresAfterSeconds(),
        topup.metricKeys(),
        topup.priority() % 2 == 0 ? Map.of() : Map.of("order", "o-" + topup.key()));
  }

  /** The command that would use as much, to be asked whether it may. */
  static CustomerCommand.RecordUsage checked(Step.Ask.Use use, Instant now) {
    return used(use, "checked", now);
  }

  private static Pricing pricing(String metricKey, List<Step.Rate> rates, Instant now) {
    var rules = new ArrayList<MeteringRule>();
    for (Step.Rate rate : rates) {
      rules.add(
          new MeteringRule(
              "rul_" + rules.size(),
              metricKey,
              rules.size() + 1,
              rate.price(),
              rate.scope(),
              rate.dimensions(),
              rate.rounding(),
              now.plus(rate.effectiveIn()),
              Customers.START));
    }
    rules.sort(
        Comparator.comparing(MeteringRule::effectiveAt).thenComparingInt(MeteringRule::version));
    return new Pricing(rules);
  }

  private static @Nullable Instant plus(Instant now, @Nullable Duration by) {
    return by == null ? null : now.plus(by);
  }

  private static RequestKey request(int key, @Nullable String usedKey) {
    return new RequestKey(usedKey == null ? "key-" + key : usedKey, 31L * key + 7);
  }
}
