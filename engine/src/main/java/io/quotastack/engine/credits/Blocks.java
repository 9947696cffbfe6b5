package io.quotastack.engine.credits;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.TreePMap;
import org.pcollections.TreePSet;

/**
 * The live blocks of one customer: pending and active ones that still hold something. Immutable;
 * every change gives a new set that shares all that did not change. Blocks that are used up or
 * expired leave it, so that cost does not grow with a customer's age: each operation takes time in
 * the logarithm of the number of live blocks, and a debit that for each block it takes from.
 */
public final class Blocks {
  /** The scope of the blocks that pay for anything. No metric key is empty. */
  private static final String ANY = "";

  private static final Blocks EMPTY =
      new Blocks(TreePMap.empty(), HashTreePMap.empty(), TreePSet.empty(Due.ORDER), 0, 0, 0);

  /** The active blocks that pay for one metric (or for anything), in both burn orders. */
  private record Scope(
      TreePSet<BlockTerms> expiryFirst, TreePSet<BlockTerms> priorityFirst, long availableMc) {
    static final Scope EMPTY =
        new Scope(
            TreePSet.empty(BurnOrder.EXPIRY_FIRST.comparator()),
            TreePSet.empty(BurnOrder.PRIORITY_FIRST.comparator()),
            0);

    TreePSet<BlockTerms> in(BurnOrder order) {
      return switch (order) {
        case EXPIRY_FIRST -> expiryFirst;
        case PRIORITY_FIRST -> priorityFirst;
      };
    }

    Scope plus(BlockTerms terms) {
      return new Scope(expiryFirst.plus(terms), priorityFirst.plus(terms), availableMc);
    }

    Scope minus(BlockTerms terms) {
      return new Scope(expiryFirst.minus(terms), priorityFirst.minus(terms), availableMc);
    }

    Scope withAvailable(long deltaMc) {
      return new Scope(expiryFirst, priorityFirst, availableMc + deltaMc);
    }
  }

  private final TreePMap<Long, Block> byNumber;
  private final HashPMap<String, Scope> scopes;
  private final TreePSet<Due> due;
  private final long balanceMc;
  private final long heldMc;
  private final long pendingMc;

  private Blocks(
      TreePMap<Long, Block> byNumber,
      HashPMap<String, Scope> scopes,
      TreePSet<Due> due,
      long balanceMc,
      long heldMc,
      long pendingMc) {
    this.byNumber = byNumber;
    this.scopes = scopes;
    this.due = due;
    this.balanceMc = balanceMc;
    this.heldMc = heldMc;
    this.pendingMc = pendingMc;
  }

  /** No blocks. */
  public static Blocks empty() {
    return EMPTY;
  }

  /** These blocks, as they were before: how a snapshot is read. */
  public static Blocks of(Collection<Block> blocks) {
    Blocks all = EMPTY;
    for (Block block : blocks) {
      all = all.plus(block);
    }
    return all;
  }

  /** How many blocks are live. */
  public int size() {
    return byNumber.size();
  }

  /** All live blocks, oldest first. */
  public Collection<Block> all() {
    return byNumber.values();
  }

  /** The block of that number, or null if it is not live. */
  public @Nullable Block get(long number) {
    return byNumber.get(number);
  }

  /** The sum of what remains in active blocks, in mc. */
  public long balanceMc() {
    return balanceMc;
  }

  /** The sum of what reservations hold in active blocks, in mc. */
  public long heldMc() {
    return heldMc;
  }

  /** The sum of the blocks that have not taken effect yet, in mc. */
  public long pendingMc() {
    return pendingMc;
  }

  /** What a debit for that metric could take, in mc; null = for something that is no metric. */
  public long availableMc(@Nullable String metricKey) {
    long anyMc = scope(ANY).availableMc();
    return metricKey == null ? anyMc : anyMc + scope(metricKey).availableMc();
  }

  /** The next thing that time will do, or null if there is none. */
  public @Nullable Due nextDue() {
    return due.isEmpty() ? null : due.first();
  }

  /** All that time will do, in order. */
  public Set<Due> allDue() {
    return due;
  }

  /** The active blocks that may pay for that metric, in burn order. */
  public Iterable<Block> inBurnOrder(BurnOrder order, @Nullable String metricKey) {
    TreePSet<BlockTerms> any = scope(ANY).in(order);
    TreePSet<BlockTerms> scoped = scope(metricKey == null ? ANY : metricKey).in(order);
    return metricKey == null || scoped.isEmpty()
        ? () -> new Merge(any.iterator(), Collections.emptyIterator(), order)
        : () -> new Merge(any.iterator(), scoped.iterator(), order);
  }

  /**
   * Where a debit would take from: the blocks in burn order and how much of each, together at most
   * {@code amountMc}, and less only if the blocks do not have it.
   */
  public List<Allocation> plan(BurnOrder order, @Nullable String metricKey, long amountMc) {
    var allocations = new ArrayList<Allocation>(1);
    if (amountMc == 0) {
      return allocations;
    }
    long missingMc = amountMc;
    for (Block block : inBurnOrder(order, metricKey)) {
      long takenMc = Math.min(missingMc, block.availableMc());
      if (takenMc > 0) {
        allocations.add(new Allocation(block.terms().number(), takenMc));
        missingMc -= takenMc;
        if (missingMc == 0) {
          break;
        }
      }
    }
    return allocations;
  }

