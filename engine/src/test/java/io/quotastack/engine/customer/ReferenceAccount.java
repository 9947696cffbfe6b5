package io.quotastack.engine.customer;

import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.customer.ReferencePrices.Pinned;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the {@link ReferenceCustomer} owns and owes: deposits, holds on them and overage, in plain
 * lists that are scanned anew for every question.
 */
final class ReferenceAccount {
  /** A deposit; stays in the list when nothing is left of it. */
  static final class Deposit {
    final long number;
    final BigInteger original;
    final int priority;
    final Instant effectiveAt;
    final @Nullable Instant expiresAt;
    final boolean paid;
    final @Nullable Set<String> metricKeys;

    /** All its terms, as an event tells them. */
    final List<@Nullable Object> terms;

    BigInteger remaining;
    BigInteger spent = BigInteger.ZERO;
    BigInteger expired = BigInteger.ZERO;
    BigInteger voided = BigInteger.ZERO;
    boolean begun;

    /** Why it can't be spent any more: {@code EXPIRED} or {@code VOIDED}; null = it can. */
    @Nullable String ended;

    Deposit(Terms terms, boolean begun) {
      this.number = terms.number;
      this.original = terms.amount;
      this.priority = terms.priority;
      this.effectiveAt = terms.effectiveAt;
      this.expiresAt = terms.expiresAt;
      this.paid = terms.pricePaid != null && terms.pricePaid.signum() > 0;
      this.metricKeys = terms.metricKeys;
      this.terms = terms.inWords();
      this.remaining = original;
      this.begun = begun;
    }

    private Deposit(Deposit other) {
      this.number = other.number;
      this.original = other.original;
      this.priority = other.priority;
      this.effectiveAt = other.effectiveAt;
      this.expiresAt = other.expiresAt;
      this.paid = other.paid;
      this.metricKeys = other.metricKeys;
      this.terms = other.terms;
      this.remaining = other.remaining;
      this.spent = other.spent;
      this.expired = other.expired;
      this.voided = other.voided;
      this.begun = other.begun;
      this.ended = other.ended;
    }

    boolean live() {
      return remaining.signum() > 0;
    }

    boolean active() {
      return begun && ended == null && live();
    }

    boolean pending() {
      return !begun && ended == null && live();
    }

    boolean paysFor(@Nullable String metricKey) {
      return metricKeys == null || (metricKey != null && metricKeys.contains(metricKey));
    }

    @Override
    public String toString() {
      return "deposit " + number + " with " + remaining + " of " + original + ", ended " + ended;
    }
  }

  /** The terms of a deposit. */
  record Terms(
      long number,
      BigInteger amount,
      int priority,
      Instant effectiveAt,
      @Nullable Instant expiresAt,
      String source,
      @Nullable BigDecimal pricePaid,
      @Nullable String currency,
      @Nullable Set<String> metricKeys,
      @Nullable String reason,
      Object metadata,
      Instant createdAt) {
    List<@Nullable Object> inWords() {
      return Happening.facts(
          number,
          amount,
          priority,
          effectiveAt,
          expiresAt,
          source,
          pricePaid,
          currency,
          metricKeys,
          reason,
          metadata,
          createdAt);
    }
  }

  /** So much of a deposit. */
  record Part(Deposit deposit, BigInteger amount) {}

  /** A reservation that has not ended. */
  static final class Hold {
    final long number;
    final @Nullable String metricKey;

    /** What never changes, as an event tells it. */
    final List<@Nullable Object> terms;

    final @Nullable Pinned price;
    final @Nullable BigDecimal estimate;
    List<Part> parts;
    BigInteger captured = BigInteger.ZERO;
    BigDecimal capturedUnits = BigDecimal.ZERO;
    BigInteger chargedForUnits = BigInteger.ZERO;
    Instant expiresAt;
    String status = "ACTIVE";

