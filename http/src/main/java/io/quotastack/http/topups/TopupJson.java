package io.quotastack.http.topups;

import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerEvent.TopupGranted;
import io.quotastack.engine.customer.CustomerView.Balances;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.topups.AutoTopup;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.json.JsonWriter;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Topups and auto-topup in JSON. */
public final class TopupJson {
  private static final List<String> AUTO_TOPUP_MEMBERS =
      List.of(
          "threshold",
          "package_id",
          "credits",
          "max_per_window",
          "window_seconds",
          "pending_until",
          "refusals",
          "not_before");

  private TopupJson() {}

  private record Deposit(BlockTerms terms, long settlesMc) {}

  /** Writes the members of the answer to a topup. */
  public static void granted(
      JsonWriter json, UUID customerId, @Nullable String externalId, TopupGranted topup) {
    RequestKey payment = topup.payment();
    BlockTerms bonus = topup.bonus();
    List<Deposit> deposits =
        bonus == null
            ? List.of(new Deposit(topup.block(), topup.settlesMc()))
            : List.of(
                new Deposit(topup.block(), topup.settlesMc()),
                new Deposit(bonus, topup.bonusSettlesMc()));
    json.text("topup_id", OwnedId.Kind.TOPUP.text(customerId, topup.entry().number()))
        .text("customer_id", customerId.toString())
        .text("external_customer_id", externalId)
        .text("package_id", topup.packageKey())
        .text("external_payment_id", payment == null ? null : payment.key())
        .objects(
            "blocks",
            deposits,
            (each, deposit) ->
                CreditsJson.deposited(
                    each, customerId, deposit.terms(), topup.at(), deposit.settlesMc()));
    CreditsJson.balances(json, after(topup));
    json.text("ledger_entry_id", OwnedId.Kind.LEDGER_ENTRY.text(customerId, topup.entry().number()))
        .number("ledger_sequence", topup.entry().sequence())
        .instant("created_at", topup.at());
  }

  /** The balances after all that the topup led to. */
  private static Balances after(TopupGranted topup) {
    BlockTerms bonus = topup.bonus();
    return CreditsJson.balancesAfter(topup.entry())
        .losing(bonus == null ? 0 : -bonus.originalAmountMc())
        .settling(topup.settlesMc() + topup.bonusSettlesMc());
  }

  /** Writes the members of when a topup is asked for; null = never. */
  public static void autoTopup(
      JsonWriter json,
      UUID customerId,
      @Nullable String externalId,
      @Nullable AutoTopup autoTopup) {
    json.text("customer_id", customerId.toString())
        .text("external_customer_id", externalId)
        .bool("enabled", autoTopup != null);
    if (autoTopup == null) {
      AUTO_TOPUP_MEMBERS.forEach(json::nothing);
      return;
    }
    AutoTopup.Settings settings = autoTopup.settings();
    json.number("threshold", settings.thresholdMc())
        .text("package_id", settings.packageKey())
        .numberOrNull("credits", settings.creditsMc())
        .number("max_per_window", settings.maxPerWindow())
        .number("window_seconds", settings.windowSeconds())
        .instant("pending_until", autoTopup.pendingUntil())
        .number("refusals", autoTopup.refusals())
        .instant("not_before", autoTopup.notBefore());
  }

  /** Writes the members of the answer to a refusal. */
  public static void refused(
      JsonWriter json,
      UUID customerId,
      @Nullable String externalId,
      CustomerEvent.TopupRefused refused) {
    json.text("customer_id", customerId.toString())
        .text("external_customer_id", externalId)
        .instant("refused_at", refused.at())
        .instant("not_before", refused.notBefore());
  }
}
