package io.quotastack.engine.customer;

import static io.quotastack.engine.customer.Customers.START;
import static io.quotastack.engine.customer.Customers.grant;
import static io.quotastack.engine.customer.Customers.use;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.credits.ExportRecord.Entry;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import io.quotastack.engine.credits.ExportVerifier;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.InMemoryJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The ledgers of many customers as they are read out of the journal, page by page. */
class LedgerExportTest {
  private static final TenantRef TENANT =
      new TenantRef("ten_aaaqeayeaudaocajbifqydiob4", Environment.LIVE);
  private static final TenantRef TEST = new TenantRef(TENANT.tenantId(), Environment.TEST);
  private static final TenantRef OTHER =
      new TenantRef("ten_aaaqeayeaudaocajbifqydioba", Environment.LIVE);

  private final TreeMap<String, List<CustomerEvent>> journals = new TreeMap<>();
  private final InMemoryJournal journal = new InMemoryJournal(journals);

  /** A customer that is created by a grant and uses credits each second. */
  private void customer(TenantRef tenant, UUID customerId, int uses) {
    customer(new CustomerRef(tenant, customerId), uses, 1);
  }

  private void customer(CustomerRef customer, int uses, int profileChangesPerUse) {
    var decider = new CustomerDecider(customer.customerId());
    List<CustomerEvent> events = new ArrayList<>();
    CustomerDecider.Decision decision =
        decider.decide(CustomerState.NONE, List.of(grant("grant", 10_000_000)), START);
    events.addAll(decision.events());
    for (int i = 1; i <= uses; i++) {
      Instant now = START.plusSeconds(i);
      var commands = new ArrayList<CustomerCommand>();
      commands.add(use("use " + i, 3));
      for (int n = 0; n < profileChangesPerUse - 1; n++) {
        commands.add(
            new CustomerCommand.UpdateCustomer(
                Customers.request("update " + i + " " + n),
                null,
                null,
                null,
                null,
                null,
                Map.of()));
      }
      decision = decider.decide(decision.state(), commands, now);
      events.addAll(decision.events());
    }
    journals.put(customer.persistenceId(), events);
  }

  private static UUID id(int number) {
    return new UUID((0x11L * number) << 56, number);
  }

  private static List<ExportRecord> all(LedgerExport export) {
    var records = new ArrayList<ExportRecord>();
    while (!export.isAtEnd()) {
      records.addAll(export.next().toCompletableFuture().join());
    }
    return records;
  }

  private static List<LedgerEntry> entries(List<ExportRecord> records) {
    return records.stream()
        .filter(Entry.class::isInstance)
        .map(record -> ((Entry) record).entry())
        .toList();
  }

  private List<LedgerEntry> scan(
      TenantRef tenant, @Nullable UUID only, @Nullable Instant from, @Nullable Instant to) {
    String prefix = "customer|" + tenant.entityId() + "|" + (only == null ? "" : only);
    return journals.entrySet().stream()
        .filter(each -> each.getKey().startsWith(prefix))
        .flatMap(each -> each.getValue().stream())
        .map(CustomerEvent::entry)
        .filter(entry -> entry != null)
        .filter(entry -> from == null || !entry.createdAt().isBefore(from))
        .filter(entry -> to == null || entry.createdAt().isBefore(to))
        .toList();
  }

  private static void assertValid(List<ExportRecord> records) {
    var findings = new ArrayList<ExportVerifier.Finding>();
    var verifier = new ExportVerifier(findings::add);
    long line = 0;
    for (ExportRecord record : records) {
      verifier.accept(++line, record);
    }
    verifier.finish(line);
    assertThat(findings).isEmpty();
  }

  @Test
  void every_ledger_of_the_environment_is_exported_by_customer_and_no_other() {
    for (int number : new int[] {15, 3, 7, 9}) {
      customer(TENANT, id(number), number);
    }
    customer(TEST, id(1), 4);
    customer(OTHER, id(2), 4);
    journals.put(new CustomerRef(TENANT, id(8)).persistenceId(), created(id(8)));

    List<ExportRecord> records = all(LedgerExport.of(journal, TENANT, null, null));

    assertThat(entries(records)).isEqualTo(scan(TENANT, null, null, null));
    assertThat(records)
        .filteredOn(LedgerEnd.class::isInstance)
        .extracting(record -> ((LedgerEnd) record).customerId())
        .containsExactly(id(3), id(7), id(9), id(15));
    LedgerEnd first = (LedgerEnd) records.get(4);
    assertThat(first.externalId()).isEqualTo("acme");
    assertThat(first.entries()).isEqualTo(4);
    assertThat(first.firstSequence()).isEqualTo(1);
    assertThat(first.lastSequence()).isEqualTo(4);
    ExportEnd end = (ExportEnd) records.getLast();
    assertThat(end.tenant()).isEqualTo(TENANT);
    assertThat(end.customers()).isEqualTo(4);
    assertThat(end.entries()).isEqualTo(3 + 7 + 9 + 15 + 4);
    assertValid(records);
  }

