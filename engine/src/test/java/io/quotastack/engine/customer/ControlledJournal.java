package io.quotastack.engine.customer;

import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.persistence.testkit.JournalOperation;
import org.apache.pekko.persistence.testkit.ProcessingPolicy;
import org.apache.pekko.persistence.testkit.ProcessingResult;
import org.apache.pekko.persistence.testkit.ProcessingSuccess;
import org.apache.pekko.persistence.testkit.ReadEvents;
import org.apache.pekko.persistence.testkit.Reject;
import org.apache.pekko.persistence.testkit.StorageFailure;
import org.apache.pekko.persistence.testkit.WriteEvents;

/**
 * Lets a test hold what is on its way to the journal or from it, have it fail, and count it. One
 * customer at a time: a held operation holds the whole journal.
 */
final class ControlledJournal implements ProcessingPolicy<JournalOperation> {
  /** An operation that nobody lets go must not hang the build. */
  private static final long LONGEST_HOLD_SECONDS = 30;

  /** What becomes of the next operation of a kind. */
  private enum Fate {
    FAILS,
    IS_REJECTED
  }

  private record Kind(String persistenceId, boolean write) {}

  private final Map<String, List<Integer>> writes = new ConcurrentHashMap<>();
  private final Map<Kind, CountDownLatch> holds = new ConcurrentHashMap<>();
  private final Map<Kind, Boolean> held = new ConcurrentHashMap<>();
  private final Map<Kind, Fate> fates = new ConcurrentHashMap<>();

  @Override
  public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
    Kind kind;
    switch (operation) {
      case WriteEvents write -> {
        writes
            .computeIfAbsent(persistenceId, ignored -> new ArrayList<>())
            .add(write.getBatch().size());
        kind = new Kind(persistenceId, true);
      }
      case ReadEvents ignored -> kind = new Kind(persistenceId, false);
      default -> {
        return ProcessingSuccess.getInstance();
      }
    }
    CountDownLatch hold = holds.get(kind);
    if (hold != null) {
      held.put(kind, true);
      awaitRelease(hold);
    }
    Fate fate = fates.remove(kind);
    return switch (fate) {
      case null -> ProcessingSuccess.getInstance();
      case FAILS -> StorageFailure.create();
      case IS_REJECTED -> Reject.create();
    };
  }

  private static void awaitRelease(CountDownLatch hold) {
    try {
      if (!hold.await(LONGEST_HOLD_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody let the operation go");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How many events each durable write had, oldest first. */
  List<Integer> writes(String persistenceId) {
    return List.copyOf(writes.getOrDefault(persistenceId, List.of()));
  }

  void holdWrites(String persistenceId) {
    hold(new Kind(persistenceId, true));
  }

  void holdReads(String persistenceId) {
    hold(new Kind(persistenceId, false));
  }

  private void hold(Kind kind) {
    held.remove(kind);
    holds.put(kind, new CountDownLatch(1));
  }

  /** Returns once a write is on its way. */
  void awaitHeldWrite(String persistenceId) {
    await().until(() -> held.containsKey(new Kind(persistenceId, true)));
  }

  /** Returns once something is being read. */
  void awaitHeldRead(String persistenceId) {
    await().until(() -> held.containsKey(new Kind(persistenceId, false)));
  }

  void release(String persistenceId) {
    for (boolean write : new boolean[] {true, false}) {
      CountDownLatch hold = holds.remove(new Kind(persistenceId, write));
      if (hold != null) {
        hold.countDown();
      }
    }
  }

  void failNextWrite(String persistenceId) {
    fates.put(new Kind(persistenceId, true), Fate.FAILS);
  }

  void rejectNextWrite(String persistenceId) {
    fates.put(new Kind(persistenceId, true), Fate.IS_REJECTED);
  }

  void failNextRead(String persistenceId) {
    fates.put(new Kind(persistenceId, false), Fate.FAILS);
  }
}
