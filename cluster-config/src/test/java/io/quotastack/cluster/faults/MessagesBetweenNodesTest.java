package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quotastack.cluster.TestNode;
import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerMessage;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.customer.Outcome;
import io.quotastack.engine.serialization.ClusterMessage;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantMessage;
import io.quotastack.engine.tenant.TenantReply;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import org.apache.pekko.serialization.jackson.JacksonCborSerializer;
import org.junit.jupiter.api.Test;

/**
 * What nodes send each other arrives as it was sent: every command, query, outcome, refusal, view
 * and catalog, through the serialization of a real node.
 */
class MessagesBetweenNodesTest {
  private final ActorSystem<?> system = TestNode.shared().node().system();
  private final Serialization serialization = SerializationExtension.get(system);
  private final ActorRef<Object> actor =
      system.systemActorOf(Behaviors.ignore(), "receiver-of-messages", Props.empty());
  private final Samples samples = new Samples(actor);
  private final Set<Class<?>> sent = new HashSet<>();

  @Test
  void every_message_arrives_as_it_was_sent() {
    Stream.of(
            samples.of(CustomerCommand.class).stream()
                .map(command -> new CustomerMessage.Write(List.of(command), actor.narrow())),
            samples.of(CustomerQuery.class).stream()
                .map(query -> new CustomerMessage.Read(query, actor.narrow())),
            samples.of(CustomerMessage.Ring.class).stream(),
            samples.of(CustomerMessage.Stop.class).stream(),
            samples.of(Outcome.class).stream()
                .map(outcome -> new CustomerMessage.WriteReply(null, List.of(outcome), "name")),
            samples.of(CustomerMessage.WriteReply.class).stream(),
            samples.of(CustomerView.class).stream()
                .map(view -> new CustomerMessage.ReadReply(null, view)),
            samples.of(CustomerMessage.ReadReply.class).stream(),
            samples.of(TenantCommand.class).stream()
                .map(command -> new TenantMessage.Change(command, actor.narrow())),
            samples.of(TenantMessage.ReadCatalog.class).stream(),
            samples.of(TenantMessage.Stop.class).stream(),
            samples.of(TenantMessage.Drop.class).stream(),
            samples.of(TenantMessage.Dropped.class).stream(),
            samples.of(TenantReply.class).stream(),
            samples.of(TenantMessage.CatalogReply.class).stream(),
            Stream.of(new TenantMessage.CatalogReply(Catalog.NONE)))
        .flatMap(messages -> messages)
        .forEach(this::assertArrives);

    assertThat(named(Stream.concat(sent.stream(), samples.records().stream())))
        .as("all that is marked to travel was sent, alone or inside of another")
        .containsAll(marked());
  }

  private void assertArrives(Object message) {
    sent.add(message.getClass());
    Serializer serializer = serialization.findSerializerFor(message);
    assertThat(serializer).as("%s", message).isInstanceOf(JacksonCborSerializer.class);
    byte[] bytes = serialization.serialize(message).get();
    Object arrived =
        serialization
            .deserialize(
                bytes, serializer.identifier(), Serializers.manifestFor(serializer, message))
            .get();
    assertThat(arrived)
        .isEqualTo(message)
        // Equal sets and maps may differ in their order, and then so do the answers made of them.
        .hasToString(message.toString());
  }

  private static Set<String> marked() {
    return new ClassFileImporter()
        .importPackages("io.quotastack.engine").stream()
            .filter(type -> type.isAssignableTo(ClusterMessage.class) && !type.isInterface())
            .map(JavaClass::getName)
            .collect(Collectors.toSet());
  }

  private static Set<String> named(Stream<Class<?>> types) {
    return types.map(Class::getName).collect(Collectors.toSet());
  }
}
