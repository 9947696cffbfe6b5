package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Many clients and too few credits: never one debit too many, and never one too few. */
class LastCreditsRaceTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final int CLIENTS = 64;

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetric() {
    TENANT.live().metric("tokens", "7");
  }

  @RepeatedTest(3)
  void of_64_clients_exactly_as_many_succeed_as_the_credits_can_pay(RepetitionInfo round) {
    String customer = "race " + round.getCurrentRepetition();
    // In several blocks, so that debits cross from one to the next: 43 x 7 = 301 <= 305.
    api.grant(customer, "{\"credits\": 100, \"expires_at\": \"2100-01-01T00:00:00Z\"}");
    api.grant(customer, 150);
    api.grant(customer, 55);

    List<Answer> answers =
        ApiClient.together(
            IntStream.range(0, CLIENTS)
                .mapToObj(client -> api.usage(customer, "tokens", "1"))
                .toList());

    List<Answer> paid = answers.stream().filter(answer -> answer.status() == 201).toList();
    assertThat(paid).hasSize(43);
    assertThat(answers)
        .filteredOn(answer -> answer.status() != 201)
        .hasSize(CLIENTS - 43)
        .allSatisfy(answer -> {
          answer.isProblem(402, "insufficient_credits");
          assertThat(answer.number("/available")).isEqualTo(4);
          assertThat(answer.number("/shortfall")).isEqualTo(3);
        });
    // Each debit saw the balance that the one before it left.
    assertThat(new HashSet<>(paid.stream().map(answer -> answer.number("/balance")).toList()))
        .hasSize(43)
        .allMatch(balance -> balance >= 4 && balance <= 298 && (305 - balance) % 7 == 0);
    assertThat(api.balance(customer)).isEqualTo(4);

    List<JsonNode> ledger = api.ledger(customer);
    assertThat(ledger).hasSize(46);
    assertThat(ledger)
        .allMatch(entry -> entry.path("balance_after").longValue() >= 0)
        .extracting(entry -> entry.path("sequence").intValue())
        .isEqualTo(IntStream.rangeClosed(1, 46).boxed().toList());
    assertThat(api.get(byExternalId(customer) + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  @Test
  void grants_and_debits_that_race_lose_nothing() {
    api.grant("mixed", 7);
    List<Answer> answers =
        ApiClient.together(
            IntStream.range(0, CLIENTS)
                .mapToObj(client ->
                    client % 2 == 0
                        ? api.usage("mixed", "tokens", "1")
                        : api.request("POST", byExternalId("mixed") + "/credits/grant")
                            .json("{\"credits\": 7}"))
                .toList());
    long granted = 7L * (1 + CLIENTS / 2);
    long paid =
        7L
            * IntStream.range(0, CLIENTS)
                .filter(client -> client % 2 == 0 && answers.get(client).status() == 201)
                .count();
    assertThat(answers).extracting(Answer::status).containsOnly(201, 402);
    assertThat(paid).isPositive();

    Answer credits = api.get(byExternalId("mixed") + "/credits").ok();
    assertThat(credits.number("/lifetime_granted")).isEqualTo(granted);
    assertThat(credits.number("/lifetime_consumed")).isEqualTo(paid);
    assertThat(credits.number("/balance")).isEqualTo(granted - paid);
    assertThat(api.get(byExternalId("mixed") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }
}
