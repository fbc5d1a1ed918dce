package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.read.ListAppender;
import io.helidon.logging.common.spi.LoggingProvider;
import java.util.ServiceLoader;
import java.util.logging.LogManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

class LogBridgeTest {
  private final ch.qos.logback.classic.Logger root =
      ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(Logger.ROOT_LOGGER_NAME);
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  @BeforeEach
  void listen() {
    events.start();
    root.addAppender(events);
  }

  @AfterEach
  void restore() throws Exception {
    root.detachAppender(events);
    SLF4JBridgeHandler.uninstall();
    LogManager.getLogManager().readConfiguration();
  }

  @Test
  void takesOverJavaUtilLoggingOnce() {
    LogBridge.install();
    LogBridge.install();

    java.util.logging.Logger.getLogger("some.library").warning("a word");

    assertThat(events.list)
        .singleElement()
        .extracting(ILoggingEvent::getMessage)
        .isEqualTo("a word");
  }

  @Test
  void isWhatHelidonFinds() {
    assertThat(ServiceLoader.load(LoggingProvider.class))
        .singleElement()
        .isInstanceOf(LogBridge.class);
  }

  @Test
  void writesToStderrFromInfoUp() {
    ConsoleAppender<ILoggingEvent> console =
        (ConsoleAppender<ILoggingEvent>) root.getAppender("STDERR");

    assertThat(console.getTarget()).isEqualTo("System.err");
    assertThat(root.getLevel()).isEqualTo(Level.INFO);
  }
}
