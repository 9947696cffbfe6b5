package io.quotastack.engine;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The arrows of the design, inside the engine. */
class ArchitectureTest {
  private static final String ENGINE = "io.quotastack.engine";

  /** Rules and arithmetic; each may know only what stands in front of it here, and no actor. */
  private static final List<String> PURE =
      List.of(
          "ids",
          "changes",
          "idempotency",
          "credits",
          "metering",
          "reservations",
          "topups",
          "entitlements",
          "alarms");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ENGINE);

  @Test
  void the_classes_are_found() {
    assertThat(CLASSES).hasSizeGreaterThan(100);
    for (String pure : PURE) {
      assertThat(CLASSES).anyMatch(found -> found.getPackageName().equals(ENGINE + "." + pure));
    }
  }

  @Test
  void a_pure_package_knows_only_what_is_purer() {
    for (int i = 0; i < PURE.size(); i++) {
      String[] allowed =
          PURE.subList(0, i + 1).stream()
              .map(pure -> ENGINE + "." + pure + "..")
              .toArray(String[]::new);
      classes()
          .that()
          .resideInAPackage(ENGINE + "." + PURE.get(i) + "..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              concat(
                  allowed,
                  "java.lang..",
                  "java.math..",
                  "java.nio..",
                  "java.security..",
                  "java.time..",
                  "java.util..",
                  "org.jspecify..",
                  "org.pcollections..",
                  "com.fasterxml.jackson.annotation..",
                  "com.fasterxml.jackson.databind..", // annotations, and what they name
                  "com.github.f4b6a3.uuid.."))
          .because("a pure package never imports an actor, and the arrows go one way")
          .check(CLASSES);
    }
  }

  private static String[] concat(String[] left, String... right) {
    return Stream.of(left, right).flatMap(Arrays::stream).toArray(String[]::new);
  }

  @Test
  void deciding_evolving_and_reading_know_no_actor() {
    noClasses()
        .that()
        .haveNameMatching(
            ".*\\.(CustomerDecider|DueBound|Draft|DepositRules|UsageRules|BlockRules|ReservationRules"
                + "|TopupRequestRules|CustomerState|CustomerReader|CustomerEvent|CustomerCommand"
                + "|CustomerQuery|CustomerView|CustomerSnapshot|Outcome|Refusal|Profile"
                + "|TenantDecider|TenantState|TenantEvent|TenantCommand|TenantConfig|Catalog)"
                + "(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.pekko..", "scala..")
        .check(CLASSES);
  }

  @Test
  void the_engine_knows_no_http_no_database_and_no_kubernetes() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.quotastack.http..",
            "io.quotastack.cluster..",
            "io.quotastack.bench..",
            "org.apache.pekko.http..",
            "org.apache.pekko.persistence.jdbc..",
            "org.apache.pekko.management..",
            "java.net.http..",
            "java.sql..",
            "javax.sql..",
            "org.postgresql..",
            "com.zaxxer..",
            "slick..",
            "io.kubernetes..",
            "io.fabric8..")
        .check(CLASSES);
  }

  @Test
  void the_tenant_and_the_customer_do_not_know_each_other() {
    noClasses()
        .that()
        .resideInAPackage(ENGINE + ".tenant..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ENGINE + ".customer..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(ENGINE + ".customer..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ENGINE + ".tenant..")
        .because("a command brings what it needs of the catalog: the customer knows none")
        .check(CLASSES);
  }

  @Test
  void packages_have_no_cycles() {
    slices().matching(ENGINE + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(ENGINE + ".*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ENGINE)
        .because("the door to the engine stands in front of all of it")
        .check(CLASSES);
  }

  @Test
  void only_the_engine_s_door_takes_the_system_s_clock() {
    for (Class<?> wall :
        List.of(
            Instant.class,
            LocalDate.class,
            LocalDateTime.class,
            OffsetDateTime.class,
            ZonedDateTime.class)) {
      noClasses()
          .should()
          .callMethodWhere(target(owner(type(wall))).and(target(nameMatching("now"))))
          .check(CLASSES);
    }
    noClasses()
        .should()
        .callMethodWhere(
            target(owner(type(Clock.class))).and(target(nameMatching("system.*|tick.*"))))
        .orShould()
        .callMethodWhere(
            target(owner(type(System.class)))
                .and(target(nameMatching("currentTimeMillis|nanoTime"))))
        .orShould()
        .callConstructor(Date.class)
        .check(CLASSES);
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(ENGINE + ".Engine")
        .should()
        .callMethodWhere(
            target(owner(type(InstantSource.class))).and(target(nameMatching("system"))))
        .check(CLASSES);
  }

  @Test
  void every_package_says_that_nothing_in_it_is_null_unless_it_says_so() {
    classes()
        .should(
            new ArchCondition<>("be in a @NullMarked package") {
              @Override
              public void check(JavaClass item, ConditionEvents events) {
                boolean marked = item.getPackage().isAnnotatedWith(NullMarked.class);
                events.add(new SimpleConditionEvent(item, marked, item.getName()));
              }
            })
        .check(CLASSES);
  }
}
