package io.quotastack.engine.serialization;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Has the journal of the tests store {@link StoredJson}, as the node's does. */
public final class StoredSerializer extends SerializerWithStringManifest {
  @Override
  public int identifier() {
    return 101;
  }

  @Override
  public String manifest(Object stored) {
    return stored.getClass().getName();
  }

  @Override
  public byte[] toBinary(Object stored) {
    return StoredJson.write((Stored) stored).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Object fromBinary(byte[] json, String manifest) {
    try {
      return StoredJson.read(
          new String(json, StandardCharsets.UTF_8),
          Class.forName(manifest).asSubclass(Stored.class));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
