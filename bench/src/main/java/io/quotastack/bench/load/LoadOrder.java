package io.quotastack.bench.load;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** What the orchestrator tells a load process, one JSON object a line. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "order")
@JsonSubTypes({
  @JsonSubTypes.Type(value = LoadOrder.ConnectHttp.class, name = "connect_http"),
  @JsonSubTypes.Type(value = LoadOrder.ConnectSql.class, name = "connect_sql"),
  @JsonSubTypes.Type(value = LoadOrder.Run.class, name = "run"),
  @JsonSubTypes.Type(value = LoadOrder.Pass.class, name = "pass"),
  @JsonSubTypes.Type(value = LoadOrder.Probe.class, name = "probe"),
  @JsonSubTypes.Type(value = LoadOrder.Tell.class, name = "tell")
})
public sealed interface LoadOrder {
  /** What is done again and again. */
  enum Work {
    /** GET of the bare server's constant. */
    BARE,
    /** GET of the node's entitlement check. */
    ENTITLEMENT,
    /** POST of one usage event to the node. */
    USAGE,
    /** POST of the node's grant that makes a customer. */
    GRANT,
    /** GET of the node's balance, compared with what was acknowledged. */
    AUDIT,
    /** POST of a reservation to the node, and then of its commit: one operation. */
    HOLD,
    /** The baseline's debit in PostgreSQL, in one of its variants. */
    DEBIT_STATEMENTS,
    DEBIT_FUNCTION,
    DEBIT_SINGLE_STATEMENT,
    /** The baseline's reserve in PostgreSQL, and then its capture: one operation. */
    HOLD_STATEMENTS
  }

  /**
   * Where the HTTP servers are, both on 127.0.0.1, and whom to know there: nothing of what was sent
   * to others before counts any longer.
   *
   * @param customerPrefix what their external ids begin with; the number follows
   * @param pastDebits what the first customers were debited before, in costs, by their numbers; the
   *     others were debited nothing
   */
  record ConnectHttp(
      int nodePort,
      int barePort,
      String apiKey,
      String customerPrefix,
      int customers,
      long grantedMc,
      long costMc,
      List<Integer> pastDebits)
      implements LoadOrder {}

  /** Where the baseline's database is. */
  record ConnectSql(String jdbcUrl, int customers, long grantedMc, long costMc)
      implements LoadOrder {}

  /**
   * Load for a time: after the ramp the window is measured.
   *
   * @param firstCustomer the first of the {@code customers} that the load is spread over
   * @param ratePerSecond 0: a closed loop, every client sends as soon as it has its answer; above
   *     0: an open loop at this rate, latencies from the intended instant
   */
  record Run(
      Work work,
      int clients,
      int firstCustomer,
      int customers,
      double ratePerSecond,
      long rampMillis,
      long windowMillis,
      long seed)
      implements LoadOrder {}

  /** Once for each customer in turn, as fast as the clients get answers. */
  record Pass(Work work, int clients, int firstCustomer, int customers, long limitMillis)
      implements LoadOrder {}

  /**
   * One client on one connection, one request after the other, each timed by itself.
   *
   * @param customers for whom, in this order; one may stand there often
   */
  record Probe(Work work, List<Integer> customers, long limitMillis) implements LoadOrder {}

  /** Tell how many debits were acknowledged for each customer. */
  record Tell() implements LoadOrder {}
}
