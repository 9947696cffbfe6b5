package io.quotastack.cluster.alarms;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.Execution;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.quotastack.engine.ids.CustomerRef;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rings what is due, by db-scheduler: each node picks due rows that no other has, rings their
 * customers all at the same time, a virtual thread for each, and removes the rows of those that
 * answered. A row goes in no other way: a ring that fails is repeated after a second and then after
 * ever longer, up to a minute; and what a node was ringing when it died, another rings.
 */
final class AlarmScheduler {
  private static final Logger LOG = LoggerFactory.getLogger(AlarmScheduler.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** What has missed so many heartbeats is taken over; db-scheduler allows no fewer. */
  private static final int MISSED_HEARTBEATS = 4;

  /** How much of what a node may ring at once has to be done before it looks for more. */
  private static final double LOOK_AGAIN_BELOW = 0.5;

  /** Rings under way get so long before the node leaves them to others. */
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

  /** Rows of another version's tasks are never deleted, as db-scheduler would after some days. */
  private static final Duration FOREVER = Duration.ofDays(36_500);

  private final Function<CustomerRef, ? extends CompletionStage<? extends Object>> ringer;
  private final Duration ringTimeout;
  private final GatheredWrites<AlarmTable.Rung> finished;
  private final FailedRings failedRings = new FailedRings();
  private final Scheduler scheduler;
  private volatile boolean stopping;

  /**
   * Starts it.
   *
   * @param nodeName by which rows and threads tell whose they are
   * @param finished writes what became of rows that were rung
   * @param ringer rings a customer; complete when it has looked at its clock
   */
  AlarmScheduler(
      String nodeName,
      DataSource database,
      AlarmSettings settings,
      GatheredWrites<AlarmTable.Rung> finished,
      Function<CustomerRef, ? extends CompletionStage<? extends Object>> ringer) {
    this.ringer = ringer;
    this.ringTimeout = settings.ringTimeout();
    this.finished = finished;
    this.scheduler =
        Scheduler.create(database, task())
            .schedulerName(new SchedulerName.Fixed(nodeName))
            .jdbcCustomization(new QuietPolling())
            .pollingInterval(settings.pollInterval())
            .threads(settings.maxRinging())
            .pollUsingLockAndFetch(LOOK_AGAIN_BELOW, 1.0)
            .heartbeatInterval(settings.heartbeatInterval())
            .missedHeartbeatsLimit(MISSED_HEARTBEATS)
            .deleteUnresolvedAfter(FOREVER)
            .shutdownMaxWait(STOP_PATIENCE)
            .failureLogging(LogLevel.OFF, false) // FailedRings tells
            .executorService(
                Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name(nodeName + "-alarm-", 0).factory()))
            .dueExecutor(
                Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name(nodeName + "-alarms-due").daemon().factory()))
            .housekeeperExecutor(
                Executors.newScheduledThreadPool(
                    2, Thread.ofPlatform().name(nodeName + "-alarms-alive-", 0).daemon().factory()))
            .build();
    scheduler.start();
  }

  private Task<Void> task() {
    return Tasks.custom(AlarmTable.TASK, Void.class)
        .onFailure((failed, operations) -> putOff(failed))
        .onDeadExecution((dead, operations) -> takeOver(dead))
        .execute((instance, context) -> ring(context.getExecution()));
  }

  private CompletionHandler<Void> ring(Execution picked) {
    await(ringer.apply(Alarm.customerOf(picked.getId())));
    return (complete, operations) -> finish(picked, null);
  }

  private void await(CompletionStage<? extends Object> ringing) {
    try {
      ringing.toCompletableFuture().get(ringTimeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer within " + ringTimeout, e);
    } catch (InterruptedException e) {
      // The thread's last act is to put the row off, for which it must not be interrupted.
      throw new IllegalStateException("the node stops", e);
    }
  }

  private void putOff(ExecutionComplete failed) {
    Execution picked = failed.getExecution();
    int failures = picked.consecutiveFailures + 1;
    Duration pause = Duration.ZERO;
    if (!stopping) {
      pause = pause(picked.consecutiveFailures);
      failedRings.add(
          picked.getId(), failures, failed.getCause().map(Throwable::getMessage).orElse("unknown"));
    }
    Instant now = failed.getTimeDone();
    finish(picked, new AlarmTable.Failure(now, failures, now.plus(pause)));
  }

  /**
   * Waits until that is in the row, so that what is being finished counts as being rung: it bounds
   * how much there is of it, and a node that stops waits for it.
   */
  private void finish(Execution picked, AlarmTable.@Nullable Failure failure) {
    try {
      finished.write(new AlarmTable.Rung(picked.getId(), picked.version, failure)).join();
    } catch (RuntimeException e) {
      // The row stays picked, and is taken over like that of a dead node.
      LOG.debug("{} was rung but cannot be finished", picked.getId(), e);
    }
  }

  /** The longer the more often it failed before. */
  static Duration pause(int failuresBefore) {
    int doublings = Math.min(failuresBefore, 10);
    Duration pause = FIRST_PAUSE.multipliedBy(1L << doublings);
    return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }

  /** What another node died over becomes due again; if that fails, it is found again. */
  private void takeOver(ExecutionComplete dead) {
    Execution picked = dead.getExecution();
    Instant now = dead.getTimeDone();
    var _ =
        finished.write(
            new AlarmTable.Rung(
                picked.getId(),
                picked.version,
                new AlarmTable.Failure(now, picked.consecutiveFailures + 1, now)));
  }

  /**
   * Begins no more rings, and returns when those under way are over, or are left to other nodes
   * because they take long.
   */
  void stop() {
    stopping = true;
    scheduler.stop();
  }
}
