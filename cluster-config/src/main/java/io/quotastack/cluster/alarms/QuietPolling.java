package io.quotastack.cluster.alarms;

import com.github.kagkarlsson.scheduler.jdbc.JdbcTaskRepositoryContext;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import com.github.kagkarlsson.scheduler.task.Execution;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How db-scheduler asks PostgreSQL what is due, except that an outage is told in one line when it
 * begins and one when it ends: by itself db-scheduler writes a stack trace at every poll. While the
 * database is away nothing is due.
 */
final class QuietPolling extends PostgreSqlJdbcCustomization {
  private static final Logger LOG = LoggerFactory.getLogger(QuietPolling.class);

  /** Only the thread that polls knows it. */
  private boolean away;

  QuietPolling() {
    super(false, false);
  }

  @Override
  public List<Execution> lockAndFetchSingleStatement(
      JdbcTaskRepositoryContext context, Instant now, int limit, boolean orderByPriority) {
    List<Execution> due;
    try {
      due = super.lockAndFetchSingleStatement(context, now, limit, orderByPriority);
    } catch (RuntimeException e) {
      if (!away) {
        away = true;
        LOG.warn("no alarm rings until the database answers again: {}", rootOf(e).getMessage());
        LOG.debug("polling for alarms failed", e);
      }
      return List.of();
    }
    if (away) {
      away = false;
      LOG.info("alarms ring again");
    }
    return due;
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
