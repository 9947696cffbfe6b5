package io.quotastack.engine.customer;

import com.typesafe.config.Config;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.testkit.ExplicitlyTriggeredScheduler;
import org.jspecify.annotations.Nullable;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * The scheduler of the testkit's manual time for thousands of timers: the one that comes with it
 * sorts them all anew for each that fires, and rests a tenth of a second each time that time
 * passes.
 */
final class SimulatedScheduler extends ExplicitlyTriggeredScheduler {
  private record Task(
      long atMillis, long order, @Nullable FiniteDuration interval, Runnable runnable)
      implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      return atMillis == other.atMillis
          ? Long.compare(order, other.order)
          : Long.compare(atMillis, other.atMillis);
    }
  }

  private final ConcurrentSkipListSet<Task> tasks = new ConcurrentSkipListSet<>();
  private final AtomicLong nowMillis = new AtomicLong();
  private final AtomicLong scheduled = new AtomicLong();

  SimulatedScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
    super(config, log, threads);
  }

  @Override
  public Cancellable scheduleOnce(
      FiniteDuration delay, Runnable runnable, ExecutionContext executor) {
    return add(delay, null, runnable);
  }

  @Override
  public Cancellable schedule(
      FiniteDuration initialDelay,
      FiniteDuration interval,
      Runnable runnable,
      ExecutionContext executor) {
    return add(initialDelay, interval, runnable);
  }

  private Cancellable add(
      FiniteDuration delay, @Nullable FiniteDuration interval, Runnable runnable) {
    long millis = Math.max(0, Math.ceilDiv(delay.toNanos(), 1_000_000L));
    var task = new Task(nowMillis.get() + millis, scheduled.incrementAndGet(), interval, runnable);
    tasks.add(task);
    if (millis == 0) {
      runUntil(nowMillis.get());
    }
    return new Cancellable() {
      private volatile boolean cancelled;

      @Override
      public boolean cancel() {
        cancelled = true;
        return tasks.remove(task);
      }

      @Override
      public boolean isCancelled() {
        return cancelled;
      }
    };
  }

  @Override
  public void timePasses(FiniteDuration amount) {
    long then = nowMillis.get() + amount.toMillis();
    runUntil(then);
    nowMillis.set(then);
  }

  private void runUntil(long untilMillis) {
    while (!tasks.isEmpty()) {
      Task first = tasks.first();
      if (first.atMillis() > untilMillis) {
        return;
      }
      if (tasks.remove(first)) {
        nowMillis.accumulateAndGet(first.atMillis(), Math::max);
        first.runnable().run();
        FiniteDuration interval = first.interval();
        if (interval != null) {
          tasks.add(
              new Task(
                  first.atMillis() + interval.toMillis(),
                  scheduled.incrementAndGet(),
                  interval,
                  first.runnable()));
        }
      }
    }
  }

  @Override
  public long currentTimeMs() {
    return nowMillis.get();
  }
}
