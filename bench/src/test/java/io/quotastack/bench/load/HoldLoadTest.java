package io.quotastack.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HoldLoadTest {
  private static final LoadWindow.Listener NOBODY =
      new LoadWindow.Listener() {
        @Override
        public void opened() {}

        @Override
        public void closed() {}
      };

  private final BalanceBook book = new BalanceBook(10, 1_000_000, 10);
  private final FakeReservations server = server(10);

  private static FakeReservations server(long costMc) {
    try {
      return new FakeReservations(1_000_000, costMc);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpLoad load(FakeReservations to, int clients) throws IOException {
    return new HttpLoad(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), to.port()),
        clients,
        new Exchanges("localhost", "key", "run", "holds-", book).hold(),
        new HttpLoad.OperationNumbers());
  }

  private static LoadOrder.Run order(int clients, double ratePerSecond) {
    return new LoadOrder.Run(LoadOrder.Work.HOLD, clients, 0, 10, ratePerSecond, 0, 200, 1);
  }

  private static LoadOrder.Pass onceEach() {
    return new LoadOrder.Pass(LoadOrder.Work.HOLD, 2, 0, 10, 10_000);
  }

  private long acknowledged() {
    return book.acknowledgedCounts().stream().mapToLong(count -> count).sum();
  }

  @Test
  void a_pair_is_one_operation_and_its_commit_names_the_reservation() throws Exception {
    LoadEvent.Finished finished;
    try (HttpLoad load = load(server, 2)) {
      finished = load.pass(onceEach());
    }

    assertThat(finished.errorSamples()).isEmpty();
    assertThat(finished.operations()).isEqualTo(10);
    assertThat(server.reserves()).isEqualTo(10);
    assertThat(server.commits()).isEqualTo(10);
    assertThat(server.surprises()).isEmpty();
    assertThat(book.acknowledgedCounts()).containsOnly(1);
  }

  @Test
  void what_was_reserved_in_the_window_is_committed_after_it() throws Exception {
    LoadEvent.Finished finished;
    try (HttpLoad load = load(server, 4)) {
      finished = load.run(order(4, 0), NOBODY);
    }

    assertThat(finished.errorSamples()).isEmpty();
    assertThat(finished.operations()).isPositive().isLessThanOrEqualTo(server.commits());
    assertThat(Latencies.decoded(finished.latencies()).count()).isEqualTo(finished.operations());
    assertThat(server.active()).isZero();
    assertThat(server.surprises()).isEmpty();
    assertThat(acknowledged()).isEqualTo(server.commits());
  }

  @Test
  void pairs_can_be_due_at_a_rate() throws Exception {
    LoadEvent.Finished finished;
    try (HttpLoad load = load(server, 4)) {
      finished = load.run(order(4, 100), NOBODY);
    }

    assertThat(finished.errorSamples()).isEmpty();
    assertThat(finished.operations()).isEqualTo(20);
    assertThat(server.commits()).isEqualTo(20);
  }

  @Test
  void a_hold_of_another_amount_is_an_error_and_is_not_committed() throws Exception {
    LoadEvent.Finished finished;
    try (FakeReservations dear = server(11);
        HttpLoad load = load(dear, 2)) {
      finished = load.pass(onceEach());
      assertThat(dear.commits()).isZero();
    }

    assertThat(finished.operations()).isZero();
    assertThat(finished.errors()).isEqualTo(10);
    assertThat(finished.errorSamples()).first().asString().startsWith("reserve: ");
    assertThat(acknowledged()).isZero();
  }

  @Test
  void a_commit_that_does_not_show_in_the_balance_is_an_error() throws Exception {
    server.forgetCommits();

    LoadEvent.Finished finished;
    try (HttpLoad load = load(server, 2)) {
      finished = load.pass(onceEach());
    }

    assertThat(finished.operations()).isZero();
    assertThat(finished.errors()).isEqualTo(10);
    assertThat(finished.errorSamples()).first().asString().contains("misses a debit");
  }
}
