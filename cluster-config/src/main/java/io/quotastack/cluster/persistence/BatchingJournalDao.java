package io.quotastack.cluster.persistence;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.pekko.persistence.jdbc.config.JournalConfig;
import org.apache.pekko.persistence.jdbc.journal.dao.DefaultJournalDao;
import org.apache.pekko.persistence.jdbc.journal.dao.JournalTables.JournalPekkoSerializationRow;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.stream.Materializer;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.collection.immutable.Set;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.BoxedUnit;
import slick.jdbc.JdbcBackend.JdbcDatabaseDef;
import slick.jdbc.JdbcProfile;

/**
 * The journal's access to the database, with a way to write of its own: what the actors of the node
 * persist gathers while a batch is under way and goes down as the next one, in one statement and
 * one round trip. The plugin's way takes several, through Slick. All else is the plugin's.
 *
 * <p>If PostgreSQL refuses a batch because of what is in it, each write is tried alone, so that
 * only the one at fault fails. After any other failure it is unknown whether the batch is there,
 * and all of it fails.
 */
public final class BatchingJournalDao extends DefaultJournalDao {
  /** What one actor persists at once. */
  private record Write(List<JournalPekkoSerializationRow> rows, Promise<BoxedUnit> done) {}

  private final JdbcDatabaseDef database;
  private final int maxRows;
  private final BlockingQueue<Write> waiting;

  /** Made by the journal's plugin, once for an actor system. */
  public BatchingJournalDao(
      JdbcDatabaseDef database,
      JdbcProfile profile,
      JournalConfig config,
      Serialization serialization,
      ExecutionContext executor,
      Materializer materializer) {
    super(database, profile, config, serialization, executor, materializer);
    this.database = database;
    this.maxRows = config.daoConfig().batchSize();
    this.waiting = new ArrayBlockingQueue<>(config.daoConfig().bufferSize());
    String system = materializer.system().name();
    for (int i = 0; i < config.daoConfig().parallelism(); i++) {
      Thread writer =
          Thread.ofPlatform()
              .name(system + "-journal-writer-" + i)
              .daemon()
              .start(this::writeUntilInterrupted);
      materializer.system().registerOnTermination((Runnable) writer::interrupt);
    }
  }

  @Override
  public Future<BoxedUnit> queueWriteJournalRows(
      Seq<Tuple2<JournalPekkoSerializationRow, Set<String>>> tagged) {
    var rows = new ArrayList<JournalPekkoSerializationRow>(tagged.size());
    for (Tuple2<JournalPekkoSerializationRow, Set<String>> row :
        CollectionConverters.asJava(tagged)) {
      if (row._2().nonEmpty() || row._1().metaPayload().nonEmpty()) {
        // Nothing of ours: tags and metadata are left to the plugin.
        return super.queueWriteJournalRows(tagged);
      }
      rows.add(row._1());
    }
    var write = new Write(rows, Promise.apply());
    if (!waiting.offer(write)) {
      write.done().failure(new IllegalStateException("too many writes wait for the database"));
    }
    return write.done().future();
  }

  private void writeUntilInterrupted() {
    try {
      while (true) {
        write(nextBatch());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Write> nextBatch() throws InterruptedException {
    var batch = new ArrayList<Write>();
    int rows = 0;
    for (Write next = waiting.take(); next != null; next = rows < maxRows ? waiting.poll() : null) {
      batch.add(next);
      rows += next.rows().size();
    }
    return batch;
  }

  private void write(List<Write> batch) {
    try {
      insert(batch.stream().flatMap(write -> write.rows().stream()).toList());
    } catch (SQLException | RuntimeException e) {
      if (batch.size() > 1 && isContentRefused(e)) {
        batch.forEach(write -> write(List.of(write)));
      } else {
        batch.forEach(write -> write.done().failure(e));
      }
      return;
    }
    batch.forEach(write -> write.done().success(BoxedUnit.UNIT));
  }

  private void insert(List<JournalPekkoSerializationRow> rows) throws SQLException {
    try (Connection connection = database.source().createConnection()) {
      JournalInsert.write(connection, rows);
    }
  }

  /**
   * Whether the statement was judged and failed for the rows themselves: a data exception or an
   * integrity constraint (PostgreSQL's error classes 22 and 23). Then nothing of it is there.
   */
  private static boolean isContentRefused(Exception failure) {
    String state = failure instanceof SQLException refusal ? refusal.getSQLState() : null;
    return state != null && (state.startsWith("22") || state.startsWith("23"));
  }
}
