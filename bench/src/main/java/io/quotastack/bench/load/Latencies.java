package io.quotastack.bench.load;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** Latencies in an HdrHistogram: 1 ns to 60 s with three significant digits. */
public final class Latencies {
  private static final long HIGHEST_NANOS = 60_000_000_000L;
  private static final int SIGNIFICANT_DIGITS = 3;

  private final Histogram histogram;

  public Latencies() {
    this(new Histogram(HIGHEST_NANOS, SIGNIFICANT_DIGITS));
  }

  private Latencies(Histogram histogram) {
    this.histogram = histogram;
  }

  /** Records one latency; what lies outside the range counts as its nearest end. */
  public void record(long nanos) {
    histogram.recordValue(Math.max(0, Math.min(HIGHEST_NANOS, nanos)));
  }

  public void add(Latencies other) {
    histogram.add(other.histogram);
  }

  public long count() {
    return histogram.getTotalCount();
  }

  /** The latency, in milliseconds, that this share (0-100) of the recorded ones does not exceed. */
  public double percentileMillis(double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1e6;
  }

  public double meanMillis() {
    return histogram.getMean() / 1e6;
  }

  public double maxMillis() {
    return histogram.getMaxValue() / 1e6;
  }

  /** The whole histogram as text, to hand it from one process to another without loss. */
  public String encoded() {
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int length = histogram.encodeIntoCompressedByteBuffer(buffer);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
  }

  public static Latencies decoded(String text) {
    try {
      return new Latencies(
          Histogram.decodeFromCompressedByteBuffer(
              ByteBuffer.wrap(Base64.getDecoder().decode(text)), HIGHEST_NANOS));
    } catch (DataFormatException e) {
      throw new IllegalArgumentException("not an encoded histogram", e);
    }
  }
}