    Hold(
        long number,
        @Nullable String metricKey,
        List<@Nullable Object> terms,
        @Nullable Pinned price,
        @Nullable BigDecimal estimate,
        List<Part> parts,
        Instant expiresAt) {
      this.number = number;
      this.metricKey = metricKey;
      this.terms = terms;
      this.price = price;
      this.estimate = estimate;
      this.parts = parts;
      this.expiresAt = expiresAt;
    }

    BigInteger held() {
      return sum(parts);
    }

    /** As an event tells it. */
    List<@Nullable Object> inWords() {
      return Happening.facts(
          terms,
          moved(parts),
          captured,
          Happening.plain(capturedUnits),
          chargedForUnits,
          expiresAt,
          status);
    }
  }

  final List<Deposit> deposits = new ArrayList<>();
  final List<Hold> holds = new ArrayList<>();

  /** What the next grant pays. */
  BigInteger owedToNextGrant = BigInteger.ZERO;

  /** What goes on an invoice, and when that is written; null = none is. */
  BigInteger owedToInvoice = BigInteger.ZERO;

  @Nullable Instant invoicedAt;

  BigInteger granted = BigInteger.ZERO;
  BigInteger consumed = BigInteger.ZERO;

  ReferenceAccount copy() {
    var copy = new ReferenceAccount();
    deposits.forEach(deposit -> copy.deposits.add(new Deposit(deposit)));
    for (Hold hold : holds) {
      var parts = new ArrayList<Part>();
      hold.parts.forEach(
          part -> parts.add(new Part(copy.deposit(part.deposit.number), part.amount)));
      var again =
          new Hold(
              hold.number,
              hold.metricKey,
              hold.terms,
              hold.price,
              hold.estimate,
              parts,
              hold.expiresAt);
      again.captured = hold.captured;
      again.capturedUnits = hold.capturedUnits;
      again.chargedForUnits = hold.chargedForUnits;
      again.status = hold.status;
      copy.holds.add(again);
    }
    copy.owedToNextGrant = owedToNextGrant;
    copy.owedToInvoice = owedToInvoice;
    copy.invoicedAt = invoicedAt;
    copy.granted = granted;
    copy.consumed = consumed;
    return copy;
  }

  Deposit deposit(long number) {
    return Objects.requireNonNull(find(number));
  }

  @Nullable Deposit find(long number) {
    for (Deposit deposit : deposits) {
      if (deposit.number == number) {
        return deposit;
      }
    }
    return null;
  }

  @Nullable Hold activeHold(long number) {
    for (Hold hold : holds) {
      if (hold.number == number) {
        return hold;
      }
    }
    return null;
  }

  BigInteger balance() {
    BigInteger sum = BigInteger.ZERO;
    for (Deposit deposit : deposits) {
      if (deposit.begun) {
        sum = sum.add(deposit.remaining);
      }
    }
    return sum;
  }

  BigInteger pending() {
    BigInteger sum = BigInteger.ZERO;
    for (Deposit deposit : deposits) {
      if (deposit.pending()) {
        sum = sum.add(deposit.remaining);
      }
    }
    return sum;
  }

  BigInteger reserved() {
    BigInteger sum = BigInteger.ZERO;
    for (Hold hold : holds) {
      sum = sum.add(hold.held());
    }
    return sum;
  }

  BigInteger effective() {
    return balance().subtract(reserved());
  }

  BigInteger overage() {
    return owedToNextGrant.add(owedToInvoice);
  }

  /** What reservations pin of that deposit. */
  BigInteger held(Deposit deposit) {
    BigInteger sum = BigInteger.ZERO;
    for (Hold hold : holds) {
      for (Part part : hold.parts) {
        if (part.deposit == deposit) {
          sum = sum.add(part.amount);
        }
      }
    }
    return sum;
  }

  BigInteger free(Deposit deposit) {
    return deposit.remaining.subtract(held(deposit));
  }

  /** What may be taken for that metric; null = for credits as such. */
  BigInteger available(@Nullable String metricKey) {
    BigInteger sum = BigInteger.ZERO;
    for (Deposit deposit : deposits) {
      if (deposit.active() && deposit.paysFor(metricKey)) {
        sum = sum.add(free(deposit));
      }
    }
    return sum;
  }

