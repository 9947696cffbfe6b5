package io.quotastack.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quotastack.engine.Engine;
import io.quotastack.engine.ids.Base32;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantReply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tenant that a fresh installation begins with, and its keys, as a file keeps them. The file is
 * written, whole and durable, before the tenant is created: a crash in between is repaired by the
 * next start, as creating a tenant again under its id changes nothing.
 *
 * @param tenantId the tenant
 * @param liveKey its API key for the live environment
 * @param testKey its API key for the test environment
 * @param operatorKey the key of whoever runs this installation
 */
public record FirstTenant(String tenantId, String liveKey, String testKey, String operatorKey) {
  private static final Logger LOG = LoggerFactory.getLogger(FirstTenant.class);
  private static final int SECRET_BYTES = 32;
  private static final int CREATE_ATTEMPTS = 5;
  private static final Pattern KEY = Pattern.compile("qs_(live|test)_[a-z2-7]{26}_[a-z2-7]{52}");
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** A new tenant with new keys, of which nothing is stored yet. */
  public static FirstTenant generate() {
    String tenantId = TenantRef.newTenantId();
    String owner = tenantId.substring(tenantId.indexOf('_') + 1);
    return new FirstTenant(
        tenantId,
        "qs_live_" + owner + "_" + secret(),
        "qs_test_" + owner + "_" + secret(),
        "qs_operator_" + secret());
  }

  private static String secret() {
    var bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base32.encode(bytes);
  }

  /**
   * The tenant in this file; if there is no file, a new one, which is then in the file.
   *
   * @throws StartException if the file cannot be read, written or understood
   */
  static FirstTenant keptIn(Path file) {
    try {
      if (!Files.exists(file)) {
        create(file, generate());
      }
      return read(file);
    } catch (IOException e) {
      throw new StartException("cannot keep the first tenant's keys in " + file + ": " + e, e);
    }
  }

  private static FirstTenant read(Path file) throws IOException {
    @Nullable FirstTenant tenant;
    try {
      tenant = JSON.readValue(Files.readString(file), FirstTenant.class);
    } catch (JsonProcessingException e) {
      throw notKeys(file, e.getOriginalMessage());
    }
    if (tenant == null
        || !TenantRef.isTenantId(tenant.tenantId())
        || !KEY.matcher(tenant.liveKey()).matches()
        || !KEY.matcher(tenant.testKey()).matches()) {
      throw notKeys(file, "a tenant id or a key is malformed");
    }
    return tenant;
  }

  private static StartException notKeys(Path file, String why) {
    return new StartException(
        file + " does not hold a tenant's keys (" + why + "); put it right or move it away");
  }

  /** Appears in one step, for its owner only; if another process was faster, its file stays. */
  private static void create(Path file, FirstTenant tenant) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null) {
      throw new IOException("not a file: " + file);
    }
    Files.createDirectories(folder);
    Path unfinished =
        Files.createTempFile(
            folder,
            ".keys",
            null,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      byte[] text =
          (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tenant) + "\n")
              .getBytes(StandardCharsets.UTF_8);
      try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
        ByteBuffer left = ByteBuffer.wrap(text);
        while (left.hasRemaining()) {
          channel.write(left);
        }
        channel.force(true);
      }
      // A link and not a move, which would silently replace what another process wrote.
      Files.createLink(absolute, unfinished);
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    } catch (FileAlreadyExistsException e) {
      // Theirs is as good, and is the one that is read.
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /**
   * Makes sure that both environments of the tenant are there, with these keys.
   *
   * @throws StartException if that cannot be had
   */
  void createIn(Engine engine) {
    create(engine, Environment.LIVE, liveKey);
    create(engine, Environment.TEST, testKey);
  }

  private void create(Engine engine, Environment environment, String key) {
    var command = new TenantCommand.CreateTenant("first tenant", sha256(key));
    var tenant = new TenantRef(tenantId, environment);
    for (int attempt = 1; ; attempt++) {
      try {
        // The engine gives up by itself; the limit is only a second line.
        switch (engine.change(tenant, command).toCompletableFuture().get(1, TimeUnit.MINUTES)) {
          case TenantReply.Done done -> {
            return;
          }
          case TenantReply.Replayed replayed -> {
            return;
          }
          case TenantReply.Refused refused ->
              throw new StartException(
                  "cannot create the first tenant " + tenantId + ": " + refused.detail());
          case TenantReply.Unconfirmed unconfirmed ->
              LOG.info("not every node knows of the first tenant yet");
          case TenantReply.Unavailable unavailable ->
              LOG.info("the first tenant is not created yet: {}", unavailable);
        }
        if (attempt == CREATE_ATTEMPTS) {
          throw new StartException(
              "some node does not hear of the first tenant " + tenantId + ", or cannot store it");
        }
      } catch (ExecutionException | TimeoutException e) {
        LOG.info("the first tenant is not created yet: {}", e.toString());
        if (attempt == CREATE_ATTEMPTS) {
          throw new StartException("cannot create the first tenant " + tenantId + ": " + e, e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StartException("interrupted while creating the first tenant", e);
      }
    }
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Without the keys, so that they never get into a log. */
  @Override
  public String toString() {
    return "FirstTenant[tenantId=" + tenantId + "]";
  }
}
