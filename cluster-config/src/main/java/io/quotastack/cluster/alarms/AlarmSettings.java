package io.quotastack.cluster.alarms;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * What an operator can set of alarms; {@code quotastack.alarms} in application.conf tells each.
 *
 * @param pollInterval how often it is looked what is due
 * @param maxRinging how many are rung at once
 * @param ringTimeout after so long without an answer a ring has failed
 * @param heartbeatInterval how often a node says of each that it is still being rung
 * @param queue how many may wait to be set
 */
record AlarmSettings(
    Duration pollInterval,
    int maxRinging,
    Duration ringTimeout,
    Duration heartbeatInterval,
    int queue) {

  /** Those of the section {@code quotastack.alarms}. */
  static AlarmSettings of(Config section) {
    return new AlarmSettings(
        section.getDuration("poll-interval"),
        section.getInt("max-ringing"),
        section.getDuration("ring-timeout"),
        section.getDuration("heartbeat-interval"),
        section.getInt("queue"));
  }
}