  /** With one block more. */
  public Blocks plus(Block block) {
    BlockTerms terms = block.terms();
    TreePSet<Due> nextDue = due;
    if (!block.active()) {
      nextDue = nextDue.plus(activationOf(terms));
    }
    if (terms.expiresAt() != null) {
      nextDue = nextDue.plus(expiryOf(terms));
    }
    var grown =
        new Blocks(
            byNumber.plus(terms.number(), block),
            scopes,
            nextDue,
            balanceMc,
            heldMc,
            block.active() ? pendingMc : Amounts.add(pendingMc, block.remainingMc()));
    return block.active() ? grown.counting(block) : grown;
  }

  /** With that pending block active. */
  public Blocks activate(long number) {
    Block pending = require(number);
    Block active = new Block(pending.terms(), pending.remainingMc(), pending.heldMc(), true);
    return new Blocks(
            byNumber.plus(number, active),
            scopes,
            due.minus(activationOf(active.terms())),
            balanceMc,
            heldMc,
            pendingMc - active.remainingMc())
        .counting(active);
  }

  /** Without that block, whatever it still holds. */
  public Blocks minus(long number) {
    Block block = require(number);
    BlockTerms terms = block.terms();
    TreePSet<Due> nextDue = due;
    if (terms.expiresAt() != null) {
      nextDue = nextDue.minus(expiryOf(terms));
    }
    if (!block.active()) {
      nextDue = nextDue.minus(activationOf(terms));
      return new Blocks(
          byNumber.minus(number),
          scopes,
          nextDue,
          balanceMc,
          heldMc,
          pendingMc - block.remainingMc());
    }
    HashPMap<String, Scope> nextScopes = scopes;
    for (String key : scopesOf(terms)) {
      Scope scope = scope(key).minus(terms).withAvailable(-block.availableMc());
      nextScopes =
          scope.expiryFirst().isEmpty() ? nextScopes.minus(key) : nextScopes.plus(key, scope);
    }
    return new Blocks(
        byNumber.minus(number),
        nextScopes,
        nextDue,
        balanceMc - block.remainingMc(),
        heldMc - block.heldMc(),
        pendingMc);
  }

  /** After this was spent. A block that is used up leaves. */
  public Blocks spend(Allocation allocation) {
    Block block = require(allocation.block());
    if (!block.active() || block.availableMc() < allocation.amountMc()) {
      throw new IllegalStateException(allocation + " does not fit " + block);
    }
    long remainingMc = block.remainingMc() - allocation.amountMc();
    if (remainingMc == 0) {
      return minus(allocation.block());
    }
    HashPMap<String, Scope> nextScopes = scopes;
    for (String key : scopesOf(block.terms())) {
      nextScopes = nextScopes.plus(key, scope(key).withAvailable(-allocation.amountMc()));
    }
    return new Blocks(
        byNumber.plus(
            allocation.block(), new Block(block.terms(), remainingMc, block.heldMc(), true)),
        nextScopes,
        due,
        balanceMc - allocation.amountMc(),
        heldMc,
        pendingMc);
  }

  private Blocks counting(Block active) {
    HashPMap<String, Scope> nextScopes = scopes;
    for (String key : scopesOf(active.terms())) {
      nextScopes =
          nextScopes.plus(key, scope(key).plus(active.terms()).withAvailable(active.availableMc()));
    }
    return new Blocks(
        byNumber,
        nextScopes,
        due,
        Amounts.add(balanceMc, active.remainingMc()),
        heldMc + active.heldMc(),
        pendingMc);
  }

  private Block require(long number) {
    Block block = byNumber.get(number);
    if (block == null) {
      throw new IllegalStateException("block " + number + " is not live");
    }
    return block;
  }

  private Scope scope(String key) {
    return scopes.getOrDefault(key, Scope.EMPTY);
  }

  private static Set<String> scopesOf(BlockTerms terms) {
    return terms.metricKeys() == null ? Set.of(ANY) : terms.metricKeys();
  }

  private static Due activationOf(BlockTerms terms) {
    return new Due(terms.effectiveAt(), Due.Kind.ACTIVATION, terms.number());
  }

  private static Due expiryOf(BlockTerms terms) {
    if (terms.expiresAt() == null) {
      throw new IllegalStateException("block " + terms.number() + " never expires");
    }
    return new Due(terms.expiresAt(), Due.Kind.EXPIRY, terms.number());
  }

  /** Two sorted runs as one. */
  private final class Merge implements Iterator<Block> {
    private final Iterator<BlockTerms> left;
    private final Iterator<BlockTerms> right;
    private final BurnOrder order;
    private @Nullable BlockTerms nextLeft;
    private @Nullable BlockTerms nextRight;

    Merge(Iterator<BlockTerms> left, Iterator<BlockTerms> right, BurnOrder order) {
      this.left = left;
      this.right = right;
      this.order = order;
      this.nextLeft = left.hasNext() ? left.next() : null;
      this.nextRight = right.hasNext() ? right.next() : null;
    }

    @Override
    public boolean hasNext() {
      return nextLeft != null || nextRight != null;
    }

    @Override
    public Block next() {
      BlockTerms candidate = nextLeft;
      if (candidate != null
          && (nextRight == null || order.comparator().compare(candidate, nextRight) < 0)) {
        nextLeft = left.hasNext() ? left.next() : null;
        return require(candidate.number());
      }
      candidate = nextRight;
      if (candidate == null) {
        throw new NoSuchElementException();
      }
      nextRight = right.hasNext() ? right.next() : null;
      return require(candidate.number());
    }
  }
}
