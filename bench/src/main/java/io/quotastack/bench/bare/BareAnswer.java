package io.quotastack.bench.bare;

import java.nio.charset.StandardCharsets;

/**
 * The constant that the bare route answers: the size and shape of an entitlement check's answer.
 */
public final class BareAnswer {
  public static final String PATH = "/v1/bare";

  public static final byte[] BODY =
      """
      {"allowed":true,"reason":null,"customer_id":"6fa459ea-ee8a-5ca4-894e-db77e160355e",\
      "external_customer_id":"bench-000000042","billable_metric_key":"bench_calls","units":1,\
      "balance":9000000000000,"reserved_balance":0,"effective_balance":9000000000000,\
      "overage_balance":0,"estimated_cost":1000,"balance_after":8999999999000,\
      "affordable_units":9000000000,"subscription_status":null,"overage_policy":"block",\
      "value":null}\
      """
          .getBytes(StandardCharsets.US_ASCII);

  private BareAnswer() {}
}
