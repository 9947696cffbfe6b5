package io.quotastack.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.scaladsl.AskPattern;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.util.Timeout;
import scala.concurrent.ExecutionContext;

/**
 * Asks sharded actors, and asks again if there is no answer for a while: what is under way to a
 * shard while it moves to another node is dropped. Whatever can be asked is idempotent, so that
 * nothing is done twice by it.
 */
final class Asking {
  /** After that part of the time for an answer it is asked again. */
  private static final int PARTS = 4;

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final Duration timeout;
  private final Duration patience;

  /**
   * Asks on behalf of that node.
   *
   * @param timeout for an answer, however often it is asked
   */
  Asking(ActorSystem<?> system, Duration timeout) {
    this.system = system;
    this.cluster = Cluster.get(system);
    this.timeout = timeout;
    this.patience = timeout.dividedBy(PARTS);
  }

  /**
   * The first answer, completed in the thread that brings it (the one of Java's own API always
   * takes a hop to the common pool): what depends on it must be short. Fails with {@link
   * java.util.concurrent.TimeoutException} if none comes.
   *
   * @param message makes the question
   * @param isAnswer whether what the repetition is answered tells what became of the first
   */
  <M, R> CompletionStage<R> ask(
      RecipientRef<M> recipient, Function<ActorRef<R>, M> message, Predicate<R> isAnswer) {
    CompletionStage<R> first = once(recipient, message, timeout);
    if (cluster.state().members().size() == 1) {
      // No shard can move: spares each request a timer.
      return first;
    }
    var answer = new CompletableFuture<R>();
    Cancellable repetition =
        system
            .scheduler()
            .scheduleOnce(
                patience,
                () -> {
                  var _ =
                      once(recipient, message, timeout.minus(patience))
                          .thenAccept(reply -> {
                            if (isAnswer.test(reply)) {
                              answer.complete(reply);
                            }
                          });
                },
                system.executionContext());
    var _ =
        first.whenComplete((reply, failure) -> {
          repetition.cancel();
          if (failure == null) {
            answer.complete(reply);
          } else {
            answer.completeExceptionally(failure);
          }
        });
    return answer;
  }

  private <M, R> CompletionStage<R> once(
      RecipientRef<M> recipient, Function<ActorRef<R>, M> message, Duration limit) {
    var answer = new CompletableFuture<R>();
    new AskPattern.Askable<>(recipient)
        .<R>ask(message::apply, Timeout.create(limit), system.scheduler())
        .onComplete(
            outcome ->
                outcome.isSuccess()
                    ? answer.complete(outcome.get())
                    : answer.completeExceptionally(outcome.failed().get()),
            ExecutionContext.parasitic$.MODULE$);
    return answer;
  }
}
