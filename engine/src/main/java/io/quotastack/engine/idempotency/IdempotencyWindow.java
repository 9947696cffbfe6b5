package io.quotastack.engine.idempotency;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

/**
 * The keys that one owner used in the last {@link #KEPT}, or ever: which request each stood for and
 * which journal event holds its effect. Immutable.
 *
 * <p>A key takes 40 bytes: 128 bits of its SHA-256, 64 bits of fingerprint, the event's number and
 * the time. New keys gather in a small persistent map; when that is full it is frozen into a sorted
 * array, and arrays of like size are merged (a log-structured merge of arrays), so that remembering
 * costs amortized O(log n), finding O(log² n), and what is too old falls out when it is merged or
 * when its whole array is.
 */
public final class IdempotencyWindow {
  /** How long a key is kept (semantics 9 asks for 24 hours at least). */
  public static final Duration KEPT = Duration.ofHours(24);

  private static final int FIELDS = 5;
  private static final int YOUNG_LIMIT = 256;
  private static final IdempotencyWindow EMPTY =
      new IdempotencyWindow(KEPT, TreePMap.empty(), List.of());
  private static final IdempotencyWindow ENDLESS =
      new IdempotencyWindow(null, TreePMap.empty(), List.of());

  private record Hash(long high, long low) implements Comparable<Hash> {
    private static final Comparator<Hash> ORDER =
        Comparator.comparingLong(Hash::high).thenComparingLong(Hash::low);

    static Hash of(String key) {
      byte[] digest = sha256().digest(key.getBytes(StandardCharsets.UTF_8));
      var longs = ByteBuffer.wrap(digest);
      return new Hash(longs.getLong(), longs.getLong());
    }

    @Override
    public int compareTo(Hash other) {
      return ORDER.compare(this, other);
    }
  }

  private record Entry(long fingerprint, long sequence, long atMillis) {}

  /** Rows of {@value #FIELDS} longs, sorted by hash; a hash stands in it once. */
  private static final class Run {
    private final long[] rows;
    private final long newestMillis;

    Run(long[] rows, long newestMillis) {
      this.rows = rows;
      this.newestMillis = newestMillis;
    }

    int size() {
      return rows.length / FIELDS;
    }

    @Nullable Entry find(Hash hash) {
      int low = 0;
      int high = size() - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        int order = Hash.ORDER.compare(hashAt(middle), hash);
        if (order == 0) {
          return entryAt(middle);
        }
        if (order < 0) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      return null;
    }

    Hash hashAt(int row) {
      return new Hash(rows[row * FIELDS], rows[row * FIELDS + 1]);
    }

    Entry entryAt(int row) {
      int at = row * FIELDS;
      return new Entry(rows[at + 2], rows[at + 3], rows[at + 4]);
    }
  }

  /** How long keys are kept; null = for ever. */
  private final @Nullable Duration kept;

  private final TreePMap<Hash, Entry> young;

  /** Frozen keys, oldest run first; each run is larger than the next. */
  private final List<Run> runs;

  private IdempotencyWindow(@Nullable Duration kept, TreePMap<Hash, Entry> young, List<Run> runs) {
    this.kept = kept;
    this.young = young;
    this.runs = runs;
  }

  /** A window that remembers nothing yet and will forget what is older than {@link #KEPT}. */
  public static IdempotencyWindow empty() {
    return EMPTY;
  }

  /** One that remembers nothing yet and will forget nothing. */
  public static IdempotencyWindow endless() {
    return ENDLESS;
  }

  /** How many keys are in memory, those that are too old but not yet dropped included. */
  public int size() {
    return young.size() + runs.stream().mapToInt(Run::size).sum();
  }

  /**
   * What that key was used for, or null if it was not used, or not within the time before {@code
   * now} for which keys are kept.
   */
  public @Nullable Remembered find(String key, Instant now) {
    Hash hash = Hash.of(key);
    Entry entry = young.get(hash);
    for (int i = runs.size() - 1; entry == null && i >= 0; i--) {
      entry = runs.get(i).find(hash);
    }
    return entry == null || entry.atMillis() < oldestKeptMillis(now)
        ? null
        : new Remembered(entry.fingerprint(), entry.sequence());
  }

