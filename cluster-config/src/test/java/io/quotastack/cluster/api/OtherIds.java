package io.quotastack.cluster.api;

import io.quotastack.engine.ids.OwnedId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** Ids that look like one of a customer's and name nothing that the tenant has. */
final class OtherIds {
  private OtherIds() {}

  /**
   * Ids that are not that of the thing of that number.
   *
   * @param others numbers of that customer's that things of this kind do not have
   */
  static List<String> than(OwnedId.Kind kind, UUID customer, long number, long... others) {
    String id = kind.text(customer, number);
    String prefix = id.substring(0, id.indexOf('_') + 1);
    var ids =
        new ArrayList<>(
            List.of(
                "x",
                prefix,
                prefix + "0189",
                id + "a",
                id.replace(prefix, prefix.toUpperCase(Locale.ROOT)),
                kind.text(customer, Long.MAX_VALUE),
                kind.text(UUID.randomUUID(), number),
                OwnedId.Kind.LEDGER_ENTRY.text(customer, number)));
    for (long other : others) {
      ids.add(kind.text(customer, other));
    }
    return ids;
  }
}