  private static List<CustomerEvent> created(UUID customerId) {
    return new CustomerDecider(customerId)
        .decide(CustomerState.NONE, List.of(Customers.newCustomer("create")), START)
        .events();
  }

  @Test
  void one_customer_can_be_exported() {
    customer(TENANT, id(3), 5);
    customer(TENANT, id(4), 5);

    List<ExportRecord> records =
        all(LedgerExport.of(journal, new CustomerRef(TENANT, id(3)), null, null));

    assertThat(entries(records)).isEqualTo(scan(TENANT, id(3), null, null));
    assertThat(((ExportEnd) records.getLast()).customerId()).isEqualTo(id(3));
    assertValid(records);
    assertThat(all(LedgerExport.of(journal, new CustomerRef(TENANT, id(5)), null, null)))
        .singleElement()
        .isInstanceOf(ExportEnd.class);
  }

  @Test
  void any_part_of_time_gives_what_a_scan_gives() {
    var random = new Random(5);
    for (int number = 1; number <= 9; number++) {
      customer(new CustomerRef(TENANT, id(number)), random.nextInt(1_500), 1 + random.nextInt(2));
    }
    for (int i = 0; i < 60; i++) {
      Instant from =
          random.nextInt(4) == 0 ? null : START.plusMillis(random.nextInt(1_600_000) - 50_000);
      Instant to =
          random.nextInt(4) == 0 ? null : START.plusMillis(random.nextInt(1_600_000) - 50_000);
      UUID only = random.nextBoolean() ? null : id(1 + random.nextInt(9));
      LedgerExport export =
          only == null
              ? LedgerExport.of(journal, TENANT, from, to)
              : LedgerExport.of(journal, new CustomerRef(TENANT, only), from, to);

      List<ExportRecord> records = all(export);

      assertThat(entries(records)).as("%s to %s", from, to).isEqualTo(scan(TENANT, only, from, to));
      assertThat(((ExportEnd) records.getLast()).from()).isEqualTo(from);
      assertThat(((ExportEnd) records.getLast()).to()).isEqualTo(to);
      assertValid(records);
    }
  }

  @Test
  void many_small_ledgers_share_a_page() {
    for (int number = 1; number <= 200; number++) {
      customer(TENANT, new UUID(number, number), 4);
    }
    LedgerExport export = LedgerExport.of(journal, TENANT, null, null);
    assertThat(all(export)).hasSize(200 * 6 + 1);
    assertThat(journal.reads()).isLessThanOrEqualTo(5);
  }

  @Test
  void a_page_is_read_when_it_is_asked_for_and_not_before() {
    customer(TENANT, id(1), 2_000);
    LedgerExport export = LedgerExport.of(journal, TENANT, null, null);
    assertThat(journal.reads()).isZero();

    assertThat(export.next().toCompletableFuture().join()).hasSize(999); // and the creation
    assertThat(journal.reads()).isEqualTo(2); // the page, and how far the ledger goes

    customer(TENANT, id(2), 3);
    assertThat(entries(all(export))).hasSize(2_001 - 999 + 4);
  }

  @Test
  void a_ledger_that_grows_while_it_is_read_ends_where_it_ended_then() {
    customer(TENANT, id(1), 1_500);
    LedgerExport export = LedgerExport.of(journal, TENANT, null, null);
    List<ExportRecord> records = new ArrayList<>(export.next().toCompletableFuture().join());

    customer(TENANT, id(1), 5_000);
    customer(TENANT, id(2), 3);
    records.addAll(all(export));

    assertThat(records)
        .filteredOn(LedgerEnd.class::isInstance)
        .extracting(record -> ((LedgerEnd) record).entries())
        .containsExactly(1_501L, 4L);
    assertValid(records);
  }

  @Test
  void what_lies_before_the_first_instant_is_passed_over_and_not_read() {
    customer(TENANT, id(1), 20_000);
    LedgerExport export =
        LedgerExport.of(journal, TENANT, START.plus(Duration.ofSeconds(19_990)), null);

    assertThat(entries(all(export))).hasSize(11);
    assertThat(journal.reads()).isLessThan(22);
  }

  @Test
  void what_lies_behind_the_last_instant_is_not_read() {
    customer(TENANT, id(1), 20_000);
    customer(TENANT, id(2), 3);
    LedgerExport export =
        LedgerExport.of(journal, TENANT, null, START.plus(Duration.ofSeconds(10)));

    assertThat(entries(all(export))).hasSize(10 + 4);
    assertThat(journal.reads()).isLessThanOrEqualTo(4);
  }

  @Test
  void behind_the_end_there_is_nothing() {
    LedgerExport export = LedgerExport.of(journal, TENANT, null, null);
    assertThat(all(export)).hasSize(1);
    assertThatThrownBy(export::next).isInstanceOf(IllegalStateException.class);
  }
}
