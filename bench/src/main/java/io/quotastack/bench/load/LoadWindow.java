package io.quotastack.bench.load;

/** The instants of one run and the two moments in it that others wait for. */
public final class LoadWindow {
  /** Told when the measured window opens and closes, so that CPU time is read at these instants. */
  interface Listener {
    void opened();

    void closed();
  }

  /** How long after the window what is still in flight may take before it counts as an error. */
  public static final long DRAIN_NANOS = 10_000_000_000L;

  private final Listener listener;
  private final long startNanos;
  private final long openNanos;
  private final long closeNanos;
  private boolean opened;
  private boolean closed;

  LoadWindow(long startNanos, long rampMillis, long windowMillis, Listener listener) {
    this.startNanos = startNanos;
    this.openNanos = startNanos + rampMillis * 1_000_000;
    this.closeNanos = openNanos + windowMillis * 1_000_000;
    this.listener = listener;
  }

  /** Tells the listener what has come to pass by now; from one thread only. */
  void advance(long nowNanos) {
    if (!opened && nowNanos - openNanos >= 0) {
      opened = true;
      listener.opened();
    }
    if (!closed && isOver(nowNanos)) {
      closed = true;
      listener.closed();
    }
  }

  long startNanos() {
    return startNanos;
  }

  long openNanos() {
    return openNanos;
  }

  long closeNanos() {
    return closeNanos;
  }

  boolean contains(long nanos) {
    return nanos - openNanos >= 0 && nanos - closeNanos < 0;
  }

  boolean isOver(long nowNanos) {
    return nowNanos - closeNanos >= 0;
  }

  boolean isDrainOver(long nowNanos) {
    return nowNanos - closeNanos >= DRAIN_NANOS;
  }

  double seconds() {
    return (closeNanos - openNanos) / 1e9;
  }
}
