package io.quotastack.bench.load;

import java.nio.ByteBuffer;

/**
 * The bytes of a request with places of a fixed width for the numbers that change.
 *
 * <p>{@code #########} (nine) is the customer's number, {@code ############} (twelve) the
 * operation's. Fixed widths keep Content-Length constant, so a request is a copy and two patches.
 */
final class RequestTemplate {
  static final String CUSTOMER = "#########";
  static final String OPERATION = "############";

  private final byte[] bytes;
  private final int customerAt;
  private final int operationAt;

  RequestTemplate(String head, String body) {
    String text = head + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n");
    text += "\r\n" + body;
    this.operationAt = text.indexOf(OPERATION);
    String withoutOperation = text.replace(OPERATION, "0".repeat(OPERATION.length()));
    this.customerAt = withoutOperation.indexOf(CUSTOMER);
    if (customerAt >= 0 && withoutOperation.indexOf(CUSTOMER, customerAt + 1) >= 0) {
      throw new IllegalArgumentException("the customer may stand in one place only");
    }
    this.bytes = HttpAnswer.ascii(withoutOperation);
  }

  /** Writes the request with these numbers filled in. */
  void write(ByteBuffer out, int customer, long operation) {
    int start = out.position();
    out.put(bytes);
    if (customerAt >= 0) {
      digits(out, start + customerAt, CUSTOMER.length(), customer);
    }
    if (operationAt >= 0) {
      digits(out, start + operationAt, OPERATION.length(), operation);
    }
  }

  private static void digits(ByteBuffer out, int at, int width, long number) {
    long rest = number;
    for (int i = at + width - 1; i >= at; i--) {
      out.put(i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
  }
}
