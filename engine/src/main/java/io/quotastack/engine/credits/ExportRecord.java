package io.quotastack.engine.credits;

import io.quotastack.engine.ids.TenantRef;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One line of an exported ledger: the entries of one customer after the other, an end behind those
 * of each, and an end behind all. The ends are what makes it show that lines are missing. They have
 * a hash chain of their own, by the rule of {@link LedgerHash}, so that the hash of the last stands
 * for the whole export.
 */
public sealed interface ExportRecord {

  /** An entry of that customer's ledger. */
  record Entry(UUID customerId, LedgerEntry entry) implements ExportRecord {}

  /**
   * The end of what was exported of one ledger.
   *
   * @param customerId whose
   * @param externalId the tenant's name of the customer; null if it has none
   * @param entries how many entries stand in front; at least 1
   * @param firstSequence the sequence of the first of them
   * @param lastSequence the sequence of the last
   * @param headHash the hash of the last
   * @param previousHash the hash of the ledger end before; {@link LedgerHash#GENESIS} in the first
   * @param hash over all the others
   */
  record LedgerEnd(
      UUID customerId,
      @Nullable String externalId,
      long entries,
      long firstSequence,
      long lastSequence,
      String headHash,
      String previousHash,
      String hash)
      implements ExportRecord {

    /** This end with the hash that its content gives. */
    public LedgerEnd sealed() {
      return new LedgerEnd(
          customerId,
          externalId,
          entries,
          firstSequence,
          lastSequence,
          headHash,
          previousHash,
          expectedHash());
    }

    /** The hash that its content gives. */
    String expectedHash() {
      var json = new StringBuilder("{\"customer_id\":\"").append(customerId);
      json.append("\",\"entries\":").append(entries).append(",\"external_customer_id\":");
      LedgerHash.appendString(json, externalId);
      json.append(",\"first_sequence\":").append(firstSequence).append(",\"head_hash\":");
      LedgerHash.appendString(json, headHash);
      json.append(",\"last_sequence\":").append(lastSequence).append(",\"previous_hash\":");
      LedgerHash.appendString(json, previousHash);
      return LedgerHash.of(json.append('}').toString());
    }
  }

  /**
   * The end of an export.
   *
   * @param tenant whose customers they are
   * @param customerId the one customer that was asked for; null = all
   * @param from only entries made then or later were asked for; null = from the first on
   * @param to only entries made before then were asked for; null = to the last
   * @param customers how many ledgers stand in front
   * @param entries how many entries they have together
   * @param previousHash the hash of the last ledger end; {@link LedgerHash#GENESIS} if there is
   *     none
   * @param hash over all the others
   */
  record ExportEnd(
      TenantRef tenant,
      @Nullable UUID customerId,
      @Nullable Instant from,
      @Nullable Instant to,
      long customers,
      long entries,
      String previousHash,
      String hash)
      implements ExportRecord {

    /** This end with the hash that its content gives. */
    public ExportEnd sealed() {
      return new ExportEnd(
          tenant, customerId, from, to, customers, entries, previousHash, expectedHash());
    }

    /** The hash that its content gives. */
    String expectedHash() {
      var json = new StringBuilder("{\"customer_id\":");
      LedgerHash.appendString(json, customerId == null ? null : customerId.toString());
      json.append(",\"customers\":").append(customers);
      json.append(",\"entries\":").append(entries);
      json.append(",\"environment\":\"").append(tenant.environment().wire());
      json.append("\",\"from\":");
      LedgerHash.appendString(json, from == null ? null : LedgerHash.instant(from));
      json.append(",\"previous_hash\":");
      LedgerHash.appendString(json, previousHash);
      json.append(",\"tenant_id\":\"").append(tenant.tenantId()).append("\",\"to\":");
      LedgerHash.appendString(json, to == null ? null : LedgerHash.instant(to));
      return LedgerHash.of(json.append('}').toString());
    }
  }
}
