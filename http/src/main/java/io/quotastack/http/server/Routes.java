package io.quotastack.http.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The table of all endpoints: which one a path and a method belong to. A tree by path segments,
 * because it finds one of dozens of endpoints in the time of a few hash look-ups and knows, where a
 * method does not fit, which would.
 *
 * <p>A path is written as in the API's documentation: {@code /v1/customers/{customer_id}/ledger}. A
 * name in braces takes any segment that is not empty; where a literal fits, too, the literal wins.
 *
 * <p>Fill it before it is served; then it only is read.
 */
public final class Routes {
  private final Node root = new Node();

  private static final class Node {
    final Map<String, Node> literals = new HashMap<>();
    final Map<String, Endpoint> byMethod = new TreeMap<>();
    @Nullable Node parameter;
  }

  /** What a path leads to: an endpoint and the path's parameters, or what it would take instead. */
  sealed interface Match {
    /** An endpoint takes it. */
    record Found(Endpoint endpoint, List<String> parameters) implements Match {}

    /** The path is known, the method does not fit. */
    record OtherMethods(String allowed) implements Match {}

    /** Nothing has such a path. */
    record Nothing() implements Match {}
  }

  /** Answers GET, and HEAD with it. */
  public Endpoint get(String path, Endpoint.Handler handler) {
    return add("GET", path, handler);
  }

  /** Answers POST. */
  public Endpoint post(String path, Endpoint.Handler handler) {
    return add("POST", path, handler);
  }

  /** Answers PUT. */
  public Endpoint put(String path, Endpoint.Handler handler) {
    return add("PUT", path, handler);
  }

  /** Answers PATCH. */
  public Endpoint patch(String path, Endpoint.Handler handler) {
    return add("PATCH", path, handler);
  }

  /** Answers DELETE. */
  public Endpoint delete(String path, Endpoint.Handler handler) {
    return add("DELETE", path, handler);
  }

  private Endpoint add(String method, String path, Endpoint.Handler handler) {
    Node node = root;
    var names = new ArrayList<String>();
    for (String segment : path.substring(1).split("/", -1)) {
      if (segment.startsWith("{") && segment.endsWith("}")) {
        names.add(segment.substring(1, segment.length() - 1));
        if (node.parameter == null) {
          node.parameter = new Node();
        }
        node = node.parameter;
      } else {
        node = node.literals.computeIfAbsent(segment, _ -> new Node());
      }
    }
    var endpoint = new Endpoint(method, names, handler);
    if (node.byMethod.putIfAbsent(method, endpoint) != null) {
      throw new IllegalArgumentException(method + " " + path + " is there already");
    }
    return endpoint;
  }

  Match match(String method, List<String> segments) {
    var parameters = new ArrayList<String>(2);
    Node node = find(root, segments, 0, parameters);
    if (node == null) {
      return new Match.Nothing();
    }
    Endpoint endpoint = node.byMethod.get(method);
    return endpoint == null
        ? new Match.OtherMethods(allowed(node.byMethod.keySet()))
        : new Match.Found(endpoint, parameters);
  }

  private static @Nullable Node find(
      Node node, List<String> segments, int at, List<String> parameters) {
    if (at == segments.size()) {
      return node.byMethod.isEmpty() ? null : node;
    }
    String segment = segments.get(at);
    Node literal = node.literals.get(segment);
    Node found = literal == null ? null : find(literal, segments, at + 1, parameters);
    if (found != null || node.parameter == null || segment.isEmpty()) {
      return found;
    }
    parameters.add(segment);
    found = find(node.parameter, segments, at + 1, parameters);
    if (found == null) {
      parameters.removeLast();
    }
    return found;
  }

  private static String allowed(Set<String> methods) {
    var all = new TreeSet<>(methods);
    if (all.contains("GET")) {
      all.add("HEAD");
    }
    return String.join(", ", all);
  }
}
