package io.quotastack.engine.alarms;

import io.quotastack.engine.ids.CustomerRef;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Wakes customers, durably: who is rung looks at its clock, and does what is due. An alarm says
 * neither that something is due nor what, so that one too many, or one rung twice, does no harm;
 * one too few does. Therefore it is set before what needs it is stored: first the alarm, then the
 * event.
 */
public interface Alarms {
  /**
   * Complete when it is durable that this customer is rung at that instant or soon after, on some
   * node of the cluster, and not only before this call. Setting an alarm that is set already does
   * nothing. An instant that has passed is rung soon.
   *
   * @param at rounded up to whole milliseconds
   * @return fails with {@link io.quotastack.engine.journal.JournalUnavailableException} if the
   *     database does not answer or too many wait for it; then it is unknown whether it is set
   */
  CompletionStage<@Nullable Void> set(CustomerRef customer, Instant at);
}
