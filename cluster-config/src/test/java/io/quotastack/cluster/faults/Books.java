package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the clients were told, change by change: what was acknowledged and must be in the ledger
 * exactly once, what was refused and must not be, and what was left open and has to be retried. An
 * answer that contradicts an earlier one is noted as a fault.
 */
final class Books {
  private final Map<String, CustomerBook> customers = new TreeMap<>();

  /** The answers to what took effect, by the key of the change. */
  private final Map<String, String> answers = new HashMap<>();

  private final Set<String> refused = new HashSet<>();

  /** The keys of changes that once were left open: only these may be replayed at their answer. */
  private final Set<String> onceOpen = new HashSet<>();

  /** Operations of which at least one change is open, by their keys. */
  private final Map<String, Operation> open = new LinkedHashMap<>();

  /** Operations of which all changes are acknowledged, by their keys. */
  private final Map<String, Operation> answered = new LinkedHashMap<>();

  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();
  private int silences;
  private int retries;

  /** Changes that were left open and turned out to have taken effect. */
  private int foundDone;

  private Duration slowest = Duration.ZERO;

  /** Notes a fault that a test has to fail for. */
  synchronized void fault(String fault) {
    faults.add(fault);
  }

  /**
   * Notes what an operation was answered.
   *
   * @param answer null = none came
   */
  synchronized void record(Operation operation, @Nullable Answer answer) {
    if (open.containsKey(operation.key()) || answered.containsKey(operation.key())) {
      retries++;
    }
    if (answer == null) {
      silences++;
      leaveOpen(operation);
      return;
    }
    statuses.merge(answer.status(), 1, Integer::sum);
    slowest = answer.took().compareTo(slowest) > 0 ? answer.took() : slowest;
    switch (answer.status()) {
      case 200, 201 -> {
        boolean whole =
            operation.isBatch() ? recordBatch(operation, answer) : recordOne(operation, answer);
        if (whole) {
          open.remove(operation.key());
        } else {
          leaveOpen(operation);
        }
      }
      case 402 -> {
        open.remove(operation.key());
        refuse(operation.changes().getFirst());
      }
      case 503 -> {
        if (answer.retryAfter() == null) {
          faults.add("503 without Retry-After to " + operation + ": " + answer);
        }
        leaveOpen(operation);
      }
      case 504 -> leaveOpen(operation);
      default -> faults.add("unexpected answer to " + operation + ": " + answer);
    }
  }

  private void leaveOpen(Operation operation) {
    open.put(operation.key(), operation);
    for (Change change : operation.changes()) {
      if (!answers.containsKey(change.key()) && !refused.contains(change.key())) {
        onceOpen.add(change.key());
      }
    }
  }

  private boolean recordOne(Operation operation, Answer answer) {
    acknowledge(operation.changes().getFirst(), answer.body(), answer.replayed());
    answered.put(operation.key(), operation);
    return true;
  }

  private boolean recordBatch(Operation operation, Answer answer) {
    JsonNode results = answer.json().required("results");
    boolean acknowledged = true;
    boolean known = true;
    for (int i = 0; i < results.size(); i++) {
      var result = (ObjectNode) results.get(i);
      Change change = operation.changes().get(i);
      result.remove("index");
      String status = result.remove("status").textValue();
      if (!status.equals("rejected")) {
        acknowledge(change, result.toString(), status.equals("replayed"));
        continue;
      }
      acknowledged = false;
      int problem = result.required("problem").required("status").intValue();
      switch (problem) {
        case 402 -> refuse(change);
        case 503, 504 -> {
          onceOpen.add(change.key());
          known = false;
        }
        default -> faults.add("unexpected result for " + change + ": " + result);
      }
    }
    if (acknowledged) {
      answered.put(operation.key(), operation);
    }
    return known;
  }

  private void acknowledge(Change change, String answer, boolean replayed) {
    String before = answers.putIfAbsent(change.key(), answer);
    if (before == null) {
      refused.remove(change.key());
      foundDone += replayed ? 1 : 0;
      if (replayed && !onceOpen.contains(change.key())) {
        faults.add("replayed although it was never left open: " + change + ": " + answer);
      }
      if (change.kind() != Change.Kind.CREATE) {
        book(change.customer()).expect(change, answer);
      }
    } else if (!replayed) {
      faults.add("executed again: " + change + ": " + before + " and " + answer);
    } else if (!before.equals(answer)) {
      faults.add("replayed otherwise: " + change + ": " + before + " and " + answer);
    }
  }

  private void refuse(Change change) {
    if (answers.containsKey(change.key())) {
      faults.add("refused after it was acknowledged: " + change);
    } else {
      refused.add(change.key());
    }
  }

  private CustomerBook book(String customer) {
    return customers.computeIfAbsent(customer, CustomerBook::new);
  }

  /** How many changes were acknowledged. */
  synchronized int acknowledged() {
    return answers.size();
  }

  /** The operations that have to be retried. */
  synchronized List<Operation> open() {
    return List.copyOf(open.values());
  }

  synchronized boolean isOpen(Operation operation) {
    return open.containsKey(operation.key());
  }

  /** Some operations of which all changes were acknowledged. */
  synchronized List<Operation> sampleOfAnswered(int size, Random random) {
    var sample = new ArrayList<>(answered.values());
    Collections.shuffle(sample, random);
    return List.copyOf(sample.subList(0, Math.min(size, sample.size())));
  }

  /** No answer contradicted another, and nothing is left open. */
  synchronized void assertSettled() {
    assertThat(faults).isEmpty();
    assertThat(open).isEmpty();
  }

  /** The longest that any answer took. */
  synchronized Duration slowest() {
    return slowest;
  }

  /** Proves every ledger against what was acknowledged: what is new in it since the last time. */
  synchronized void verify(ApiClient client, URI node) throws IOException {
    assertSettled();
    for (CustomerBook customer : customers.values()) {
      customer.verify(client, node);
    }
  }

  /** The same from the first ledger entry on. */
  synchronized void verifyFromTheStart(ApiClient client, URI node) throws IOException {
    customers.values().forEach(CustomerBook::startAgain);
    verify(client, node);
  }

  @Override
  public synchronized String toString() {
    return """
    %d changes acknowledged, %d refused; %d once left open, of which %d had taken effect; \
    %d retries; answers by status %s, none %d times, slowest after %d ms\
    """
        .formatted(
            answers.size(),
            refused.size(),
            onceOpen.size(),
            foundDone,
            retries,
            statuses,
            silences,
            slowest.toMillis());
  }
}
