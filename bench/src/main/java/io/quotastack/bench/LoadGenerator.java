package io.quotastack.bench;

import io.quotastack.bench.load.Latencies;
import io.quotastack.bench.load.LoadEvent;
import io.quotastack.bench.load.LoadJson;
import io.quotastack.bench.load.LoadOrder;
import io.quotastack.bench.load.LoadProcess;
import io.quotastack.bench.load.LoadWindow;
import io.quotastack.bench.machine.ChildProcess;
import io.quotastack.bench.machine.CpuTimes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The orchestrator's end of a load process: gives it orders and reads CPU times around them. */
final class LoadGenerator implements AutoCloseable {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);

  /** One measured window. */
  record Window(
      long operations,
      long late,
      double seconds,
      long errors,
      List<String> errorSamples,
      Latencies latencies,
      Map<String, Double> cores) {
    double perSecond() {
      return operations / seconds;
    }
  }

  private final ChildProcess process;

  LoadGenerator(String name, Path logs) throws IOException {
    process =
        ChildProcess.start(
            name,
            logs,
            List.of("-Xmx512m", "-XX:+UseSerialGC"),
            LoadProcess.class,
            List.of(),
            Map.of());
  }

  long pid() {
    return process.pid();
  }

  void connect(LoadOrder order) throws IOException, InterruptedException {
    ask(order, ANSWER_LIMIT, LoadEvent.Ready.class);
  }

  /** Carries out a run; the supplier reads the CPU times as its window opens and closes. */
  Window run(LoadOrder.Run order, Supplier<CpuTimes> cpuTimes)
      throws IOException, InterruptedException {
    Duration limit = ANSWER_LIMIT.plusMillis(order.rampMillis() + order.windowMillis());
    ask(order, limit, LoadEvent.WindowOpened.class);
    CpuTimes opened = cpuTimes.get();
    next(limit, LoadEvent.WindowClosed.class);
    CpuTimes closed = cpuTimes.get();
    return window(
        next(limit.plusNanos(LoadWindow.DRAIN_NANOS), LoadEvent.Finished.class),
        closed.coresSince(opened));
  }

  Window pass(LoadOrder.Pass order) throws IOException, InterruptedException {
    return window(
        ask(order, ANSWER_LIMIT.plusMillis(order.limitMillis()), LoadEvent.Finished.class),
        Map.of());
  }

  LoadEvent.Probed probe(LoadOrder.Probe order) throws IOException, InterruptedException {
    return ask(order, ANSWER_LIMIT.plusMillis(order.limitMillis()), LoadEvent.Probed.class);
  }

  /** How many debits were acknowledged, by customer number. */
  List<Integer> acknowledgedCounts() throws IOException, InterruptedException {
    return ask(new LoadOrder.Tell(), ANSWER_LIMIT, LoadEvent.Acknowledged.class).counts();
  }

  private static Window window(LoadEvent.Finished finished, Map<String, Double> cores) {
    return new Window(
        finished.operations(),
        finished.late(),
        finished.windowSeconds(),
        finished.errors(),
        finished.errorSamples(),
        Latencies.decoded(finished.latencies()),
        cores);
  }

  private <E extends LoadEvent> E ask(LoadOrder order, Duration limit, Class<E> expected)
      throws IOException, InterruptedException {
    process.send(LoadJson.line(order));
    return next(limit, expected);
  }

  private <E extends LoadEvent> E next(Duration limit, Class<E> expected)
      throws IOException, InterruptedException {
    LoadEvent event = LoadJson.MAPPER.readValue(process.receive(limit), LoadEvent.class);
    if (!expected.isInstance(event)) {
      throw new IOException("the load generator answered " + event);
    }
    return expected.cast(event);
  }

  @Override
  public void close() {
    process.close();
  }
}
