package io.quotastack.bench.load;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The main class of a load generator in a process of its own, so that its CPU time can be told from
 * the server's.
 *
 * <p>It reads {@link LoadOrder}s from standard input and writes {@link LoadEvent}s to standard
 * output, one JSON object a line. It ends when its input ends, so it never outlives the benchmark.
 */
public final class LoadProcess {
  private final PrintStream events;
  private final String runId =
      String.format(Locale.ROOT, "%08x", ThreadLocalRandom.current().nextInt());
  private final HttpLoad.OperationNumbers httpNumbers = new HttpLoad.OperationNumbers();
  private final SqlOperation.Keys sqlKeys = new SqlOperation.Keys(runId, new AtomicLong());
  private LoadOrder.@Nullable ConnectHttp http;
  private LoadOrder.@Nullable ConnectSql sql;
  private @Nullable BalanceBook book;

  private LoadProcess(PrintStream events) {
    this.events = events;
  }

  public static void main(String[] args) throws IOException {
    PrintStream events =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    // Standard output carries events only: whatever logs goes to standard error.
    System.setOut(System.err);
    LoadProcess process = new LoadProcess(events);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      process.carryOut(LoadJson.MAPPER.readValue(line, LoadOrder.class));
    }
  }

  private void tell(LoadEvent event) {
    events.println(LoadJson.line(event));
  }

  private void carryOut(LoadOrder order) {
    try {
      tell(
          switch (order) {
            case LoadOrder.ConnectHttp connect -> {
              http = connect;
              book =
                  new BalanceBook(
                      connect.customers(),
                      connect.grantedMc(),
                      connect.costMc(),
                      connect.pastDebits());
              yield new LoadEvent.Ready();
            }
            case LoadOrder.ConnectSql connect -> {
              sql = connect;
              book = new BalanceBook(connect.customers(), connect.grantedMc(), connect.costMc());
              yield new LoadEvent.Ready();
            }
            case LoadOrder.Run run -> run(run);
            case LoadOrder.Pass pass -> {
              try (HttpLoad load = httpLoad(pass.work(), pass.clients())) {
                yield load.pass(pass);
              }
            }
            case LoadOrder.Probe probe -> {
              try (HttpLoad load = httpLoad(probe.work(), 1)) {
                yield load.probe(probe);
              }
            }
            case LoadOrder.Tell tell -> new LoadEvent.Acknowledged(book().acknowledgedCounts());
          });
    } catch (IOException | SQLException | InterruptedException | RuntimeException e) {
      e.printStackTrace();
      tell(new LoadEvent.Failed(String.valueOf(e)));
    }
  }

  private LoadEvent run(LoadOrder.Run run) throws IOException, SQLException, InterruptedException {
    LoadWindow.Listener listener =
        new LoadWindow.Listener() {
          @Override
          public void opened() {
            tell(new LoadEvent.WindowOpened());
          }

          @Override
          public void closed() {
            tell(new LoadEvent.WindowClosed());
          }
        };
    return switch (run.work()) {
      case BARE, ENTITLEMENT, USAGE, GRANT, AUDIT, HOLD -> {
        try (HttpLoad load = httpLoad(run.work(), run.clients())) {
          yield load.run(run, listener);
        }
      }
      case DEBIT_STATEMENTS, DEBIT_FUNCTION, DEBIT_SINGLE_STATEMENT, HOLD_STATEMENTS -> {
        LoadOrder.ConnectSql connect = sql;
        if (connect == null) {
          throw new IllegalStateException("not connected to a database");
        }
        try (SqlLoad load =
            new SqlLoad(connect.jdbcUrl(), run.clients(), run.work(), book(), sqlKeys)) {
          yield load.run(run, listener);
        }
      }
    };
  }

  private HttpLoad httpLoad(LoadOrder.Work work, int clients) throws IOException {
    LoadOrder.ConnectHttp connect = http;
    if (connect == null) {
      throw new IllegalStateException("not connected to a node");
    }
    int port = work == LoadOrder.Work.BARE ? connect.barePort() : connect.nodePort();
    // 127.0.0.1 and nothing else: this generator is no tool to load another machine with.
    InetSocketAddress server = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    Exchanges exchanges =
        new Exchanges(
            "127.0.0.1:" + port, connect.apiKey(), runId, connect.customerPrefix(), book());
    Exchange exchange =
        switch (work) {
          case BARE -> exchanges.bare();
          case ENTITLEMENT -> exchanges.entitlement();
          case USAGE -> exchanges.usage();
          case GRANT -> exchanges.grant();
          case AUDIT -> exchanges.audit();
          case HOLD -> exchanges.hold();
          case DEBIT_STATEMENTS, DEBIT_FUNCTION, DEBIT_SINGLE_STATEMENT, HOLD_STATEMENTS ->
              throw new IllegalArgumentException(work + " is not work for HTTP");
        };
    return new HttpLoad(server, clients, exchange, httpNumbers);
  }

  private BalanceBook book() {
    BalanceBook current = book;
    if (current == null) {
      throw new IllegalStateException("not connected");
    }
    return current;
  }
}
