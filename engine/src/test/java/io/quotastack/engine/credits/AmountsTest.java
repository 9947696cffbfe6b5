package io.quotastack.engine.credits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The range of amounts and sums. */
class AmountsTest {
  @Test
  void the_limits_themselves_are_in_range() {
    assertThat(Amounts.MAX_MC).isEqualTo((1L << 53) - 1);
    assertThat(Amounts.add(Amounts.MAX_MC, 0)).isEqualTo(9_007_199_254_740_991L);
    assertThat(Amounts.add(-Amounts.MAX_MC, 0)).isEqualTo(-9_007_199_254_740_991L);
    assertThat(Amounts.add(Amounts.MAX_MC, -Amounts.MAX_MC)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "9007199254740991, 1",
    "-9007199254740991, -1",
    "9007199254740991, 9223372036854775807",
    "-9007199254740991, -9223372036854775808",
    "0, 9007199254740992",
    "1, 9223372036854775807"
  })
  void what_is_beyond_is_refused_even_if_it_overflows(long left, long right) {
    assertThatThrownBy(() -> Amounts.add(left, right))
        .isInstanceOf(AmountOutOfRangeException.class);
  }
}
