package io.quotastack.bench.past;

import java.util.stream.IntStream;

/**
 * Customers with the same past, of which one dimension is large: a row of the report.
 *
 * @param size how much of that dimension each has
 * @param firstCustomer the number of the first
 * @param customers how many there are
 */
public record AgedCustomers(Dimension dimension, int size, int firstCustomer, int customers) {
  /** What of a customer may grow. */
  public enum Dimension {
    /** Events in the journal; one block, and every key forgotten long ago. */
    EVENTS("past events"),
    /** Blocks that are live; an event for each, and every key forgotten long ago. */
    BLOCKS("live blocks"),
    /** Idempotency keys of the last 24 hours; an event for each, and one block. */
    KEYS("remembered keys");

    private final String title;

    Dimension(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  /** Asserts that it can be a past: of a customer that was created and granted something. */
  public AgedCustomers {
    if (size < 1 || (dimension == Dimension.EVENTS && size < 2)) {
      throw new IllegalArgumentException("no past has " + size + " " + dimension.title());
    }
  }

  /** How many grants each had; the first made the customer, which is an event more. */
  public int pastGrants() {
    return dimension == Dimension.BLOCKS ? size : 1;
  }

  /** How many debits each had. */
  public int pastDebits() {
    return switch (dimension) {
      case EVENTS -> size - 2;
      case BLOCKS -> 0;
      case KEYS -> size - 1;
    };
  }

  /** How many events each has in the journal. */
  public int pastEvents() {
    return 1 + pastGrants() + pastDebits();
  }

  /** How many entries each has in its ledger. */
  public int pastEntries() {
    return pastGrants() + pastDebits();
  }

  /** The idempotency key of each one's request of that number; the first is 0. */
  public static String key(int request) {
    return "past-" + request;
  }

  /** Their numbers. */
  public IntStream numbers() {
    return IntStream.range(firstCustomer, firstCustomer + customers);
  }
}
