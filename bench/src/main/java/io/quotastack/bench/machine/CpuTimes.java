package io.quotastack.bench.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The CPU time that each part of a run has used so far, read from {@code /proc}.
 *
 * @param nanos when it was read, on the clock of {@link System#nanoTime()}
 * @param partTicks by part: its processes' ticks, with those of their ended children
 * @param busyTicks of the whole machine, whoever used them
 */
public record CpuTimes(long nanos, Map<String, Long> partTicks, long busyTicks) {
  /** Linux counts in this unit towards programs on every machine, whatever its own tick is. */
  private static final double TICKS_PER_SECOND = 100;

  private static final int PARENT = 1;
  private static final int USER = 11;
  private static final int SYSTEM = 12;
  private static final int CHILDREN_USER = 13;
  private static final int CHILDREN_SYSTEM = 14;

  /** Whether this machine has what the figures are read from. */
  public static boolean areKnown() {
    return Files.isReadable(Path.of("/proc/self/stat"));
  }

  /**
   * Reads them now.
   *
   * @param parts by part the process whose time counts, together with its children that live
   */
  public static CpuTimes read(Map<String, Long> parts) {
    Map<String, Long> partTicks = new LinkedHashMap<>();
    List<long[]> all = processes();
    parts.forEach((part, pid) -> {
      long ticks = 0;
      for (long[] process : all) {
        if (process[0] == pid) {
          ticks += process[2] + process[3];
        } else if (process[1] == pid) {
          ticks += process[2];
        }
      }
      partTicks.put(part, ticks);
    });
    return new CpuTimes(System.nanoTime(), partTicks, machineBusyTicks());
  }

  /**
   * The cores that each part kept busy since an earlier reading: 0.5 is half of one core. What was
   * used by neither part is {@code other}.
   */
  public Map<String, Double> coresSince(CpuTimes earlier) {
    double ticks = (nanos - earlier.nanos) / 1e9 * TICKS_PER_SECOND;
    Map<String, Double> cores = new LinkedHashMap<>();
    double known = 0;
    for (Map.Entry<String, Long> part : partTicks.entrySet()) {
      double used = part.getValue() - earlier.partTicks.getOrDefault(part.getKey(), 0L);
      known += used;
      cores.put(part.getKey(), used / ticks);
    }
    cores.put("other", Math.max(0, busyTicks - earlier.busyTicks - known) / ticks);
    return cores;
  }

  /** For each process: its id, its parent's, its own ticks, those of its children that ended. */
  private static List<long[]> processes() {
    List<long[]> processes = new ArrayList<>();
    try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path entry : entries) {
        String stat;
        try {
          stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
          continue;
        } catch (IOException e) {
          // A process that ends while it is read answers ESRCH.
          continue;
        }
        processes.add(process(Long.parseLong(entry.getFileName().toString()), stat));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return processes;
  }

  /** Reads a line of {@code /proc/PID/stat}; the command's name in it may hold anything. */
  static long[] process(long pid, String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new long[] {
      pid,
      Long.parseLong(fields[PARENT]),
      Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM]),
      Long.parseLong(fields[CHILDREN_USER]) + Long.parseLong(fields[CHILDREN_SYSTEM])
    };
  }

  private static long machineBusyTicks() {
    try {
      return busyTicks(Files.readString(Path.of("/proc/stat")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * From {@code /proc/stat}: user, nice, system, irq, softirq and steal, but not idle or iowait.
   */
  static long busyTicks(String stat) {
    String[] fields = stat.lines().findFirst().orElseThrow().trim().split(" +", -1);
    long busy = 0;
    for (int field : new int[] {1, 2, 3, 6, 7, 8}) {
      busy += Long.parseLong(fields[field]);
    }
    return busy;
  }
}
