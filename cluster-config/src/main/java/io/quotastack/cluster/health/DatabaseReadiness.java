package io.quotastack.cluster.health;

import io.quotastack.cluster.persistence.ReadDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorSystem;

/**
 * Whether the database answers, for {@code /health/ready}. Asked often and by many, it asks the
 * database at most once a second, and never twice at the same time.
 */
public final class DatabaseReadiness implements Supplier<CompletionStage<Boolean>> {
  private static final Duration ANSWER_KEPT = Duration.ofSeconds(1);

  private final ReadDatabase database;
  private CompletableFuture<Boolean> answer = CompletableFuture.completedFuture(false);
  private long askAgainAtNanos = System.nanoTime();

  /** Made by Pekko Management, once for each actor system. */
  public DatabaseReadiness(ActorSystem system) {
    this.database = ReadDatabase.get(system);
  }

  @Override
  public synchronized CompletionStage<Boolean> get() {
    long now = System.nanoTime();
    if (answer.isDone() && now - askAgainAtNanos >= 0) {
      askAgainAtNanos = now + ANSWER_KEPT.toNanos();
      answer = database.run(DatabaseReadiness::answers).exceptionally(failure -> false);
    }
    return answer;
  }

  private static boolean answers(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT 1");
        ResultSet result = statement.executeQuery()) {
      return result.next();
    }
  }
}
