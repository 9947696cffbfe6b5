package io.quotastack.bench.load;

import java.util.ArrayList;
import java.util.List;

/** What went wrong during a run: how often, and the first few in words. */
final class Faults {
  private static final int SAMPLES_MAX = 5;

  private final List<String> samples = new ArrayList<>();
  private long count;

  synchronized void add(String what) {
    count++;
    if (samples.size() < SAMPLES_MAX) {
      samples.add(what);
    }
  }

  synchronized long count() {
    return count;
  }

  synchronized List<String> samples() {
    return List.copyOf(samples);
  }
}
