package io.quotastack.http.pages;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The files of Swagger UI, which shows the OpenAPI document, as its webjar has them. */
final class DocsAssets {
  private static final String COORDINATES = "META-INF/maven/org.webjars/swagger-ui/pom.properties";

  private final String version;

  private DocsAssets(String version) {
    this.version = version;
  }

  /** The files of the webjar on the class path, of whichever version it is. */
  static DocsAssets load() {
    var properties = new Properties();
    try {
      properties.load(new StringReader(Resources.text(COORDINATES)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new DocsAssets(properties.getProperty("version"));
  }

  /** Its version, which is part of its files' addresses: they never change there. */
  String version() {
    return version;
  }

  /** One of its files. */
  byte[] file(String name) {
    return Resources.bytes("META-INF/resources/webjars/swagger-ui/" + version + '/' + name);
  }
}
