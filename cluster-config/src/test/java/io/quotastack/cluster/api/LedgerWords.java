package io.quotastack.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Ledger entries in a word each, so that a test can tell a whole ledger in a few lines. */
final class LedgerWords {
  private LedgerWords() {}

  /**
   * An entry: its type and delta, and the balance, what is reserved of it and the overage after it,
   * like {@code debit -25 -> 975/0/0}.
   */
  static String of(JsonNode entry) {
    return "%s %+d -> %d/%d/%d"
        .formatted(
            entry.path("type").textValue(),
            entry.path("delta").longValue(),
            entry.path("balance_after").longValue(),
            entry.path("reserved_after").longValue(),
            entry.path("overage_after").longValue());
  }

  /** The whole ledger of a customer, oldest first. */
  static List<String> ledger(ApiClient api, String externalId) {
    return api.ledger(externalId).stream().map(LedgerWords::of).toList();
  }

  /** The balances that an answer tells, in the order of an entry: {@code 975/0/0}. */
  static String balances(Answer answer) {
    return "%d/%d/%d"
        .formatted(
            answer.number("/balance"),
            answer.number("/reserved_balance"),
            answer.number("/overage_balance"));
  }

  /** The balances of a customer now. */
  static String balances(ApiClient api, String externalId) {
    return balances(api.get(ApiClient.byExternalId(externalId) + "/credits").ok());
  }
}
