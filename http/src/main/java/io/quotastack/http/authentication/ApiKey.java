package io.quotastack.http.authentication;

import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An API key as a client sends it: {@code qs_live_<tenant>_<secret>} or {@code qs_test_...}, where
 * the tenant is the 26 characters of its id and the secret 52 characters of base 32. It names its
 * tenant, so that the owner of the verdict is found without a look-up; only its SHA-256 is ever
 * stored. Its text does not show in logs.
 */
public final class ApiKey {
  private static final String LIVE = "qs_live_";
  private static final String TEST = "qs_test_";
  private static final int TENANT_AT = LIVE.length();
  private static final int TENANT_LENGTH = 26;
  private static final int SEPARATOR_AT = TENANT_AT + TENANT_LENGTH;
  private static final int SECRET_AT = SEPARATOR_AT + 1;
  private static final int LENGTH = SECRET_AT + 52;

  private final TenantRef tenant;
  private final String text;

  private ApiKey(TenantRef tenant, String text) {
    this.tenant = tenant;
    this.text = text;
  }

  /** The key that a text is, or null if it has not the form of one. */
  public static @Nullable ApiKey parse(String text) {
    if (text.length() != LENGTH || text.charAt(SEPARATOR_AT) != '_') {
      return null;
    }
    Environment environment =
        text.startsWith(LIVE) ? Environment.LIVE : text.startsWith(TEST) ? Environment.TEST : null;
    String tenantId = "ten_" + text.substring(TENANT_AT, SEPARATOR_AT);
    if (environment == null
        || !isBase32(text, SECRET_AT, LENGTH)
        || !TenantRef.isTenantId(tenantId)) {
      return null;
    }
    return new ApiKey(new TenantRef(tenantId, environment), text);
  }

  /** The tenant and environment that it claims to be a key of; its owner has to confirm. */
  public TenantRef tenant() {
    return tenant;
  }

  /** SHA-256 of the whole text, in lower-case hexadecimal: the form in which keys are stored. */
  public String hash() {
    return hash(text);
  }

  /** The hash under which a key of this text is stored. */
  public static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Whether two hashes are equal, in a time that does not depend on where they differ. */
  public static boolean sameHash(String left, String right) {
    return MessageDigest.isEqual(
        left.getBytes(StandardCharsets.US_ASCII), right.getBytes(StandardCharsets.US_ASCII));
  }

  /** The key without its secret. */
  @Override
  public String toString() {
    return text.substring(0, SECRET_AT) + "...";
  }

  private static boolean isBase32(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if ((c < 'a' || c > 'z') && (c < '2' || c > '7')) {
        return false;
      }
    }
    return true;
  }
}