  /** This window and one key more, whose effect is in that journal event. */
  public IdempotencyWindow remember(RequestKey request, long sequence, Instant at) {
    TreePMap<Hash, Entry> grown =
        young.plus(
            Hash.of(request.key()), new Entry(request.fingerprint(), sequence, at.toEpochMilli()));
    return grown.size() < YOUNG_LIMIT
        ? new IdempotencyWindow(kept, grown, runs)
        : new IdempotencyWindow(kept, TreePMap.empty(), frozen(grown, oldestKeptMillis(at)));
  }

  private List<Run> frozen(TreePMap<Hash, Entry> full, long oldestKeptMillis) {
    var left = new ArrayList<Run>();
    for (Run run : runs) {
      if (run.newestMillis >= oldestKeptMillis) {
        left.add(run);
      }
    }
    Run next = run(full);
    while (!left.isEmpty() && left.getLast().size() <= 2 * next.size()) {
      next = merge(left.removeLast(), next, oldestKeptMillis);
    }
    left.add(next);
    return List.copyOf(left);
  }

  private static Run run(TreePMap<Hash, Entry> sorted) {
    var rows = new long[sorted.size() * FIELDS];
    int at = 0;
    long newestMillis = Long.MIN_VALUE;
    for (var pair : sorted.entrySet()) {
      at = put(rows, at, pair.getKey(), pair.getValue());
      newestMillis = Math.max(newestMillis, pair.getValue().atMillis());
    }
    return new Run(rows, newestMillis);
  }

  /** Both as one run; where both have a hash, the younger wins. What is too old is left out. */
  private static Run merge(Run older, Run younger, long oldestKeptMillis) {
    var rows = new long[older.rows.length + younger.rows.length];
    int at = 0;
    int o = 0;
    int y = 0;
    while (o < older.size() || y < younger.size()) {
      int order =
          o == older.size()
              ? 1
              : y == younger.size() ? -1 : Hash.ORDER.compare(older.hashAt(o), younger.hashAt(y));
      Run source = order < 0 ? older : younger;
      int row = order < 0 ? o : y;
      if (source.entryAt(row).atMillis() >= oldestKeptMillis) {
        at = put(rows, at, source.hashAt(row), source.entryAt(row));
      }
      o += order <= 0 ? 1 : 0;
      y += order >= 0 ? 1 : 0;
    }
    return new Run(
        at == rows.length ? rows : Arrays.copyOf(rows, at),
        Math.max(older.newestMillis, younger.newestMillis));
  }

  private static int put(long[] rows, int at, Hash hash, Entry entry) {
    rows[at] = hash.high();
    rows[at + 1] = hash.low();
    rows[at + 2] = entry.fingerprint();
    rows[at + 3] = entry.sequence();
    rows[at + 4] = entry.atMillis();
    return at + FIELDS;
  }

  private long oldestKeptMillis(Instant now) {
    return kept == null ? Long.MIN_VALUE : now.minus(kept).toEpochMilli();
  }

  /** The window as bytes, for a snapshot: for each run, and last for the young keys, its rows. */
  public byte[] toBytes() {
    var all = new ArrayList<>(runs);
    if (!young.isEmpty()) {
      all.add(run(young));
    }
    int longs = all.stream().mapToInt(run -> 1 + run.rows.length).sum();
    var buffer = ByteBuffer.allocate(longs * Long.BYTES);
    LongBuffer fields = buffer.asLongBuffer();
    for (Run run : all) {
      fields.put(run.size()).put(run.rows);
    }
    return buffer.array();
  }

  /** The inverse of {@link #toBytes()} for a window that forgets. */
  public static IdempotencyWindow ofBytes(byte[] bytes) {
    return new IdempotencyWindow(KEPT, TreePMap.empty(), runsOf(bytes));
  }

  /** The inverse of {@link #toBytes()} for one that does not. */
  public static IdempotencyWindow endlessOfBytes(byte[] bytes) {
    return new IdempotencyWindow(null, TreePMap.empty(), runsOf(bytes));
  }

  private static List<Run> runsOf(byte[] bytes) {
    LongBuffer fields = ByteBuffer.wrap(bytes).asLongBuffer();
    var runs = new ArrayList<Run>();
    while (fields.hasRemaining()) {
      var rows = new long[Math.toIntExact(fields.get()) * FIELDS];
      fields.get(rows);
      long newestMillis = Long.MIN_VALUE;
      for (int i = FIELDS - 1; i < rows.length; i += FIELDS) {
        newestMillis = Math.max(newestMillis, rows[i]);
      }
      runs.add(new Run(rows, newestMillis));
    }
    return List.copyOf(runs);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