  /** The deposits that may pay for that metric and have something free, first to burn first. */
  List<Deposit> burning(BurnOrder order, @Nullable String metricKey) {
    var burning = new ArrayList<Deposit>();
    for (Deposit deposit : deposits) {
      if (deposit.active() && deposit.paysFor(metricKey) && free(deposit).signum() > 0) {
        burning.add(deposit);
      }
    }
    burning.sort((left, right) -> burnsBefore(order, left, right) ? -1 : 1);
    return burning;
  }

  /** The deposits that have something free, whatever they may pay for, first to burn first. */
  List<Deposit> burningAnything(BurnOrder order) {
    List<Deposit> burning = live(order);
    burning.removeIf(deposit -> !deposit.active() || free(deposit).signum() == 0);
    return burning;
  }

  /** All deposits of which something is left, first to burn first. */
  List<Deposit> live(BurnOrder order) {
    List<Deposit> live = live();
    live.sort((left, right) -> burnsBefore(order, left, right) ? -1 : 1);
    return live;
  }

  /** All deposits of which something is left, oldest first. */
  List<Deposit> live() {
    var live = new ArrayList<Deposit>();
    for (Deposit deposit : deposits) {
      if (deposit.live()) {
        live.add(deposit);
      }
    }
    return live;
  }

  private static boolean burnsBefore(BurnOrder order, Deposit left, Deposit right) {
    if (order == BurnOrder.PRIORITY_FIRST && left.priority != right.priority) {
      return left.priority < right.priority;
    }
    long leftExpiry = left.expiresAt == null ? Long.MAX_VALUE : left.expiresAt.toEpochMilli();
    long rightExpiry = right.expiresAt == null ? Long.MAX_VALUE : right.expiresAt.toEpochMilli();
    if (leftExpiry != rightExpiry) {
      return leftExpiry < rightExpiry;
    }
    if (left.priority != right.priority) {
      return left.priority < right.priority;
    }
    if (left.paid != right.paid) {
      return right.paid;
    }
    return left.number < right.number;
  }

  /** Which part of these deposits that much is, in their order. */
  List<Part> parts(List<Deposit> from, BigInteger amount) {
    var parts = new ArrayList<Part>();
    BigInteger missing = amount;
    for (Deposit deposit : from) {
      BigInteger part = missing.min(free(deposit));
      if (part.signum() > 0) {
        parts.add(new Part(deposit, part));
        missing = missing.subtract(part);
      }
    }
    return parts;
  }

  void spend(List<Part> parts) {
    for (Part part : parts) {
      part.deposit.remaining = part.deposit.remaining.subtract(part.amount);
      part.deposit.spent = part.deposit.spent.add(part.amount);
    }
  }

  void owe(BigInteger amount, OverageSettlement settlement, Instant monthEnd) {
    switch (settlement) {
      case NEXT_GRANT -> owedToNextGrant = owedToNextGrant.add(amount);
      case INVOICE -> {
        owedToInvoice = owedToInvoice.add(amount);
        if (invoicedAt == null) {
          invoicedAt = monthEnd;
        }
      }
    }
  }

  /** Less is owed, because usage was given back: first what a grant would have paid. */
  void oweLess(BigInteger amount) {
    BigInteger ofNextGrant = amount.min(owedToNextGrant);
    owedToNextGrant = owedToNextGrant.subtract(ofNextGrant);
    owedToInvoice = owedToInvoice.subtract(amount.subtract(ofNextGrant));
    if (owedToInvoice.signum() == 0) {
      invoicedAt = null;
    }
  }

  static BigInteger sum(List<Part> parts) {
    BigInteger sum = BigInteger.ZERO;
    for (Part part : parts) {
      sum = sum.add(part.amount);
    }
    return sum;
  }

  /** As a ledger entry tells it. */
  static List<String> moved(List<Part> parts) {
    var moved = new ArrayList<String>();
    for (Part part : parts) {
      moved.add(part.deposit.number + ":" + part.amount);
    }
    return moved;
  }
}
