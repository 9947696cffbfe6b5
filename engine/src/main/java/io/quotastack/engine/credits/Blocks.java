package io.quotastack.engine.credits;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
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

  /**
   * The active blocks that pay for one metric (or for anything) and have something that is not
   * held, in both burn orders.
   */
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

    /** With that block, of which that much can be taken now, where it was so much before. */
    Scope changed(BlockTerms terms, long beforeMc, long afterMc) {
      boolean in = beforeMc == 0 && afterMc > 0;
      boolean out = beforeMc > 0 && afterMc == 0;
      return new Scope(
          in ? expiryFirst.plus(terms) : out ? expiryFirst.minus(terms) : expiryFirst,
          in ? priorityFirst.plus(terms) : out ? priorityFirst.minus(terms) : priorityFirst,
          availableMc - beforeMc + afterMc);
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

  /** The sum of what remains in blocks that are not pending, in mc. */
  public long balanceMc() {
    return balanceMc;
  }

  /** The sum of what reservations hold, in mc. */
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

  /** The blocks that can pay for that metric now, in burn order. */
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

  /**
   * Where taking credits back takes from: all active blocks in burn order, whatever they may pay
   * for. Takes time in the number of live blocks.
   */
  public List<Allocation> planOverAll(BurnOrder order, long amountMc) {
    var allocations = new ArrayList<Allocation>();
    long missingMc = amountMc;
    for (Block block :
        byNumber.values().stream()
            .filter(each -> each.availableMc() > 0)
            .sorted(Comparator.comparing(Block::terms, order.comparator()))
            .toList()) {
      long takenMc = Math.min(missingMc, block.availableMc());
      if (takenMc == 0) {
        break;
      }
      allocations.add(new Allocation(block.terms().number(), takenMc));
      missingMc -= takenMc;
    }
    return allocations;
  }

  /** With one block more. */
  public Blocks plus(Block block) {
    return changed(null, block);
  }

  /** With that pending block active. */
  public Blocks activate(long number) {
    Block pending = require(number);
    return changed(
        pending, new Block(pending.terms(), pending.remainingMc(), pending.heldMc(), true));
  }

  /** After this was spent. A block that is used up leaves. */
  public Blocks spend(Allocation allocation) {
    Block block = require(allocation.block());
    if (block.availableMc() < allocation.amountMc()) {
      throw new IllegalStateException(allocation + " does not fit " + block);
    }
    return changed(block, block.with(block.remainingMc() - allocation.amountMc(), block.heldMc()));
  }

  /** After this was pinned by a reservation. */
  public Blocks hold(Allocation allocation) {
    Block block = require(allocation.block());
    if (block.availableMc() < allocation.amountMc()) {
      throw new IllegalStateException(allocation + " does not fit " + block);
    }
    return changed(block, block.with(block.remainingMc(), block.heldMc() + allocation.amountMc()));
  }

  /** After a reservation let this go. What a block that has ended gets back is for nobody. */
  public Blocks release(Allocation allocation) {
    Block block = require(allocation.block());
    return changed(block, block.with(block.remainingMc(), block.heldMc() - allocation.amountMc()));
  }

  /** After this, which a reservation held, was spent. */
  public Blocks capture(Allocation allocation) {
    Block block = require(allocation.block());
    return changed(
        block,
        block.with(
            block.remainingMc() - allocation.amountMc(), block.heldMc() - allocation.amountMc()));
  }

  /**
   * After that much of a block was lost for that reason; what holds pin of it stays for them alone.
   *
   * @param amountMc no more than what is not held
   */
  public Blocks end(long number, long amountMc, Block.Ending ending) {
    Block block = require(number);
    return changed(
        block,
        new Block(block.terms(), block.remainingMc() - amountMc, block.heldMc(), false, ending));
  }

  /**
   * After that much came back to a block, which may have left since.
   *
   * @param ending why it can't be spent there any more; null = it can
   */
  public Blocks giveBack(BlockTerms terms, long amountMc, Block.@Nullable Ending ending) {
    Block block = byNumber.get(terms.number());
    return block == null
        ? changed(null, new Block(terms, amountMc, 0, ending == null, ending))
        : changed(block, block.with(block.remainingMc() + amountMc, block.heldMc()));
  }

  /** With one block changed, new ({@code before} is null), or gone (nothing remains). */
  private Blocks changed(@Nullable Block before, Block after) {
    BlockTerms terms = after.terms();
    boolean gone = after.remainingMc() == 0;
    long availableBeforeMc = before == null ? 0 : before.availableMc();
    HashPMap<String, Scope> nextScopes = scopes;
    if (availableBeforeMc != after.availableMc()) {
      for (String key : scopesOf(terms)) {
        Scope scope = scope(key).changed(terms, availableBeforeMc, after.availableMc());
        nextScopes =
            scope.expiryFirst().isEmpty() ? nextScopes.minus(key) : nextScopes.plus(key, scope);
      }
    }
    return new Blocks(
        gone ? byNumber.minus(terms.number()) : byNumber.plus(terms.number(), after),
        nextScopes,
        dueAfter(before, after, gone),
        Amounts.add(balanceMc, countedMc(after) - countedMc(before)),
        heldMc + after.heldMc() - (before == null ? 0 : before.heldMc()),
        Amounts.add(pendingMc, pendingMc(after) - pendingMc(before)));
  }

  private TreePSet<Due> dueAfter(@Nullable Block before, Block after, boolean gone) {
    TreePSet<Due> next = due;
    boolean waitedBefore = before != null && before.isPending();
    boolean waitsAfter = !gone && after.isPending();
    if (waitedBefore != waitsAfter) {
      Due activation = activationOf(after.terms());
      next = waitsAfter ? next.plus(activation) : next.minus(activation);
    }
    boolean expiredBefore = before != null && expires(before);
    boolean expiresAfter = !gone && expires(after);
    if (expiredBefore != expiresAfter) {
      Due expiry = expiryOf(after.terms());
      next = expiresAfter ? next.plus(expiry) : next.minus(expiry);
    }
    return next;
  }

  private static boolean expires(Block block) {
    return block.terms().expiresAt() != null && block.ended() == null;
  }

  private static long countedMc(@Nullable Block block) {
    return block == null || block.isPending() ? 0 : block.remainingMc();
  }

  private static long pendingMc(@Nullable Block block) {
    return block != null && block.isPending() ? block.remainingMc() : 0;
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
