package io.quotastack.http.pages;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The OpenAPI document: written by hand in YAML, made into JSON once.
 *
 * @param yaml as it was written
 * @param json the same document
 */
record ApiDocument(String yaml, String json) {
  private static final String RESOURCE = "openapi.yaml";

  /** The document that comes with the program. */
  static ApiDocument load() {
    return of(Resources.text(RESOURCE));
  }

  /** The document that this YAML is. */
  static ApiDocument of(String yaml) {
    YAMLMapper reader =
        YAMLMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS) // "no" is a text
            .build();
    try {
      JsonNode document = reader.readTree(yaml);
      return new ApiDocument(yaml, new JsonMapper().writeValueAsString(document));
    } catch (IOException e) {
      throw new UncheckedIOException("the OpenAPI document cannot be read", e);
    }
  }
}
