package io.quotastack.engine.customer;

import io.quotastack.engine.serialization.StoredJson;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.persistence.testkit.JournalOperation;
import org.apache.pekko.persistence.testkit.ProcessingPolicy;
import org.apache.pekko.persistence.testkit.ProcessingResult;
import org.apache.pekko.persistence.testkit.ProcessingSuccess;
import org.apache.pekko.persistence.testkit.StorageFailure;
import org.apache.pekko.persistence.testkit.WriteEvents;
import org.jspecify.annotations.Nullable;

/**
 * Sees every write on its way to the journal, and may have it fail. Some of what it sees it has
 * read from the JSON under which it would be stored.
 */
final class JournalTap implements ProcessingPolicy<JournalOperation> {
  /** One of so many events is read from the JSON under which it would be stored. */
  private static final int STORED = 64;

  private final Map<String, Tape> tapes = new ConcurrentHashMap<>();

  /** What is written of that customer from now on. */
  Tape tape(String persistenceId, Alarm alarm) {
    var tape = new Tape(alarm);
    tapes.put(persistenceId, tape);
    return tape;
  }

  void forgetAll() {
    tapes.clear();
  }

  @Override
  public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
    Tape tape = tapes.get(persistenceId);
    return tape == null || !(operation instanceof WriteEvents write) || tape.take(write.getBatch())
        ? ProcessingSuccess.getInstance()
        : StorageFailure.create();
  }

  /** Tells the earliest alarm that is set for a customer; null = none is. */
  interface Alarm {
    @Nullable Instant earliest();
  }

  /**
   * One atomic write.
   *
   * @param last the number of its last event
   * @param alarm the earliest alarm that was set when it was written; null = none was
   */
  record Written(long last, @Nullable Instant alarm) {}

  /** The events of one customer that nobody has looked at yet. */
  static final class Tape {
    private final Alarm alarm;
    private final List<CustomerEvent> events = new ArrayList<>();
    private final Deque<Written> writes = new ArrayDeque<>();
    private long seen;
    private long forgotten;
    private boolean fails;
    private @Nullable Runnable onWrite;
    private long awaited = Long.MAX_VALUE;
    private @Nullable Runnable onReached;

    private Tape(Alarm alarm) {
      this.alarm = alarm;
    }

    private synchronized boolean take(List<?> batch) {
      if (fails) {
        fails = false;
        return false;
      }
      for (Object written : batch) {
        var event = (CustomerEvent) written;
        events.add(seen++ % STORED == 0 ? stored(event) : event);
      }
      writes.add(new Written(last(), alarm.earliest()));
      if (onWrite != null) {
        onWrite.run();
        onWrite = null;
      }
      tellIfReached();
      return true;
    }

    private static CustomerEvent stored(CustomerEvent event) {
      CustomerEvent read = StoredJson.read(StoredJson.write(event), event.getClass());
      if (!read.equals(event)) {
        throw new AssertionError("as JSON\n  " + event + "\nis read as\n  " + read);
      }
      return read;
    }

    private void tellIfReached() {
      if (onReached != null && last() >= awaited) {
        onReached.run();
        onReached = null;
      }
    }

    /** The next write fails, or none if nothing is written. */
    synchronized void failNext(boolean next) {
      fails = next;
    }

    /** Runs that when the next write is on its way. Null = nothing. */
    synchronized void onWrite(@Nullable Runnable run) {
      onWrite = run;
    }

    /** Runs that as soon as there is an event of that number. */
    synchronized void onReached(long number, Runnable run) {
      awaited = number;
      onReached = run;
      tellIfReached();
    }

    /** The number of the newest event. */
    synchronized long last() {
      return forgotten + events.size();
    }

    synchronized CustomerEvent event(long number) {
      if (number > last()) {
        throw new AssertionError("event " + number + " is not written; there are " + last());
      }
      return events.get(Math.toIntExact(number - forgotten - 1));
    }

    /** The next write, all of whose events have numbers up to that one; null = there is none. */
    synchronized @Nullable Written write(long upTo) {
      Written first = writes.peek();
      return first != null && first.last() <= upTo ? writes.remove() : null;
    }

    /** Forgets the events up to that number. */
    synchronized List<CustomerEvent> takeUpTo(long number) {
      List<CustomerEvent> old = events.subList(0, Math.toIntExact(number - forgotten));
      var taken = List.copyOf(old);
      old.clear();
      forgotten = number;
      return taken;
    }
  }
}
