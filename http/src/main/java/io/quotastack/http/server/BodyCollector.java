package io.quotastack.http.server;

import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;

/**
 * Gathers a body that comes in pieces. One that is too large is still read for a while and thrown
 * away, before it is answered: Pekko closes a connection on which it answers before the body has
 * come, and a client that is busy sending would never see the answer that tells why. Past that, the
 * connection is closed.
 */
final class BodyCollector {
  /** So much is read of a body at the very most. */
  static final int DISCARD_LIMIT_BYTES = 4 * ServerProtocol.BODY_LIMIT_BYTES;

  private final ByteStringBuilder builder = new ByteStringBuilder();
  private long lengthBytes;

  private BodyCollector() {}

  /**
   * The bytes of the body.
   *
   * @return fails with a {@link ProblemException} if the body is too large or does not come in time
   */
  static CompletionStage<byte[]> collect(
      RequestEntity entity, Duration timeout, ActorSystem<?> system) {
    return entity
        .withoutSizeLimit()
        .getDataBytes()
        .completionTimeout(timeout)
        .runWith(Sink.fold(new BodyCollector(), BodyCollector::add), system)
        .handle((collector, fault) -> {
          if (fault != null) {
            throw problemOf(fault);
          }
          return collector.bytes();
        });
  }

  private BodyCollector add(ByteString piece) {
    lengthBytes += piece.length();
    if (lengthBytes > DISCARD_LIMIT_BYTES) {
      throw tooLarge();
    }
    if (lengthBytes <= ServerProtocol.BODY_LIMIT_BYTES) {
      builder.append(piece);
    }
    return this;
  }

  private byte[] bytes() {
    if (lengthBytes > ServerProtocol.BODY_LIMIT_BYTES) {
      throw tooLarge();
    }
    return builder.result().toArrayUnsafe();
  }

  private static ProblemException tooLarge() {
    return Problem.bodyTooLarge(ServerProtocol.BODY_LIMIT_BYTES).asException();
  }

  /** Whatever stops a body is the client's doing: it sends too much, too slowly, or goes away. */
  private static ProblemException problemOf(Throwable fault) {
    Throwable cause =
        fault instanceof CompletionException && fault.getCause() != null ? fault.getCause() : fault;
    if (cause instanceof ProblemException known) {
      return known;
    }
    String detail =
        cause instanceof TimeoutException
            ? "did not come in whole in time"
            : "did not come in whole";
    return Problem.invalidRequest("", detail).asException();
  }
}
