package dev.sluice.http.auth;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.http.auth.FailedTokens.Reason;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class FailedTokenLogTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);
  private final FailedTokenLog failed = new FailedTokenLog(nanos::get);
  private final Logger logger = (Logger) LoggerFactory.getLogger(FailedTokenLog.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
  }

  @Test
  void saysNothingWhileNoTokenFails() {
    failed.report();

    assertThat(lines()).isEmpty();
  }

  @Test
  void logsTheFirstAtOnceAndTheOthersAMinuteLater() throws UnknownHostException {
    failed.failed(Reason.UNKNOWN, InetAddress.getByName("10.0.0.5"), "");
    failed.report();
    assertThat(lines()).hasSize(1);
    assertThat(lines().getFirst()).endsWith("1 unknown; from 10.0.0.5");

    failed.failed(Reason.UNKNOWN, InetAddress.getByName("10.0.0.5"), "");
    failed.failed(Reason.EXPIRED, InetAddress.getByName("2001:db8::1"), "fleet-1");
    failed.failed(Reason.MISSING, null, "");
    nanos.addAndGet(Duration.ofSeconds(59).toNanos());
    failed.report();
    assertThat(lines()).hasSize(1);

    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    failed.report();
    failed.report();
    assertThat(lines()).hasSize(2);
    assertThat(lines().getLast())
        .endsWith(
            "1 missing, 1 unknown, 1 expired; from 10.0.0.5, 2001:db8:0:0:0:0:0:1 (fleet-1),"
                + " unknown");
    assertThat(failed.count(Reason.UNKNOWN)).isEqualTo(2);
  }

  @Test
  void listsTenSendersAndCountsAll() throws UnknownHostException {
    for (int i = 0; i < 1_000; i++) {
      failed.failed(Reason.UNKNOWN, InetAddress.getByName("10.0.0." + i % 250), "");
    }
    failed.report();

    assertThat(lines().getFirst()).contains("1000 unknown", "10.0.0.9 and others");
    assertThat(lines().getFirst()).doesNotContain("10.0.0.10,");
  }

  private List<String> lines() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }
}
