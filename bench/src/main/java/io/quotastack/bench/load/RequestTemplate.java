package io.quotastack.bench.load;

import java.nio.ByteBuffer;

/**
 * The bytes of a request with places for what changes.
 *
 * <p>{@code #########} (nine) is the customer's number, {@code ############} (twelve) the
 * operation's. Fixed widths keep Content-Length constant, so a request is a copy and two patches.
 * {@code @name@} is a name that an earlier answer gave, of any width; it may stand in the head
 * only.
 */
final class RequestTemplate {
  static final String CUSTOMER = "#########";
  static final String OPERATION = "############";
  static final String NAME = "@name@";

  /** The name of a request that has no place for one. */
  static final byte[] NO_NAME = {};

  /** All of the request, or what stands before the name. */
  private final Part first;

  /** What stands after the name; nothing without one. */
  private final Part second;

  RequestTemplate(String head, String body) {
    if (body.contains(NAME)) {
      throw new IllegalArgumentException("a name in the body would change its length");
    }
    String text = head + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n");
    text += "\r\n" + body;
    int nameAt = text.indexOf(NAME);
    this.first = new Part(nameAt < 0 ? text : text.substring(0, nameAt));
    this.second = new Part(nameAt < 0 ? "" : text.substring(nameAt + NAME.length()));
    if (first.customerAt >= 0 && second.customerAt >= 0) {
      throw new IllegalArgumentException("the customer may stand in one place only");
    }
  }

  /** Writes the request with these numbers and this name filled in. */
  void write(ByteBuffer out, int customer, long operation, byte[] name) {
    first.write(out, customer, operation);
    out.put(name);
    second.write(out, customer, operation);
  }

  /** Bytes in which only numbers change. */
  private static final class Part {
    private final byte[] bytes;
    private final int customerAt;
    private final int operationAt;

    Part(String text) {
      this.operationAt = text.indexOf(OPERATION);
      String withoutOperation = text.replace(OPERATION, "0".repeat(OPERATION.length()));
      this.customerAt = withoutOperation.indexOf(CUSTOMER);
      if (customerAt >= 0 && withoutOperation.indexOf(CUSTOMER, customerAt + 1) >= 0) {
        throw new IllegalArgumentException("the customer may stand in one place only");
      }
      this.bytes = HttpAnswer.ascii(withoutOperation);
    }

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
  }

  private static void digits(ByteBuffer out, int at, int width, long number) {
    long rest = number;
    for (int i = at + width - 1; i >= at; i--) {
      out.put(i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
  }
}
