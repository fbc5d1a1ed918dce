package dev.sluice.journal.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ApiException;

/** Waits for what a cluster answers. */
public final class Answers {
  private Answers() {}

  /**
   * The answer, in time.
   *
   * @throws ApiException what the cluster said against it
   * @throws IOException if there is no answer
   */
  public static <T> T of(KafkaFuture<T> asked, Duration atMost, String from) throws IOException {
    try {
      return asked.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + from + " was asked", e);
    } catch (TimeoutException e) {
      throw new IOException(
          "%s does not answer within %d ms".formatted(from, atMost.toMillis()), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ApiException said
          && !(said instanceof org.apache.kafka.common.errors.TimeoutException)) {
        throw said;
      }
      throw new IOException(from + " does not answer: " + e.getCause(), e);
    }
  }
}
