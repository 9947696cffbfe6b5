package io.quotastack.http.server;

import com.typesafe.config.ConfigFactory;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.settings.ServerSettings;

/** How the server speaks HTTP: the settings that {@link Api} relies on. */
public final class ServerProtocol {
  /** No body has more bytes than this: 1 MiB. */
  public static final int BODY_LIMIT_BYTES = 1 << 20;

  private static final String SETTINGS = "io/quotastack/http/server/server.conf";

  private ServerProtocol() {}

  /** The settings to bind {@link Api#connection()} with. */
  public static ServerSettings settings(ActorSystem<?> system) {
    ServerSettings settings =
        ServerSettings.create(
            ConfigFactory.parseResources(ServerProtocol.class.getClassLoader(), SETTINGS)
                .withFallback(system.settings().config())
                .resolve());
    return settings.withParserSettings(
        settings.getParserSettings().withCustomMediaTypes(JsonTypes.DECLARED));
  }
}
