package io.quotastack.cluster.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a node answered.
 *
 * @param replayed whether it says that it is the answer to an earlier request
 * @param retryAfter the header of that name
 * @param took from the request to the end of the answer
 */
record Answer(
    int status, String body, boolean replayed, @Nullable String retryAfter, Duration took) {
  private static final ObjectMapper JSON = new ObjectMapper();

  JsonNode json() {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether it is left open if the request took effect. */
  boolean isOpen() {
    return status >= 500;
  }
}
