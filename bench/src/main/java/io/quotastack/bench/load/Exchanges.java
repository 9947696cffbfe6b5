package io.quotastack.bench.load;

import static io.quotastack.bench.load.HttpAnswer.ascii;
import static io.quotastack.bench.load.HttpAnswer.quoted;

import io.quotastack.bench.bare.BareAnswer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The requests of the benchmark: each a template and the check of its answer.
 *
 * <p>Customers are named by their external id, as a tenant would: {@code bench-000000042}. Who
 * holds credits holds twice what he then uses, so that each commit gives something back.
 */
public final class Exchanges {
  public static final String METRIC = "bench_calls";

  /** What is reserved, and then used of it. */
  static final int UNITS_HELD = 2;

  static final int UNITS_USED = 1;
  static final int HOLD_TTL_SECONDS = 300;
  private static final byte[] BALANCE = quoted("balance");
  private static final byte[] EFFECTIVE_BALANCE = quoted("effective_balance");
  private static final byte[] RESERVED_BALANCE = quoted("reserved_balance");
  private static final byte[] COST = quoted("cost");
  private static final byte[] ESTIMATED_COST = quoted("estimated_cost");
  private static final byte[] LIFETIME_CONSUMED = quoted("lifetime_consumed");
  private static final byte[] RESERVATION_ID = quoted("reservation_id");
  private static final byte[] HELD = quoted("held");
  private static final byte[] RETURNED = quoted("returned");
  private static final byte[] ALLOWED = ascii("\"allowed\":true");
  private static final byte[] ACTIVE = ascii("\"status\":\"active\"");
  private static final byte[] COMMITTED = ascii("\"status\":\"committed\"");

  private final String server;
  private final String apiKey;
  private final String runId;
  private final String anyExternalId;
  private final BalanceBook book;

  /**
   * @param server host and port, for the Host header
   * @param runId 8 characters that no other run against the same node uses in its idempotency keys
   * @param customerPrefix what the customers' external ids begin with
   */
  Exchanges(String server, String apiKey, String runId, String customerPrefix, BalanceBook book) {
    this.server = server;
    this.apiKey = apiKey;
    this.runId = runId;
    this.anyExternalId = customerPrefix + RequestTemplate.CUSTOMER;
    this.book = book;
  }

  /** The external id of the customer with this number. */
  public static String externalId(String customerPrefix, int customer) {
    return customerPrefix + String.format(Locale.ROOT, "%09d", customer);
  }

  /** The body of a usage event of one unit. */
  public static String usageBody(String externalId) {
    return "{\"external_customer_id\":\""
        + externalId
        + "\",\"billable_metric_key\":\""
        + METRIC
        + "\",\"units\":1}";
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
        get("/v1/customer-by-external-id/" + anyExternalId + "/entitlements/" + METRIC);
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
    RequestTemplate template = post("/v1/usage", usageBody(anyExternalId));
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

  /** Reserve, and then commit with the id that the reservation got: one operation. */
  Exchange hold() {
    RequestTemplate template =
        post(
            "/v1/reserve",
            "{\"external_customer_id\":\""
                + anyExternalId
                + "\",\"billable_metric_key\":\""
                + METRIC
                + "\",\"estimated_units\":"
                + UNITS_HELD
                + ",\"ttl_seconds\":"
                + HOLD_TTL_SECONDS
                + "}");
    Exchange commit = commit();
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
        if (answer.status() != 201
            || !answer.bodyContains(ACTIVE)
            || answer.integer(HELD) != UNITS_HELD * book.costMc()
            || answer.text(RESERVATION_ID).length == 0) {
          return "reserve: " + answer.text();
        }
        // What is held is still part of the balance.
        return book.fault(customer, answer.integer(BALANCE), atLeaving);
      }

      @Override
      public Exchange sequel() {
        return commit;
      }
    };
  }

  private Exchange commit() {
    RequestTemplate template =
        post(
            "/v1/reserve/" + RequestTemplate.NAME + "/commit",
            "{\"actual_units\":" + UNITS_USED + "}");
    return new Exchange() {
      @Override
      public RequestTemplate template() {
        return template;
      }

      @Override
      public byte[] name(HttpAnswer first) {
        return first.text(RESERVATION_ID);
      }

      @Override
      public int leaving(int customer) {
        book.sent(customer);
        return book.acknowledgedCount(customer);
      }

      @Override
      public @Nullable String fault(HttpAnswer answer, int customer, int atLeaving) {
        if (answer.status() != 200
            || !answer.bodyContains(COMMITTED)
            || answer.integer(COST) != UNITS_USED * book.costMc()
            || answer.integer(RETURNED) != (UNITS_HELD - UNITS_USED) * book.costMc()) {
          return "commit: " + answer.text();
        }
        book.acknowledged(customer);
        return book.fault(customer, answer.integer(BALANCE), atLeaving + 1);
      }
    };
  }

  Exchange grant() {
    RequestTemplate template =
        post(
            "/v1/customer-by-external-id/" + anyExternalId + "/credits/grant",
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
    RequestTemplate template = get("/v1/customer-by-external-id/" + anyExternalId + "/credits");
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
