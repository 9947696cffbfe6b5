package io.quotastack.engine.ids;

import com.fasterxml.jackson.annotation.JsonProperty;

/** One of the two worlds of a tenant; nothing crosses between them (semantics 1). */
public enum Environment {
  @JsonProperty("live")
  LIVE("live"),
  @JsonProperty("test")
  TEST("test");

  private final String wire;

  Environment(String wire) {
    this.wire = wire;
  }

  /** The name in URLs, JSON, API keys and persistence ids. */
  public String wire() {
    return wire;
  }

  /**
   * The environment of that wire name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Environment of(String wire) {
    return switch (wire) {
      case "live" -> LIVE;
      case "test" -> TEST;
      default -> throw new IllegalArgumentException("no such environment: " + wire);
    };
  }
}
