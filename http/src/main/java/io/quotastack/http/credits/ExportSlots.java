package io.quotastack.http.credits;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/**
 * How many exports a node writes at once. A slot that was taken for an answer that was never sent,
 * because its client was gone before, comes free by itself after a while.
 */
final class ExportSlots {
  private enum Use {
    TAKEN,
    SENDING,
    FREE
  }

  private final ActorSystem<?> system;
  private final Duration sendingBegins;
  private final Semaphore free;

  /**
   * So many slots.
   *
   * @param sendingBegins after so long without {@link Slot#begin()} a slot comes free
   */
  ExportSlots(ActorSystem<?> system, int slots, Duration sendingBegins) {
    this.system = system;
    this.sendingBegins = sendingBegins;
    this.free = new Semaphore(slots);
  }

  /** A free slot, or null if there is none. */
  @Nullable Slot take() {
    return free.tryAcquire() ? new Slot() : null;
  }

  /** One export's right to be written. */
  final class Slot {
    private final AtomicReference<Use> use = new AtomicReference<>(Use.TAKEN);
    private final Cancellable expiry =
        system.scheduler().scheduleOnce(sendingBegins, this::expire, system.executionContext());

    /** Whether the answer may begin now; false if it is too late for it. */
    boolean begin() {
      expiry.cancel();
      return use.compareAndSet(Use.TAKEN, Use.SENDING);
    }

    /** Gives the slot back; more than once is fine. */
    void free() {
      expiry.cancel();
      if (use.getAndSet(Use.FREE) != Use.FREE) {
        free.release();
      }
    }

    private void expire() {
      if (use.compareAndSet(Use.TAKEN, Use.FREE)) {
        free.release();
      }
    }
  }
}
