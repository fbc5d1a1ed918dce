package dev.sluice.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How tests wait for a condition, unless they say otherwise: as long as it may take on a machine
 * with much else to do, for which Awaitility's ten seconds were too short; and asking soon at
 * first, because most conditions hold within some milliseconds, then seldom, because a process that
 * is asked has work to do. Registered for all tests in {@code META-INF/services}.
 */
public final class Patience implements BeforeAllCallback {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final long FIRST_LOOK_MS = 20;
  private static final long LONGEST_PAUSE_MS = 100;

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(LIMIT);
    Awaitility.setDefaultPollDelay(Duration.ofMillis(FIRST_LOOK_MS));
    Awaitility.setDefaultPollInterval(
        (looks, before) -> Duration.ofMillis(Math.min(LONGEST_PAUSE_MS, looks * FIRST_LOOK_MS)));
  }
}
