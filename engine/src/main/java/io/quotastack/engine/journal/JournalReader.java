package io.quotastack.engine.journal;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Reads the stored events of one actor, a page at a time. Sees every event whose write was
 * acknowledged before the call.
 */
public interface JournalReader {
  /** The most rows that one call returns. */
  int MAX_ROWS = 1_000;

  /**
   * Rows of one journal whose sequence numbers lie within the bounds, both included.
   *
   * @param persistenceId whose journal
   * @param fromSequence the lowest sequence number
   * @param toSequence the highest
   * @param direction whether the lowest or the highest comes first
   * @param manifests only events stored under these names; empty = all
   * @param limit at most so many rows, 1 to {@link #MAX_ROWS}
   * @return fails with {@link JournalUnavailableException} if the database does not answer
   */
  CompletionStage<List<JournalRow>> read(
      String persistenceId,
      long fromSequence,
      long toSequence,
      Direction direction,
      Set<String> manifests,
      int limit);

  /** Which end of the journal comes first. */
  enum Direction {
    OLDEST_FIRST,
    NEWEST_FIRST
  }
}
