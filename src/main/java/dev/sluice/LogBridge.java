package dev.sluice;

import io.helidon.logging.common.spi.LoggingProvider;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Leads java.util.logging, which some libraries write to, into the one log. Helidon finds this
 * class by name, asks it before it writes its first line, and so leaves java.util.logging as it is.
 */
public final class LogBridge implements LoggingProvider {
  /** For the service loader. */
  public LogBridge() {}

  /** Takes the place of every other handler; harmless when repeated. */
  static void install() {
    if (!SLF4JBridgeHandler.isInstalled()) {
      SLF4JBridgeHandler.removeHandlersForRootLogger();
      SLF4JBridgeHandler.install();
    }
  }

  @Override
  public void initialization() {
    install();
  }

  @Override
  public void runTime() {
    install();
  }
}
