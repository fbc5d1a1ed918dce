package dev.sluice.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadingSequenceTest {
  private static final long NOW = 1_795_300_000_000_000L;

  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

  private record Identity(int device, long ts) {}

  @ParameterizedTest
  @CsvSource({"1, 1, 0", "10, 1000, 0", "10, 3, 0", "10, 1000, 0.5", "10, 3, 0.5", "7, 50, 1"})
  void givesNoPairTwiceHoweverFastItIsAsked(int connections, int devices, double outOfOrder) {
    Set<Identity> seen = new HashSet<>();
    Set<Integer> used = new HashSet<>();
    for (int connection = 0; connection < connections; connection++) {
      ReadingSequence sequence =
          sequence(connections, connection, devices, outOfOrder, TEN_SECONDS);
      for (int i = 0; i < 20_000; i++) {
        // Two readings a microsecond: faster than the clock, which then has to run ahead.
        sequence.at(NOW + i / 2);
        long ts = sequence.next();
        used.add(sequence.device());
        assertThat(seen.add(new Identity(sequence.device(), ts))).isTrue();
      }
    }
    assertThat(used).hasSize(devices);
    assertThat(used).allMatch(device -> device >= 0 && device < devices);
  }

  @Test
  void staysUniqueWhenAllLateMicrosecondsAreTaken() {
    Set<Long> seen = new HashSet<>();
    // A millisecond has 250 late ticks in each of its halves: more late readings are asked for.
    ReadingSequence sequence = sequence(1, 0, 1, 1, Duration.ofMillis(1));
    sequence.at(NOW);
    for (int i = 0; i < 100_000; i++) {
      assertThat(seen.add(sequence.next())).isTrue();
    }
  }

  @Test
  void isLateByNoMoreThanAskedAndAsOftenAsAsked() {
    ReadingSequence sequence = sequence(1, 0, 10, 0.25, TEN_SECONDS);
    int late = 0;
    long latest = 0;
    for (int i = 0; i < 100_000; i++) {
      long now = NOW + i * 1_000L;
      sequence.at(now);
      long behind = now - sequence.next();
      late += behind > 1 ? 1 : 0;
      latest = Math.max(latest, behind);
      assertThat(behind).isBetween(-1L, 10_000_000L);
    }
    assertThat(late).isBetween(24_000, 26_000);
    assertThat(latest).isGreaterThan(9_000_000L);
  }

  private static ReadingSequence sequence(
      int connections, int index, int devices, double outOfOrder, Duration lateBy) {
    return new ReadingSequence(
        new BenchConfig.Readings(Format.LINES, 1, devices, outOfOrder, lateBy),
        connections,
        index,
        new SplittableRandom(7));
  }
}
