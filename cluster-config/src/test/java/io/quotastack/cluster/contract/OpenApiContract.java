package io.quotastack.cluster.contract;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The contract of openapi.yaml as an assertion: {@link #check} takes one exchange and fails when
 * the document does not describe it to the letter. Safe for use by many threads.
 */
public final class OpenApiContract {
  private static final String RESOURCE = "openapi.yaml";
  // Never fetched: the name under which the schema validator knows the document.
  private static final String DOCUMENT = "urn:quotastack:openapi";
  private static final String NOT_FOUND = "/components/responses/NotFound";
  private static final String METHOD_NOT_ALLOWED = "/components/responses/MethodNotAllowed";
  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "patch", "head", "options");

  // Duplicate members and trailing text would otherwise pass unseen.
  private static final ObjectMapper STRICT_JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private final JsonNode document;
  private final List<PathTemplate> paths;
  private final SchemaRegistry registry;
  private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

  private OpenApiContract(JsonNode document) {
    this.document = document;
    this.paths =
        document.path("paths").properties().stream()
            .map(path -> PathTemplate.of(path.getKey()))
            .sorted(Comparator.comparingInt(PathTemplate::parameterCount))
            .toList();
    this.registry =
        SchemaRegistry.withDialect(
            Dialects.getOpenApi31(),
            builder ->
                builder
                    .schemas(Map.of(DOCUMENT, document.toString()))
                    .schemaRegistryConfig(
                        SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
  }

  /** The contract that the node serves, read from the class path. */
  public static OpenApiContract load() {
    try (InputStream yaml = OpenApiContract.class.getClassLoader().getResourceAsStream(RESOURCE)) {
      if (yaml == null) {
        throw new IllegalStateException(RESOURCE + " is not on the class path");
      }
      return new OpenApiContract(new YAMLMapper().readTree(yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks one exchange. A request that was refused (4xx, 5xx) need not be valid itself; its answer
   * must be. A path that the document does not have passes only as the {@code not_found} problem, a
   * method that its path does not have only as {@code method_not_allowed}.
   *
   * @param method the HTTP method
   * @param pathAndQuery as sent, percent-encoded, without scheme and host
   * @param requestHeaders names in any case
   * @param requestBody the text of the body, or null when there was none
   * @param status of the response
   * @param responseHeaders names in any case
   * @param responseContentType the value of Content-Type; empty when there was none
   * @param responseBody the text of the body; empty when there was none
   * @throws AssertionError naming everything that differs from the document
   */
  public void check(
      String method,
      String pathAndQuery,
      Map<String, String> requestHeaders,
      @Nullable String requestBody,
      int status,
      Map<String, String> responseHeaders,
      String responseContentType,
      String responseBody) {
    var exchange =
        new Exchange(
            method.toLowerCase(Locale.ROOT),
            pathAndQuery,
            ignoringCase(requestHeaders),
            requestBody,
            status,
            ignoringCase(responseHeaders),
            responseContentType,
            responseBody);
    List<String> differences = differences(exchange);
    if (!differences.isEmpty()) {
      throw new AssertionError(
          """
          %s %s answered %d, which openapi.yaml does not describe:
            %s
            request body: %s
            response body: %s\
          """
              .formatted(
                  method,
                  pathAndQuery,
                  status,
                  String.join("\n  ", differences),
                  requestBody,
                  responseBody));
    }
  }

  private List<String> differences(Exchange exchange) {
    String rawPath = exchange.rawPath();
    for (PathTemplate template : paths) {
      Map<String, String> pathParameters = template.match(rawPath);
      if (pathParameters != null) {
        return differences(exchange, template, pathParameters);
      }
    }
    if (exchange.status != 404) {
      return List.of("unknown path " + rawPath);
    }
    var differences = new ArrayList<String>();
    response(exchange, NOT_FOUND, differences);
    return differences;
  }

  private List<String> differences(
      Exchange exchange, PathTemplate template, Map<String, String> pathParameters) {
    String path = "/paths/" + escaped(template.text());
    String operation = path + "/" + exchange.method;
    var differences = new ArrayList<String>();
    if (!METHODS.contains(exchange.method) || at(operation).isMissingNode()) {
      if (exchange.status != 405) {
        return List.of("unknown method " + exchange.method + " of " + template.text());
      }
      response(exchange, METHOD_NOT_ALLOWED, differences);
      return differences;
    }
    if (exchange.status < 400) {
      request(exchange, path, operation, pathParameters, differences);
    }
    String response = operation + "/responses/" + exchange.status;
    if (at(response).isMissingNode()) {
      differences.add("undocumented status " + exchange.status);
    } else {
      response(exchange, response, differences);
    }
    return differences;
  }

  // -----------------------------------------------------------------------------------------
  // request

  private void request(
      Exchange exchange,
      String path,
      String operation,
      Map<String, String> pathParameters,
      List<String> differences) {
    Map<String, List<String>> query = query(exchange.rawQuery(), differences);
    var known = new HashSet<String>();
    for (String owner : List.of(path, operation)) {
      JsonNode list = at(owner + "/parameters");
      for (int i = 0; i < list.size(); i++) {
        String pointer = resolved(owner + "/parameters/" + i);
        parameter(exchange, pointer, pathParameters, query, known, differences);
      }
    }
    for (String name : query.keySet()) {
      if (!known.contains(name)) {
        differences.add("request: unknown query parameter " + name);
      }
    }
    boolean open = at(operation + "/security").isArray() && at(operation + "/security").isEmpty();
    if (!open && !exchange.requestHeaders.containsKey("X-API-Key")) {
      differences.add("request: missing header X-API-Key");
    }
    requestBody(exchange, operation, differences);
  }

  private void parameter(
      Exchange exchange,
      String pointer,
      Map<String, String> pathParameters,
      Map<String, List<String>> query,
      Set<String> known,
      List<String> differences) {
    JsonNode parameter = at(pointer);
    String name = parameter.path("name").asText();
    String in = parameter.path("in").asText();
    String what = "request " + in + " parameter " + name;
    if (parameter.path("style").asText().equals("deepObject")) {
      deepObject(name, pointer, query, known, differences);
      return;
    }
    known.add(name);
    List<String> values =
        switch (in) {
          case "path" -> optional(pathParameters.get(name));
          case "query" -> query.getOrDefault(name, List.of());
          case "header" -> optional(exchange.requestHeaders.get(name));
          default -> throw new IllegalStateException("a parameter in " + in);
        };
    if (values.isEmpty() && parameter.path("required").asBoolean()) {
      differences.add(what + " is missing");
    }
    if (values.size() > 1) {
      differences.add(what + " is there " + values.size() + " times");
    }
    for (String value : values) {
      String schema = pointer + "/schema";
      validate(schema, typed(schema, value).toString(), what, differences);
    }
  }

  private void deepObject(
      String name,
      String pointer,
      Map<String, List<String>> query,
      Set<String> known,
      List<String> differences) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, List<String>> entry : query.entrySet()) {
      String key = entry.getKey();
      if (key.startsWith(name + "[") && key.endsWith("]")) {
        known.add(key);
        object.put(key.substring(name.length() + 1, key.length() - 1), entry.getValue().getLast());
      }
    }
    validate(
        pointer + "/schema", object.toString(), "request query parameter " + name, differences);
  }

  private void requestBody(Exchange exchange, String operation, List<String> differences) {
    String pointer = resolved(operation + "/requestBody");
    JsonNode declared = at(pointer);
    String body = exchange.requestBody == null ? "" : exchange.requestBody;
    if (body.isEmpty()) {
      if (declared.path("required").asBoolean()) {
        differences.add("request: the body is missing");
      }
      return;
    }
    if (declared.isMissingNode()) {
      differences.add("request: a body, where none is described");
      return;
    }
    String mediaType = mediaType(exchange.requestHeaders.getOrDefault("Content-Type", ""));
    String content = pointer + "/content/" + escaped(mediaType);
    if (at(content).isMissingNode()) {
      differences.add("request: undocumented content type '" + mediaType + "'");
      return;
    }
    JsonNode json = parsed(body, "request body", differences);
    if (json != null) {
      JsonNode judged = withoutRejectedEvents(json, exchange.responseBody);
      validate(content + "/schema", judged.toString(), "request body", differences);
    }
  }

  /**
   * A batch is answered 200 also when some of its events were rejected for their shape. Like
   * refused requests these need not be valid, so they are taken out; a batch of nothing else is not
   * looked at.
   */
  private static JsonNode withoutRejectedEvents(JsonNode request, String responseBody) {
    if (!request.path("events").isArray()) {
      return request;
    }
    JsonNode results;
    try {
      results = STRICT_JSON.readTree(responseBody).path("results");
    } catch (JsonProcessingException e) {
      return request; // The check of the response will tell.
    }
    var rejected = new HashSet<Integer>();
    for (JsonNode result : results) {
      if (result.path("status").asText().equals("rejected")) {
        rejected.add(result.path("index").asInt(-1));
      }
    }
    JsonNode valid = null;
    ArrayNode judged = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < request.path("events").size(); i++) {
      JsonNode event = request.path("events").get(i);
      if (!rejected.contains(i)) {
        valid = valid == null ? event : valid;
        judged.add(event);
      }
    }
    if (valid == null) {
      return JsonNodeFactory.instance.missingNode();
    }
    return ((ObjectNode) request.deepCopy()).set("events", judged);
  }

  // ----------------------------------------------------------------------------------------
  // response

  private void response(Exchange exchange, String unresolved, List<String> differences) {
    String pointer = resolved(unresolved);
    headers(exchange, pointer, differences);
    JsonNode content = at(pointer + "/content");
    if (content.isMissingNode()) {
      if (!exchange.responseBody.isEmpty()) {
        differences.add("response: a body, where none is described");
      }
      return;
    }
    String mediaType = mediaType(exchange.responseContentType);
    if (!content.has(mediaType)) {
      differences.add("response: undocumented content type '" + mediaType + "'");
      return;
    }
    String schema = pointer + "/content/" + escaped(mediaType) + "/schema";
    if (mediaType.equals("application/jsonl")) {
      // The schema is that of each line.
      exchange
          .responseBody
          .lines()
          .forEach(line -> {
            if (parsed(line, "response line", differences) != null) {
              validate(schema, line, "response line", differences);
            }
          });
    } else if (mediaType.endsWith("json")) {
      JsonNode json = parsed(exchange.responseBody, "response body", differences);
      if (json != null) {
        validate(schema, exchange.responseBody, "response body", differences);
      }
    } else if (exchange.responseBody.isEmpty()) {
      differences.add("response: the body is empty");
    }
  }

  private void headers(Exchange exchange, String response, List<String> differences) {
    JsonNode declared = at(response + "/headers");
    for (Map.Entry<String, JsonNode> entry : declared.properties()) {
      String name = entry.getKey();
      String pointer = resolved(response + "/headers/" + escaped(name));
      String value = exchange.responseHeaders.get(name);
      if (value != null) {
        String schema = pointer + "/schema";
        validate(schema, typed(schema, value).toString(), "response header " + name, differences);
      } else if (at(pointer).path("required").asBoolean()) {
        differences.add("response: missing header " + name);
      }
    }
    Map<String, JsonNode> names = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    declared.properties().forEach(entry -> names.put(entry.getKey(), entry.getValue()));
    for (String name : exchange.responseHeaders.keySet()) {
      if (name.regionMatches(true, 0, "X-", 0, 2) && !names.containsKey(name)) {
        differences.add("response: undocumented header " + name);
      }
    }
  }

  // -----------------------------------------------------------------------------------------
  // schemas

  private void validate(String schemaPointer, String json, String what, List<String> differences) {
    if (json.isEmpty()) {
      return;
    }
    schemas
        .computeIfAbsent(schemaPointer, this::schema)
        .validate(json, InputFormat.JSON)
        .forEach(error -> differences.add(what + ": " + error));
  }

  private Schema schema(String pointer) {
    // Braces and percent signs of path templates are not legal in the fragment of an IRI.
    String fragment = pointer.replace("%", "%25").replace("{", "%7B").replace("}", "%7D");
    return registry.getSchema(SchemaLocation.of(DOCUMENT + "#" + fragment));
  }

  /** The text of a parameter or header as the JSON that its schema asks for, where it can be. */
  private JsonNode typed(String schemaPointer, String value) {
    String type = at(resolved(schemaPointer)).path("type").asText();
    if (type.equals("integer") || type.equals("number") || type.equals("boolean")) {
      try {
        JsonNode json = STRICT_JSON.readTree(value);
        if (json.isNumber() || json.isBoolean()) {
          return json;
        }
      } catch (JsonProcessingException e) {
        return TextNode.valueOf(value); // The schema will refuse it.
      }
    }
    return TextNode.valueOf(value);
  }

  private static @Nullable JsonNode parsed(String text, String what, List<String> differences) {
    try {
      JsonNode json = STRICT_JSON.readTree(text);
      if (json.isMissingNode()) {
        differences.add(what + ": empty, where JSON is described");
        return null;
      }
      return json;
    } catch (JsonProcessingException e) {
      differences.add(what + ": not JSON: " + e.getOriginalMessage());
      return null;
    }
  }

  // ----------------------------------------------------------------------------------------
  // document

  private JsonNode at(String pointer) {
    return document.at(JsonPointer.compile(pointer));
  }

  /** Follows {@code $ref} from there until something is said. */
  private String resolved(String pointer) {
    String current = pointer;
    while (at(current).has("$ref")) {
      current = at(current).path("$ref").asText().substring(1);
    }
    return current;
  }

  private static String escaped(String token) {
    return token.replace("~", "~0").replace("/", "~1");
  }

  private static Map<String, List<String>> query(String rawQuery, List<String> differences) {
    Map<String, List<String>> query = new TreeMap<>();
    if (rawQuery.isEmpty()) {
      return query;
    }
    for (String pair : rawQuery.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 0) {
        differences.add("request: query parameter without a value: " + pair);
        continue;
      }
      query
          .computeIfAbsent(decoded(pair.substring(0, equals)), name -> new ArrayList<>())
          .add(decoded(pair.substring(equals + 1)));
    }
    return query;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String mediaType(String contentType) {
    int semicolon = contentType.indexOf(';');
    String bare = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
    return bare.strip().toLowerCase(Locale.ROOT);
  }

  private static List<String> optional(@Nullable String value) {
    return value == null ? List.of() : List.of(value);
  }

  private static Map<String, String> ignoringCase(Map<String, String> headers) {
    Map<String, String> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    copy.putAll(headers);
    return copy;
  }

  private record Exchange(
      String method,
      String pathAndQuery,
      Map<String, String> requestHeaders,
      @Nullable String requestBody,
      int status,
      Map<String, String> responseHeaders,
      String responseContentType,
      String responseBody) {

    String rawPath() {
      int question = pathAndQuery.indexOf('?');
      return question < 0 ? pathAndQuery : pathAndQuery.substring(0, question);
    }

    String rawQuery() {
      int question = pathAndQuery.indexOf('?');
      return question < 0 ? "" : pathAndQuery.substring(question + 1);
    }
  }
}
