package io.quotastack.bench.past;

/**
 * What a process has made.
 *
 * @param events in the journal
 * @param keys how many keys the window has from which the bytes were measured
 * @param bytesPerKey what one of them takes in memory
 */
public record PastMade(long events, int keys, double bytesPerKey) {}
