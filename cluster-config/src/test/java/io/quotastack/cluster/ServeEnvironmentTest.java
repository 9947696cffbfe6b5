package io.quotastack.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quotastack.cluster.persistence.DatabaseSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each variable that is missing or wrong gets one clear line. */
class ServeEnvironmentTest {
  private static final Map<String, String> ENOUGH =
      Map.of(
          "QUOTASTACK_DB_URL", "jdbc:postgresql://db:5432/quotastack",
          "QUOTASTACK_DB_USER", "quotastack",
          "QUOTASTACK_DB_PASSWORD", "secret");

  @Test
  void the_database_is_enough() {
    assertThat(ServeEnvironment.read(ENOUGH))
        .isEqualTo(
            new NodeSettings(
                new DatabaseSettings(
                    "jdbc:postgresql://db:5432/quotastack", "quotastack", "secret"),
                new Endpoint("0.0.0.0", 8080),
                new Endpoint("0.0.0.0", 8558),
                new Endpoint("127.0.0.1", 17355),
                List.of()));
  }

  @Test
  void everything_can_be_set() {
    NodeSettings settings =
        ServeEnvironment.read(
            with(
                Map.of(
                    "QUOTASTACK_HTTP_HOST", "10.0.0.1",
                    "QUOTASTACK_HTTP_PORT", "80",
                    "QUOTASTACK_MANAGEMENT_HOST", "10.0.0.2",
                    "QUOTASTACK_MANAGEMENT_PORT", "81",
                    "QUOTASTACK_CLUSTER_HOST", "10.0.0.3",
                    "QUOTASTACK_CLUSTER_PORT", "82",
                    "QUOTASTACK_SEED_NODES", "a:1, [::1]:2 ,")));

    assertThat(settings.http()).isEqualTo(new Endpoint("10.0.0.1", 80));
    assertThat(settings.management()).isEqualTo(new Endpoint("10.0.0.2", 81));
    assertThat(settings.cluster()).isEqualTo(new Endpoint("10.0.0.3", 82));
    assertThat(settings.seedNodes()).containsExactly(new Endpoint("a", 1), new Endpoint("::1", 2));
    assertThat(settings.toConfig().getStringList("quotastack.cluster.seed-nodes"))
        .containsExactly("a:1", "[::1]:2");
  }

  @Test
  void an_empty_environment_is_told_all_that_it_lacks() {
    assertThat(problems(Map.of()))
        .containsExactly(
            "QUOTASTACK_DB_URL is required",
            "QUOTASTACK_DB_USER is required",
            "QUOTASTACK_DB_PASSWORD is required (it may be empty)");
  }

  @Test
  void what_makes_no_sense_is_named_with_its_value() {
    assertThat(
            problems(
                with(
                    Map.of(
                        "QUOTASTACK_DB_URL", "postgres://me:secret@db/x?password=secret",
                        "QUOTASTACK_HTTP_PORT", "eighty",
                        "QUOTASTACK_MANAGEMENT_PORT", "65536",
                        "QUOTASTACK_SEED_NODES", "nowhere,b:0"))))
        .containsExactly(
            "QUOTASTACK_DB_URL must look like jdbc:postgresql://host:port/name, got"
                + " postgres://...@db/x?...",
            "QUOTASTACK_SEED_NODES must be host:port,host:port, got nowhere",
            "QUOTASTACK_SEED_NODES must be host:port,host:port, got b:0",
            "QUOTASTACK_HTTP_PORT must be a port, 0 to 65535, got eighty",
            "QUOTASTACK_MANAGEMENT_PORT must be a port, 0 to 65535, got 65536");
  }

  @Test
  void who_joins_others_must_say_where_they_reach_him() {
    assertThat(problems(with(Map.of("QUOTASTACK_SEED_NODES", "a:1"))))
        .containsExactly(
            "QUOTASTACK_CLUSTER_HOST is required with QUOTASTACK_SEED_NODES: the address at which"
                + " the other nodes reach this one");
  }

  private static Map<String, String> with(Map<String, String> more) {
    var variables = new HashMap<>(ENOUGH);
    variables.putAll(more);
    return variables;
  }

  private static List<String> problems(Map<String, String> variables) {
    return catchThrowableOfType(SettingsException.class, () -> ServeEnvironment.read(variables))
        .problems();
  }
}
