package io.quotastack.engine.customer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of all that can happen to a customer. Each run draws new ones. A failure prints
 * its seed and the shortest part of its sequence that still fails; {@code -Dquotastack.seed=<seed>}
 * runs that sequence alone, {@code -Dquotastack.sequences=<count>} another number of them.
 */
class CustomerSequencesTest {
  private static final int SEQUENCES = Integer.getInteger("quotastack.sequences", 10_000);
  private static final long LOOKS_SEED = 42;

  /** Every event, every refusal, every other outcome, and the forms of a debit. */
  private static final String[] ALL_THAT_CAN_HAPPEN = {
    "0 allocations",
    "1 allocations",
    "2 allocations",
    "AutoTopupSet",
    "BlockActivated",
    "BlockExpired",
    "BlockVoided",
    "CreditAdjusted",
    "CreditGranted",
    "CreditsReserved",
    "CustomerCreated",
    "CustomerUpdated",
    "OverageBooked",
    "OverageSettled",
    "ReservationCaptured",
    "ReservationExtended",
    "ReservationReleased",
    "TopupGranted",
    "TopupRefused",
    "TopupRequested",
    "UsageRecorded",
    "UsageReversed",
    "done",
    "refused: block",
    "refused: customer exists",
    "refused: customer not found",
    "refused: field ",
    "refused: field /actual_units",
    "refused: field /credits",
    "refused: field /expires_after_seconds",
    "refused: field /expires_at",
    "refused: insufficient",
    "refused: key reused",
    "refused: no price for calls_",
    "refused: no price for images",
    "refused: no price for tokens",
    "refused: no rule for calls_",
    "refused: no rule for images",
    "refused: no rule for tokens",
    "refused: no topup pending",
    "refused: out of range",
    "refused: payment conflict with",
    "refused: reservation",
    "refused: timestamp",
    "replayed",
    "settled"
  };

  @Test
  void any_sequence_does_what_a_naive_model_does_and_keeps_every_invariant() {
    forAll(SEQUENCES, StepGenerator::steps, CustomerRun::of);
  }

  @Test
  void when_somebody_looks_never_changes_the_ledger() {
    forAll(SEQUENCES / 10, StepGenerator::requests, CustomerSequencesTest::lookedAt);
  }

  @Test
  void the_sequences_reach_all_that_can_happen() {
    var happened = new TreeSet<String>();
    for (int seed = 0; seed < 400; seed++) {
      CustomerRun run = CustomerRun.of(StepGenerator.steps(seed));
      run.outcomes.forEach(outcome -> happened.add(outcome.replaceAll("( as .*)|( ?[0-9].*)", "")));
      for (CustomerEvent event : run.journal) {
        happened.add(event.getClass().getSimpleName());
        if (event instanceof CustomerEvent.UsageRecorded used) {
          happened.add(Math.min(2, used.entry().allocations().size()) + " allocations");
        }
      }
    }
    assertThat(happened).containsExactlyInAnyOrder(ALL_THAT_CAN_HAPPEN);
  }

  /** Takes the sequence as it is, and again with looks in between and every batch split up. */
  private static void lookedAt(List<Step> steps) {
    var all = new ArrayList<>(steps);
    all.add(new Step.Judge(List.of(new Step.Ask.Settle())));
    CustomerRun unseen = CustomerRun.of(all);
    CustomerRun seen = CustomerRun.of(withLooks(unseen.taken, new SplittableRandom(LOOKS_SEED)));
    assertThat(seen.journal).isEqualTo(unseen.journal);
  }

  private static List<Step> withLooks(List<Step> steps, SplittableRandom random) {
    var seen = new ArrayList<Step>();
    for (Step step : steps) {
      switch (step) {
        case Step.Clock clock -> {
          long left = clock.by().toMillis();
          for (int looks = random.nextInt(3); left > 0; looks--) {
            long some = looks <= 0 ? left : random.nextLong(1, left + 1);
            seen.add(new Step.Clock(Duration.ofMillis(some)));
            seen.add(look(random));
            left -= some;
          }
        }
        case Step.Exact exact ->
            exact
                .commands()
                .forEach(command -> {
                  seen.add(new Step.Exact(List.of(command)));
                  seen.add(look(random));
                });
        default -> seen.add(step);
      }
    }
    return seen;
  }

  private static Step look(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> new Step.Look(Duration.ofMillis(random.nextLong(100_000_000)));
      case 1 -> new Step.Restart(Step.From.SNAPSHOT);
      default -> new Step.Judge(List.of(new Step.Ask.Settle()));
    };
  }

  private static void forAll(
      int count, LongFunction<List<Step>> steps, Consumer<List<Step>> property) {
    Long only = Long.getLong("quotastack.seed");
    LongStream seeds =
        only == null ? new SplittableRandom().longs(count).parallel() : LongStream.of(only);
    seeds
        .mapToObj(seed -> failure(seed, steps.apply(seed), property))
        .filter(failure -> failure != null)
        .findAny()
        .ifPresent(failure -> {
          throw failure;
        });
  }

  private static @Nullable AssertionError failure(
      long seed, List<Step> steps, Consumer<List<Step>> property) {
    Throwable cause = thrown(steps, property);
    if (cause == null) {
      return null;
    }
    List<Step> shortest = shortened(steps, property);
    Throwable shortestCause = thrown(shortest, property);
    var message = new StringBuilder("seed " + seed + " fails; replay it alone with:\n");
    message.append("  ./mvnw -pl engine test -Dtest=CustomerSequencesTest -Dquotastack.seed=");
    message.append(seed).append("\nThe shortest part of it that fails:\n");
    shortest.forEach(step -> message.append("  ").append(step).append('\n'));
    return new AssertionError(message.toString(), shortestCause == null ? cause : shortestCause);
  }

  private static @Nullable Throwable thrown(List<Step> steps, Consumer<List<Step>> property) {
    try {
      property.accept(steps);
      return null;
    } catch (RuntimeException | AssertionError e) {
      return e;
    }
  }

  /** Leaves out steps, and requests of a batch, as long as it still fails. */
  private static List<Step> shortened(List<Step> steps, Consumer<List<Step>> property) {
    List<Step> shortest = steps;
    boolean shorter = true;
    while (shorter) {
      shorter = false;
      for (List<Step> candidate : shorter(shortest)) {
        if (thrown(candidate, property) != null) {
          shortest = candidate;
          shorter = true;
          break;
        }
      }
    }
    return shortest;
  }

  private static List<List<Step>> shorter(List<Step> steps) {
    var candidates = new ArrayList<List<Step>>();
    for (int i = steps.size() - 1; i >= 0; i--) {
      var without = new ArrayList<>(steps);
      Step removed = without.remove(i);
      candidates.add(without);
      if (removed instanceof Step.Judge judge && judge.asks().size() > 1) {
        for (int j = 0; j < judge.asks().size(); j++) {
          var fewer = new ArrayList<>(judge.asks());
          fewer.remove(j);
          var replaced = new ArrayList<>(steps);
          replaced.set(i, new Step.Judge(fewer));
          candidates.add(replaced);
        }
      }
    }
    return candidates;
  }
}
