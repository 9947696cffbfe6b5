package io.quotastack.bench.load;

import static io.quotastack.bench.load.HttpAnswer.ascii;
import static io.quotastack.bench.load.HttpAnswer.quoted;

import io.quotastack.bench.bare.BareAnswer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The requests of the benchmark: each a template and the check of its answer.
 *
 * <p>Customers are named by their external id, as a tenant would: {@code bench-000000042}.
 */
public final class Exchanges {
  public static final String METRIC = "bench_calls";

  private static final String EXTERNAL_ID_PREFIX = "bench-";
  private static final String EXTERNAL_ID = EXTERNAL_ID_PREFIX + RequestTemplate.CUSTOMER;
  private static final byte[] BALANCE = quoted("balance");
  private static final byte[] EFFECTIVE_BALANCE = quoted("effective_balance");
  private static final byte[] RESERVED_BALANCE = quoted("reserved_balance");
  private static final byte[] COST = quoted("cost");
  private static final byte[] ESTIMATED_COST = quoted("estimated_cost");
  private static final byte[] LIFETIME_CONSUMED = quoted("lifetime_consumed");
  private static final byte[] ALLOWED = ascii("\"allowed\":true");

  private final String server;
  private final String apiKey;
  private final String runId;
  private final BalanceBook book;

  /**
   * @param server host and port, for the Host header
   * @param runId 8 characters that no other run against the same node uses in its idempotency keys
   */
  Exchanges(String server, String apiKey, String runId, BalanceBook book) {
    this.server = server;
    this.apiKey = apiKey;
    this.runId = runId;
    this.book = book;
  }

  /** The external id of the customer with this number. */
  public static String externalId(int customer) {
    return EXTERNAL_ID_PREFIX + String.format(Locale.ROOT, "%09d", customer);
  }

  Exchange bare() {
    RequestTemplate template = get(BareAnswer.PATH);
    return new Exchange() {
      @Override
      public RequestTemplate template() {
        return template;
      }

      @Override
      public int leaving(int customer) {
        return 0;
      }

      @Override
      public @Nullable String fault(HttpAnswer answer, int customer, int atLeaving) {
        return answer.status() == 200 && answer.bodyIs(BareAnswer.BODY)
            ? null
            : "bare: " + answer.text();
      }
    };
  }

  Exchange entitlement() {
    RequestTemplate template =
        get("/v1/customer-by-external-id/" + EXTERNAL_ID + "/entitlements/" + METRIC);
    return new Exchange() {
      @Override
      public RequestTemplate template() {
        return template;
      }

      @Override
      public int leaving(int customer) {
        return book.acknowledgedCount(customer);
      }

      @Override
      public @Nullable String fault(HttpAnswer answer, int customer, int atLeaving) {
        if (answer.status() != 200
            || !answer.bodyContains(ALLOWED)
            || answer.integer(ESTIMATED_COST) != book.costMc()) {
          return "entitlement: " + answer.text();
        }
        return book.fault(customer, answer.integer(EFFECTIVE_BALANCE), atLeaving);
      }
    };
  }

  Exchange usage() {
    RequestTemplate template =
        post(
            "/v1/usage",
            "{\"external_customer_id\":\""
                + EXTERNAL_ID
                + "\",\"billable_metric_key\":\""
                + METRIC
                + "\",\"units\":1}");
    return new Exchange() {
      @Override
      public RequestTemplate template() {
        return template;
      }

      @Override
      public int leaving(int customer) {
        book.sent(customer);
        return book.acknowledgedCount(customer);
      }

      @Override
      public @Nullable String fault(HttpAnswer answer, int customer, int atLeaving) {
        if (answer.status() != 201 || answer.integer(COST) != book.costMc()) {
          return "usage: " + answer.text();
        }
        book.acknowledged(customer);
        return book.fault(customer, answer.integer(BALANCE), atLeaving + 1);
      }
    };
  }

  Exchange grant() {
    RequestTemplate template =
        post(
            "/v1/customer-by-external-id/" + EXTERNAL_ID + "/credits/grant",
            "{\"credits\":" + book.grantedMc() + ",\"source\":\"promotional\"}");
    return new Exchange() {
      @Override
      public RequestTemplate template() {
        return template;
      }

      @Override
      public int leaving(int customer) {
        return 0;
      }

      @Override
      public @Nullable String fault(HttpAnswer answer, int customer, int atLeaving) {
        if (answer.status() != 201) {
          return "grant: " + answer.text();
        }
        return book.fault(customer, answer.integer(BALANCE), 0);
      }
    };
  }

  /** The balance when nothing is in flight: exactly what was granted less what was acknowledged. */
  Exchange audit() {
    RequestTemplate template = get("/v1/customer-by-external-id/" + EXTERNAL_ID + "/credits");
    return new Exchange() {
      @Override
      public RequestTemplate template() {
        return template;
      }

      @Override
      public int leaving(int customer) {
        return book.acknowledgedCount(customer);
      }

      @Override
      public @Nullable String fault(HttpAnswer answer, int customer, int atLeaving) {
        long consumedMc = atLeaving * book.costMc();
        boolean right =
            answer.status() == 200
                && answer.integer(LIFETIME_CONSUMED) == consumedMc
                && answer.integer(BALANCE) == book.grantedMc() - consumedMc
                && answer.integer(RESERVED_BALANCE) == 0;
        return right
            ? null
            : "audit of customer "
                + customer
                + ": acknowledged "
                + consumedMc
                + " mc, but "
                + answer.text();
      }
    };
  }

  private RequestTemplate get(String path) {
    return new RequestTemplate(head("GET", path), "");
  }

  private RequestTemplate post(String path, String body) {
    return new RequestTemplate(
        head("POST", path)
            + "Idempotency-Key: "
            + runId
            + "-"
            + RequestTemplate.OPERATION
            + "\r\nContent-Type: application/json\r\n",
        body);
  }

  private String head(String method, String path) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: "
        + server
        + "\r\nX-API-Key: "
        + apiKey
        + "\r\nAccept: application/json\r\n";
  }
}
