package io.quotastack.engine.journal;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Reads stored events, of one actor or of many, a page at a time. Sees every event whose write was
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

  /**
   * Rows of all journals whose persistence ids begin with a prefix: of one journal after the other,
   * by the bytes of their ids, and of each from its lowest sequence number on. Whoever asks again
   * and again, each time behind the last row, reads them all, in memory that does not grow.
   *
   * @param prefix in ASCII
   * @param afterPersistenceId with {@code afterSequence}, the place behind which the page begins;
   *     begin with the prefix itself
   * @param afterSequence begin with 0; {@link Long#MAX_VALUE} passes over the rest of a journal
   * @param manifests only events stored under these names, and the first of each journal
   * @param limit at most so many rows, 1 to {@link #MAX_ROWS}; fewer may come though more follow,
   *     none only if none follows
   * @return fails with {@link JournalUnavailableException} if the database does not answer
   */
  CompletionStage<List<PlacedRow>> readAcross(
      String prefix,
      String afterPersistenceId,
      long afterSequence,
      Set<String> manifests,
      int limit);

  /** Which end of the journal comes first. */
  enum Direction {
    OLDEST_FIRST,
    NEWEST_FIRST
  }
}
