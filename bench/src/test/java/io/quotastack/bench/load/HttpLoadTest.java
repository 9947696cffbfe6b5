package io.quotastack.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.bench.bare.BareAnswer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpLoadTest {
  private static final LoadWindow.Listener NOBODY =
      new LoadWindow.Listener() {
        @Override
        public void opened() {}

        @Override
        public void closed() {}
      };
  private static final String RIGHT =
      answer("200 OK", new String(BareAnswer.BODY, StandardCharsets.US_ASCII));

  private final AtomicInteger requests = new AtomicInteger();
  private final ServerSocket server = socket();

  private static ServerSocket socket() {
    try {
      return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private static String answer(String status, String body) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  /** Answers the nth request, over all connections, with what the script says. */
  private void serve(IntFunction<String> script) {
    Thread.ofVirtual()
        .start(() -> {
          while (!server.isClosed()) {
            try {
              Socket client = server.accept();
              Thread.ofVirtual().start(() -> serve(client, script));
            } catch (IOException e) {
              return;
            }
          }
        });
  }

  private void serve(Socket client, IntFunction<String> script) {
    try (client;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
        OutputStream out = client.getOutputStream()) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.isEmpty()) {
          String answer = script.apply(requests.incrementAndGet());
          if (answer.isEmpty()) {
            return;
          }
          out.write(answer.getBytes(StandardCharsets.US_ASCII));
          out.flush();
        }
      }
    } catch (IOException e) {
      // The client hung up.
    }
  }

  private HttpLoad load(int clients) throws IOException {
    BalanceBook book = new BalanceBook(10, 1_000, 1);
    return new HttpLoad(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()),
        clients,
        new Exchanges("localhost", "key", "run", "bench-", book).bare(),
        new HttpLoad.OperationNumbers());
  }

  private static LoadOrder.Run order(int clients, double ratePerSecond, long windowMillis) {
    return new LoadOrder.Run(
        LoadOrder.Work.BARE, clients, 0, 10, ratePerSecond, 0, windowMillis, 1);
  }

  @Test
  void a_closed_loop_counts_right_answers() throws Exception {
    serve(request -> RIGHT);

    LoadEvent.Finished finished;
    try (HttpLoad load = load(4)) {
      finished = load.run(order(4, 0, 200), NOBODY);
    }

    assertThat(finished.errors()).isZero();
    assertThat(finished.operations()).isPositive().isLessThanOrEqualTo(requests.get());
    assertThat(Latencies.decoded(finished.latencies()).count()).isEqualTo(finished.operations());
  }

  @Test
  void an_open_loop_sends_what_is_due_and_no_more() throws Exception {
    serve(request -> RIGHT);

    LoadEvent.Finished finished;
    try (HttpLoad load = load(4)) {
      finished = load.run(order(4, 500, 400), NOBODY);
    }

    assertThat(finished.errors()).isZero();
    assertThat(finished.operations()).isEqualTo(200);
    assertThat(requests).hasValue(200);
  }

  /** A slower machine makes more of the latencies long, never fewer. */
  @Test
  void an_open_loop_charges_a_stall_for_every_request_that_was_due_meanwhile() throws Exception {
    serve(request -> {
      if (request == 20) {
        long until = System.nanoTime() + 200_000_000;
        while (System.nanoTime() < until) {
          LockSupport.parkNanos(until - System.nanoTime());
        }
      }
      return RIGHT;
    });

    LoadEvent.Finished finished;
    try (HttpLoad load = load(1)) {
      finished = load.run(order(1, 500, 400), NOBODY);
    }

    assertThat(finished.errors()).isZero();
    assertThat(finished.operations()).isEqualTo(200);
    // 100 of the 200 were due during the stall, evenly: a quarter of all waited 100 ms or more.
    assertThat(Latencies.decoded(finished.latencies()).percentileMillis(78)).isGreaterThan(90);
  }

  @Test
  void wrong_statuses_and_wrong_bodies_are_errors_and_not_operations() throws Exception {
    serve(request ->
        switch (request % 3) {
          case 0 -> answer("503 Service Unavailable", "");
          case 1 -> answer("200 OK", "{}");
          default -> RIGHT;
        });

    LoadEvent.Finished finished;
    try (HttpLoad load = load(1)) {
      finished = load.pass(new LoadOrder.Pass(LoadOrder.Work.BARE, 1, 0, 9, 10_000));
    }

    assertThat(finished.operations()).isEqualTo(3);
    assertThat(finished.errors()).isEqualTo(6);
    assertThat(finished.errorSamples()).hasSize(5).anyMatch(sample -> sample.contains("503"));
  }

  @Test
  void a_server_that_hangs_up_is_an_error() throws Exception {
    serve(request -> request < 5 ? RIGHT : "");

    LoadEvent.Finished finished;
    try (HttpLoad load = load(1)) {
      finished = load.run(order(1, 0, 5_000), NOBODY);
    }

    assertThat(finished.operations()).isEqualTo(4);
    assertThat(finished.errors()).isEqualTo(1);
  }

  @Test
  void a_pass_asks_once_for_each_customer() throws Exception {
    serve(request -> RIGHT);

    LoadEvent.Finished finished;
    try (HttpLoad load = load(3)) {
      finished = load.pass(new LoadOrder.Pass(LoadOrder.Work.BARE, 3, 0, 10, 10_000));
    }

    assertThat(finished.operations()).isEqualTo(10);
    assertThat(finished.errors()).isZero();
    assertThat(requests).hasValue(10);
  }

  @Test
  void a_probe_times_each_request_by_itself_and_in_order() throws Exception {
    serve(request -> {
      if (request == 3) {
        long until = System.nanoTime() + 50_000_000;
        while (System.nanoTime() < until) {
          LockSupport.parkNanos(until - System.nanoTime());
        }
      }
      return request == 5 ? answer("503 Service Unavailable", "") : RIGHT;
    });

    LoadEvent.Probed probed;
    try (HttpLoad load = load(1)) {
      probed = load.probe(new LoadOrder.Probe(LoadOrder.Work.BARE, List.of(1, 1, 7, 2, 2), 10_000));
    }

    assertThat(requests).hasValue(5);
    assertThat(probed.nanos()).hasSize(4);
    assertThat(probed.nanos().get(2)).isGreaterThanOrEqualTo(50_000_000);
    assertThat(probed.errors()).isEqualTo(1);
    assertThat(probed.errorSamples()).singleElement().asString().contains("503");
  }
}
