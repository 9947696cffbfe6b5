package io.quotastack.engine.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.engine.credits.CanonicalJson;
import io.quotastack.engine.ids.OwnedId.Kind;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids that carry their owner. */
class OwnedIdTest {
  private static final UUID CUSTOMER = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");

  /** Computed outside of this project: ids are in the hands of clients for ever. */
  @ParameterizedTest
  @CsvSource({
    "1, blk_agequxnmsz3uxpgowmbatguak4aq",
    "255, blk_agequxnmsz3uxpgowmbatguak77q",
    "256, blk_agequxnmsz3uxpgowmbatguak4aqa",
    "65535, blk_agequxnmsz3uxpgowmbatguak7776",
    "4611686018427387904, blk_agequxnmsz3uxpgowmbatguak5aaaaaaaaaaaaa",
    "9223372036854775807, blk_agequxnmsz3uxpgowmbatguak5777777777777y"
  })
  void the_text_of_an_id_is_pinned(long number, String text) {
    assertThat(Kind.BLOCK.text(CUSTOMER, number)).isEqualTo(text);
    assertThat(Kind.BLOCK.parse(text)).isEqualTo(new OwnedId(Kind.BLOCK, CUSTOMER, number));
  }

  @Test
  void any_id_comes_back_and_agrees_with_big_numbers() {
    var random = new Random(4);
    for (int i = 0; i < 5_000; i++) {
      Kind kind = random.nextBoolean() ? Kind.LEDGER_ENTRY : Kind.USAGE_EVENT;
      var id =
          new OwnedId(
              kind,
              new UUID(random.nextLong(), random.nextLong()),
              random.nextLong(1, 1L << random.nextInt(1, 63)));

      assertThat(kind.parse(id.text())).isEqualTo(id);
      assertThat(id.text())
          .isEqualTo(CanonicalJson.id(id.text().substring(0, 4), id.customerId(), id.number()));
    }
  }

  @Test
  void a_customer_of_zeros_keeps_its_zeros() {
    var id = new OwnedId(Kind.USAGE_EVENT, new UUID(0, 0), 1);

    assertThat(Kind.USAGE_EVENT.parse(id.text())).isEqualTo(id);
  }

  @Test
  void an_id_of_another_kind_is_none() {
    String text = Kind.BLOCK.text(CUSTOMER, 7);

    assertThat(Kind.LEDGER_ENTRY.parse(text)).isNull();
    assertThat(Kind.USAGE_EVENT.parse(text)).isNull();
    assertThat(Kind.LEDGER_ENTRY.parse(text.replace("blk_", "led_"))).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "blk_",
        "blk",
        "blk_agequxnmsz3uxpgowmbatguak4", // only a customer
        "blk_agequxnmsz3uxpgowmbatguak4aa", // number 0
        "blk_agequxnmsz3uxpgowmbatguak4aac", // number 1 in two bytes
        "blk_agequxnmsz3uxpgowmbatguak4ar", // spare bits that are set
        "blk_AGEQUXNMSZ3UXPGOWMBATGUAK4AQ",
        "BLK_agequxnmsz3uxpgowmbatguak4aq",
        "blk_agequxnmsz3uxpgowmbatguak4aq=",
        " blk_agequxnmsz3uxpgowmbatguak4aq",
        "blk_agequxnmsz3uxpgowmbatguak4aq\n",
        "blk_agequxnmsz3uxpgowmbatguak7777777777777y", // beyond the largest number
        "blk_agequxnmsz3uxpgowmbatguak4aqaaaaaaaaaaaaa", // nine bytes
        "01890a5d-ac96-774b-bcce-b302099a8057"
      })
  void what_is_not_canonical_is_refused(String text) {
    assertThat(Kind.BLOCK.parse(text)).isNull();
  }

  @Test
  void numbers_begin_at_1() {
    assertThatThrownBy(() -> new OwnedId(Kind.BLOCK, CUSTOMER, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new OwnedId(Kind.BLOCK, CUSTOMER, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
