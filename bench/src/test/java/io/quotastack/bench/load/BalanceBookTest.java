package io.quotastack.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BalanceBookTest {
  private final BalanceBook book = new BalanceBook(2, 1_000, 10);

  @Test
  void the_exact_balance_is_right_when_nothing_else_is_in_flight() {
    book.sent(1);

    assertThat(book.fault(1, 990, 1)).isNull();
    assertThat(book.fault(1, 1_000, 1)).contains("misses a debit");
    assertThat(book.fault(1, 980, 1)).contains("below what was ever sent");
  }

  @Test
  void any_whole_number_of_debits_in_flight_may_show() {
    book.sent(1);
    book.sent(1);
    book.sent(1);
    book.acknowledged(1);

    assertThat(book.fault(1, 990, 1)).isNull();
    assertThat(book.fault(1, 980, 1)).isNull();
    assertThat(book.fault(1, 970, 1)).isNull();
    assertThat(book.fault(1, 960, 1)).isNotNull();
    assertThat(book.fault(1, 985, 1)).contains("part of a cost");
  }

  @Test
  void a_missing_balance_is_a_fault() {
    assertThat(book.fault(1, Long.MIN_VALUE, 0)).isNotNull();
  }

  @Test
  void customers_are_told_apart() {
    book.sent(0);
    book.acknowledged(0);

    assertThat(book.acknowledgedCounts()).containsExactly(1, 0);
    assertThat(book.fault(1, 990, 0)).isNotNull();
  }

  @Test
  void debits_of_the_past_count_as_acknowledged() {
    BalanceBook old = new BalanceBook(3, 1_000, 10, List.of(0, 7));
    old.sent(1);

    assertThat(old.acknowledgedCounts()).containsExactly(0, 7, 0);
    assertThat(old.fault(1, 920, 8)).isNull();
    assertThat(old.fault(1, 940, 7)).contains("misses a debit");
    assertThat(old.fault(2, 1_000, 0)).isNull();
  }
}
