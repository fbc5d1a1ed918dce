package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What {@code logback.xml} makes of text that others sent. */
class LogLinesTest {
  private static final String SENT =
      "SELEC\n2026-11-26T00:00:00.000Z ERROR [main] dev.sluice.server.Application - FORGED\r\u001b[31m\u0085\u2028\u0007";

  @Test
  void keepsAMessageOnOneLineWithoutControlCharacters() {
    List<String> lines = lines(SENT, null);

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst())
        .contains("INFO", "SELEC·2026-11-26", "FORGED··[31m···")
        .matches("[^\\p{Cc}\\u2028]*");
  }

  @Test
  void replacesWhatWouldReorderALineOnAScreen() {
    List<String> lines = lines("a\u202edennigol\u202c b\u2066c\u2069\u200f\u061c", null);

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst()).endsWith("a·dennigol· b·c···");
  }

  @Test
  void letsNoLineOfAnExceptionBeginWhereAnEventDoes() {
    Exception cause = new IllegalStateException(SENT);

    List<String> lines = lines("failed", new RuntimeException(SENT, cause));

    assertThat(lines.getFirst()).endsWith(" - failed");
    assertThat(lines).anyMatch(line -> line.contains("LogLinesTest.java"));
    assertThat(lines.subList(2, lines.size())).allMatch(line -> line.startsWith("\t"));
    assertThat(lines.get(1)).startsWith("java.lang.RuntimeException: SELEC");
    assertThat(lines).allMatch(line -> line.matches("[^\\p{Cc}\\u2028]*|\\t+[^\\p{Cc}\\u2028]*"));
  }

  private static List<String> lines(String message, @Nullable Throwable thrown) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    ConsoleAppender<?> console = (ConsoleAppender<?>) root.getAppender("STDERR");
    PatternLayoutEncoder encoder = (PatternLayoutEncoder) console.getEncoder();
    LoggingEvent event = new LoggingEvent("test", root, Level.INFO, message, thrown, null);
    return new String(encoder.encode(event), StandardCharsets.UTF_8).lines().toList();
  }
}
