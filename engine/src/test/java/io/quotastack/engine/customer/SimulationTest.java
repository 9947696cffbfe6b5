package io.quotastack.engine.customer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Thousands of customers live through months, with the real actors on a journal in memory: grants,
 * usage, holds, expiries, corrections, topups, retries, group commits, restarts, crashes, failing
 * writes, and clocks that jump. After every single step its answer and its events are held against
 * the {@link ReferenceCustomer} and every invariant of semantics 3 is checked, for every customer;
 * what is due must come into the journal without anybody asking, and have had an alarm before it
 * was written. A failure prints its seed: {@code -Dsimulation.seed=<seed>} repeats it, {@code
 * -Dsimulation.steps=<count>} takes another number of steps.
 *
 * <p>The same seed makes the same customers ask the same things at the same instants. Only how far
 * different customers have come, and what exactly is lost in a crash, is up to the machine.
 */
class SimulationTest {
  private static final long STEPS = Long.getLong("simulation.steps", 1_000_000);

  /** While one waits for its last customers, the other goes on. */
  private static final int WORLDS = 2;

  private static final long FEW_STEPS = 30_000;

  /** In so many steps everything happens. */
  private static final long ENOUGH_FOR_ALL = 200_000;

  @Test
  void customers_live_through_months_as_the_model_says_and_keep_every_invariant() throws Exception {
    Long given = Long.getLong("simulation.seed");
    long seed = given == null ? new SplittableRandom().nextLong() : given;
    long start = System.nanoTime();

    List<Lived> lived = live(seed, STEPS);

    long steps = lived.stream().mapToLong(Lived::steps).sum();
    long customers = lived.stream().mapToLong(each -> each.ends().size()).sum();
    System.out.printf(
        "simulation: seed %d, %d steps of %d customers, %d s, cpu %d s%n",
        seed,
        steps,
        customers,
        (System.nanoTime() - start) / 1_000_000_000,
        ProcessHandle.current().info().totalCpuDuration().get().toSeconds());
    System.out.println("in one of its worlds: " + lived.getFirst().happened());
    assertThat(steps).isGreaterThanOrEqualTo(STEPS);
    if (STEPS >= ENOUGH_FOR_ALL) {
      assertThat(lived.getFirst().happened()).containsKeys(all());
    }
  }

  @Test
  void the_same_seed_gives_the_same_ledgers() throws Exception {
    List<Lived> first = live(42, FEW_STEPS);
    List<Lived> again = live(42, FEW_STEPS);

    assertThat(again).extracting(Lived::ends).isEqualTo(first.stream().map(Lived::ends).toList());
  }

  /** Every kind of event, and all that befalls an actor. */
  private static String[] all() {
    return Stream.concat(
            kinds(CustomerEvent.class).map(Class::getSimpleName),
            Stream.of(
                "crashed",
                "crashed while writing",
                "due in memory",
                "due out of memory",
                "failed to write",
                "left memory",
                "looked",
                "replayed",
                "restarted"))
        .toArray(String[]::new);
  }

  private static Stream<Class<?>> kinds(Class<?> event) {
    return event.isInterface()
        ? Stream.of(event.getPermittedSubclasses()).flatMap(SimulationTest::kinds)
        : Stream.of(event);
  }

  private record Lived(long steps, Map<String, String> ends, Map<String, Long> happened) {}

  private static List<Lived> live(long seed, long steps) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(WORLDS)) {
      var worlds = new ArrayList<Future<Lived>>();
      for (int i = 0; i < WORLDS; i++) {
        int number = i;
        Callable<Lived> life = () -> live(seed, number, (steps + WORLDS - 1) / WORLDS);
        worlds.add(threads.submit(life));
      }
      var lived = new ArrayList<Lived>();
      for (Future<Lived> world : worlds) {
        lived.add(world.get());
      }
      return lived;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AssertionError wrong) {
        throw wrong;
      }
      throw e;
    }
  }

  private static Lived live(long seed, int number, long steps) {
    try (var world = new SimulatedWorld(seed, number)) {
      world.live(steps);
      var happened = new TreeMap<String, Long>();
      world.happened().forEach((what, count) -> happened.put(what, count.sum()));
      return new Lived(world.steps(), world.ends(), happened);
    }
  }
}
