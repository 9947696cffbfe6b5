package io.quotastack.http;

import java.util.Random;
import java.util.function.Consumer;

/** Random inputs for properties, from seeds of which a failure names the one that found it. */
public final class Samples {
  private static final int RUNS = 1_000;
  private static final int MAX_LENGTH = 40;

  private Samples() {}

  /** Checks a property on the inputs that it draws, {@value #RUNS} times. */
  public static void check(Consumer<Random> property) {
    for (int seed = 0; seed < RUNS; seed++) {
      try {
        property.accept(new Random(seed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("with new Random(" + seed + "): " + e.getMessage(), e);
      }
    }
  }

  /** Any text that has a UTF-8 form: controls, ASCII, and all planes of Unicode. */
  public static String text(Random random) {
    var text = new StringBuilder();
    for (int left = random.nextInt(MAX_LENGTH + 1); left > 0; left--) {
      int codePoint =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x20);
            case 1 -> random.nextInt(0x20, 0x7f);
            case 2 -> random.nextInt(0x7f, 0xd800);
            default -> random.nextInt(0xe000, Character.MAX_CODE_POINT + 1);
          };
      text.appendCodePoint(codePoint);
    }
    return text.toString();
  }

  /** Any bytes. */
  public static byte[] bytes(Random random) {
    var bytes = new byte[random.nextInt(MAX_LENGTH + 1)];
    random.nextBytes(bytes);
    return bytes;
  }
}
