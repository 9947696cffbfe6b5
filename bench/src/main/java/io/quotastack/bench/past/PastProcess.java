package io.quotastack.bench.past;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.quotastack.bench.load.Exchanges;
import io.quotastack.bench.load.LoadJson;
import io.quotastack.bench.machine.Lifeline;
import io.quotastack.cluster.persistence.DatabaseSettings;
import io.quotastack.cluster.persistence.Migrations;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerState;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.jspecify.annotations.Nullable;

/**
 * The main class of a process that makes pasts: reads one {@link PastOrder}, writes one {@link
 * PastMade}, and ends.
 *
 * <p>The engine decides every event and the node's serializer writes it; only the way into the
 * database is another, because a million requests one after the other would take longer than all
 * measurements, and none can be sent in the past. There are no snapshots: the node takes its own.
 * There are no alarms either: nothing falls due while anything is measured.
 */
public final class PastProcess {
  private static final int COLLECTIONS = 3;

  private final PastOrder order;
  private final TenantRef tenant;
  private final Past past;
  private final Instant now;
  private final SerializerWithStringManifest serializer;
  private @Nullable IdempotencyWindow largestWindow;

  private PastProcess(PastOrder order, Instant now, SerializerWithStringManifest serializer) {
    this.order = order;
    this.tenant = new TenantRef(order.tenantId(), Environment.LIVE);
    this.past = new Past(order.grantedMc(), order.costMc());
    this.now = now;
    this.serializer = serializer;
  }

  public static void main(String[] args)
      throws IOException, SQLException, ExecutionException, InterruptedException {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    // Standard output carries the answer only: whatever logs goes to standard error.
    System.setOut(System.err);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PastOrder order = LoadJson.MAPPER.readValue(orders.readLine(), PastOrder.class);
    Lifeline.exitWhenInputEnds();
    Migrations.apply(new DatabaseSettings(order.jdbcUrl(), order.user(), order.password()));
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "past", settings());
    try {
      var process =
          new PastProcess(
              order,
              Clock.systemUTC().instant(),
              (SerializerWithStringManifest)
                  SerializationExtension.get(system).serializerFor(CustomerEvent.class));
      out.println(LoadJson.line(process.make()));
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get();
    }
  }

  /** The node's own settings, on one actor system that is no member of a cluster. */
  private static Config settings() {
    return ConfigFactory.parseString("pekko.actor.provider = local")
        .withFallback(ConfigFactory.load());
  }

  private PastMade make() throws ExecutionException, InterruptedException {
    // The longest first, so that no core is left with it at the end.
    List<Callable<Long>> makings = new ArrayList<>();
    order.customers().stream()
        .sorted(Comparator.comparingInt(AgedCustomers::pastEvents).reversed())
        .forEach(aged -> makings.add(() -> make(aged)));
    long events = 0;
    try (ExecutorService threads =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      for (Future<Long> made : threads.invokeAll(makings)) {
        events += made.get();
      }
    }
    return weighed(events);
  }

  private long make(AgedCustomers aged) throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(order.jdbcUrl(), order.user(), order.password())) {
      var journal = new JournalRows(connection, UUID.randomUUID().toString());
      for (int number : aged.numbers().toArray()) {
        String externalId = Exchanges.externalId(order.customerPrefix(), number);
        CustomerRef customer = CustomerRef.ofExternalId(tenant, externalId);
        CustomerState state =
            past.live(
                customer,
                externalId,
                aged,
                now,
                (sequence, event) ->
                    journal.add(
                        customer.persistenceId(),
                        sequence,
                        event.at().toEpochMilli(),
                        serializer.identifier(),
                        serializer.manifest(event),
                        serializer.toBinary(event)));
        keepIfLargest(state.window());
      }
      journal.finish();
      return (long) aged.customers() * aged.pastEvents();
    }
  }

  private synchronized void keepIfLargest(IdempotencyWindow window) {
    if (largestWindow == null || window.size() > largestWindow.size()) {
      largestWindow = window;
    }
  }

  /** What the keys take: the difference that forgetting them makes to the heap. */
  private synchronized PastMade weighed(long events) {
    int keys = largestWindow == null ? 0 : largestWindow.size();
    long withKeysBytes = usedHeapBytes();
    largestWindow = null;
    return new PastMade(events, keys, (double) (withKeysBytes - usedHeapBytes()) / keys);
  }

  private static long usedHeapBytes() {
    var memory = ManagementFactory.getMemoryMXBean();
    for (int i = 0; i < COLLECTIONS; i++) {
      memory.gc();
    }
    return memory.getHeapMemoryUsage().getUsed();
  }
}
