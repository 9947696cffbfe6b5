package io.quotastack.http.credits;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.http.input.WireNames;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** From the members of a record to the record: the inverse of {@link ExportJson}, and as strict. */
final class ExportParser {
  private static final WireNames<EntryType> TYPES = WireNames.of(EntryType.class, EntryType::wire);
  private static final WireNames<Environment> ENVIRONMENTS =
      WireNames.of(Environment.class, Environment::wire);
  private static final List<String> ALLOCATION = List.of("block_id", "amount");
  private static final List<String> REFERENCE = List.of("type", "id");

  private ExportParser() {}

  /** The record that a line of JSON is. */
  static ExportRecord parse(String line) throws ExportFault {
    JsonNode json = ExportMembers.parse(line);
    for (ExportKind end : List.of(ExportKind.LEDGER_END, ExportKind.EXPORT_END)) {
      if (json.size() == 1 && json.has(end.wire())) {
        return parse(end, json.path(end.wire()));
      }
    }
    return parse(ExportKind.ENTRY, json);
  }

  /** The record of that kind with these members. */
  static ExportRecord parse(ExportKind kind, JsonNode json) throws ExportFault {
    ExportMembers members =
        ExportMembers.exactly(json, kind.members().stream().map(ExportColumn::wire).toList());
    return switch (kind) {
      case ENTRY -> entry(members);
      case LEDGER_END -> ledgerEnd(members);
      case EXPORT_END -> exportEnd(members);
    };
  }

  private static ExportRecord entry(ExportMembers members) throws ExportFault {
    UUID customerId = members.uuid("customer_id");
    EntryType type = TYPES.find(members.text("type"));
    if (type == null) {
      throw ExportMembers.fault("type", "is none of a ledger entry");
    }
    return new ExportRecord.Entry(
        customerId,
        new LedgerEntry(
            members.owned("id", OwnedId.Kind.LEDGER_ENTRY, customerId),
            members.whole("sequence"),
            type,
            members.whole("delta"),
            members.whole("balance_after"),
            members.whole("reserved_after"),
            members.whole("overage_after"),
            allocations(members.node("allocations"), customerId),
            reference(members.node("reference")),
            members.textOrNull("reason"),
            members.texts("metadata"),
            members.instant("created_at"),
            members.hash("previous_hash"),
            members.hash("hash")));
  }

  private static List<Allocation> allocations(JsonNode array, UUID customerId) throws ExportFault {
    if (!array.isArray()) {
      throw ExportMembers.fault("allocations", "is not an array");
    }
    var allocations = new ArrayList<Allocation>(array.size());
    for (JsonNode element : array) {
      ExportMembers members = ExportMembers.exactly(element, ALLOCATION);
      allocations.add(
          new Allocation(
              members.owned("block_id", OwnedId.Kind.BLOCK, customerId), members.whole("amount")));
    }
    return allocations;
  }

  private static @Nullable Reference reference(JsonNode node) throws ExportFault {
    if (node.isNull()) {
      return null;
    }
    ExportMembers members = ExportMembers.exactly(node, REFERENCE);
    return new Reference(members.text("type"), members.text("id"));
  }

  private static ExportRecord ledgerEnd(ExportMembers members) throws ExportFault {
    return new LedgerEnd(
        members.uuid("customer_id"),
        members.textOrNull("external_customer_id"),
        members.whole("entries"),
        members.whole("first_sequence"),
        members.whole("last_sequence"),
        members.hash("head_hash"),
        members.hash("previous_hash"),
        members.hash("hash"));
  }

  private static ExportRecord exportEnd(ExportMembers members) throws ExportFault {
    String tenantId = members.text("tenant_id");
    Environment environment = ENVIRONMENTS.find(members.text("environment"));
    if (!TenantRef.isTenantId(tenantId) || environment == null) {
      throw ExportMembers.fault("tenant_id", "and environment name no tenant");
    }
    return new ExportEnd(
        new TenantRef(tenantId, environment),
        members.uuidOrNull("customer_id"),
        members.instantOrNull("from"),
        members.instantOrNull("to"),
        members.whole("customers"),
        members.whole("entries"),
        members.hash("previous_hash"),
        members.hash("hash"));
  }
}
