package io.quotastack.cluster.persistence;

/**
 * Which PostgreSQL a node keeps everything in.
 *
 * @param url {@code jdbc:postgresql://host:port/name}
 * @param user the role to connect as; owns the schema
 * @param password its password
 */
public record DatabaseSettings(String url, String user, String password) {
  /** The URL as far as it is no secret: what follows a question mark may be one. */
  public String address() {
    int question = url.indexOf('?');
    return question < 0 ? url : url.substring(0, question);
  }

  /** Without the password, so that it never gets into a log. */
  @Override
  public String toString() {
    return "DatabaseSettings[" + address() + ", user=" + user + "]";
  }
}
