package io.quotastack.engine.customer;

import io.quotastack.engine.customer.CustomerCommand.RefuseTopup;
import io.quotastack.engine.customer.CustomerCommand.RemoveAutoTopup;
import io.quotastack.engine.customer.CustomerCommand.SetAutoTopup;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.topups.AutoTopup;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When the tenant is asked to top a customer up (semantics 7). */
final class TopupRequestRules {
  private TopupRequestRules() {}

  static Outcome set(Draft draft, SetAutoTopup command, Instant now) {
    return draft.state().profile() == null
        ? new Outcome.Refused(new Refusal.CustomerNotFound())
        : draft.done(new CustomerEvent.AutoTopupSet(now, null, command.settings()));
  }

  static Outcome remove(Draft draft, RemoveAutoTopup command, Instant now) {
    return draft.state().profile() == null
        ? new Outcome.Refused(new Refusal.CustomerNotFound())
        : draft.done(new CustomerEvent.AutoTopupSet(now, command.request(), null));
  }

  static Outcome refuse(Draft draft, RefuseTopup command, Instant now) {
    if (draft.state().profile() == null) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    AutoTopup autoTopup = draft.state().autoTopup();
    return autoTopup == null || autoTopup.pendingUntil() == null
        ? new Outcome.Refused(new Refusal.NoTopupPending())
        : draft.done(refused(autoTopup, command.request(), now));
  }

  private static CustomerEvent.TopupRefused refused(
      AutoTopup autoTopup, @Nullable RequestKey request, Instant at) {
    Instant notBefore = autoTopup.refused(at).notBefore();
    if (notBefore == null) {
      throw new IllegalStateException("a refusal without a pause");
    }
    return new CustomerEvent.TopupRefused(at, request, notBefore);
  }

  /** Takes silence as a refusal, or asks now that it is allowed again. */
  static void due(Draft draft, Instant at) {
    AutoTopup autoTopup = draft.state().autoTopup();
    if (autoTopup != null && autoTopup.pendingUntil() != null) {
      draft.add(refused(autoTopup, null, at));
    }
    requestIfWanted(draft, at);
  }

  /** Asks for a topup if the effective balance is below the threshold and nothing forbids it. */
  static void requestIfWanted(Draft draft, Instant at) {
    AutoTopup autoTopup = draft.state().autoTopup();
    long effectiveMc = draft.state().effectiveBalanceMc();
    if (autoTopup != null && autoTopup.isWanted(effectiveMc, at)) {
      draft.add(
          new CustomerEvent.TopupRequested(
              at,
              autoTopup.settings(),
              effectiveMc,
              at.plus(AutoTopup.PATIENCE),
              draft.nextWebhook()));
    }
  }
}
