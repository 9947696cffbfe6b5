package io.quotastack.http.idempotency;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What tells one request from another under the same idempotency key: SHA-256 over method, target
 * and body, each preceded by its length so that nothing can move from one to the next unseen.
 */
public final class RequestFingerprint {

  private RequestFingerprint() {}

  /**
   * The first 64 bits of the fingerprint, as a number.
   *
   * @param target the path and query as they were sent
   */
  public static long of(String method, String target, byte[] body) {
    MessageDigest digest = sha256();
    part(digest, method.getBytes(StandardCharsets.UTF_8));
    part(digest, target.getBytes(StandardCharsets.UTF_8));
    part(digest, body);
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  private static void part(MessageDigest digest, byte[] bytes) {
    int length = bytes.length;
    digest.update((byte) (length >>> 24));
    digest.update((byte) (length >>> 16));
    digest.update((byte) (length >>> 8));
    digest.update((byte) length);
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
