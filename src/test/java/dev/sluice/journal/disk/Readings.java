package dev.sluice.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Readings whose value is their number, so that a test sees at once which one it holds. */
final class Readings {
  private Readings() {}

  static Reading reading(long number) {
    return new Reading("device-" + number % 7, "metric-" + number % 3, number, number);
  }

  /** Readings numbered [from, to). */
  static ReadingBuffer buffer(long from, long to) {
    ReadingBuffer buffer = new ReadingBuffer(256, 256 << 20);
    for (long i = from; i < to; i++) {
      buffer.add(reading(i));
    }
    return buffer;
  }

  /** A reading with names so long that few fill a segment. */
  static Reading longReading(long number) {
    return new Reading(
        "device-" + number % 7 + "-".repeat(100),
        "metric-" + number % 3 + "-".repeat(100),
        number,
        number);
  }

  /** Long readings numbered [from, to). */
  static ReadingBuffer longBuffer(long from, long to) {
    ReadingBuffer buffer = new ReadingBuffer(256, 256 << 20);
    for (long i = from; i < to; i++) {
      buffer.add(longReading(i));
    }
    return buffer;
  }

  static AppendResult.Accepted append(DiskJournal journal, long from, long to) {
    AppendResult result = journal.append(buffer(from, to));
    assertThat(result).isInstanceOf(AppendResult.Accepted.class);
    return (AppendResult.Accepted) result;
  }

  /** Where the first reading of this append is. */
  static long firstOffset(AppendResult.Accepted appended) {
    return ((OffsetMark) appended.end()).offset() - appended.count();
  }

  /** The numbers of all readings from this offset on, with a negative count for each lost range. */
  static List<Long> readAll(DiskJournal journal, long offset) throws IOException {
    List<Long> numbers = new ArrayList<>();
    ReadingBatch batch = new ReadingBatch();
    try (JournalReader reader = journal.reader(offset)) {
      while (true) {
        long at = reader.position();
        switch (reader.read(batch, 1000)) {
          case ReadResult.Empty ignored -> {
            return numbers;
          }
          case ReadResult.Lost lost -> {
            assertThat(lost.fromOffset()).isEqualTo(at);
            assertThat(lost.toOffset()).isGreaterThan(at).isEqualTo(reader.position());
            numbers.add(at - lost.toOffset());
          }
          case ReadResult.Filled ignored -> {
            assertThat(batch.firstOffset()).isEqualTo(at);
            assertThat(batch.nextOffset()).isEqualTo(reader.position());
            for (int i = 0; i < batch.size(); i++) {
              long number = batch.tsMicros(i);
              assertThat(batch.reading(i)).isEqualTo(reading(number));
              numbers.add(number);
            }
          }
        }
      }
    }
  }

  static List<Long> numbers(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }
}
