package dev.sluice.journal.disk;

import static dev.sluice.journal.disk.Readings.append;
import static dev.sluice.journal.disk.Readings.numbers;
import static dev.sluice.journal.disk.Readings.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalConfig.Ack;
import dev.sluice.journal.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged directories, made of real files: what is left is served, what is not is counted. */
class RecoveryTest {
  private static final int FRAMES = 300;
  private static final int PER_FRAME = 300;
  private static final long END = (long) FRAMES * PER_FRAME;

  @TempDir Path data;
  private Path directory;

  @BeforeEach
  void fillThreeSegments() throws IOException {
    directory = data.resolve("journal");
    try (DiskJournal journal = open()) {
      for (int i = 0; i < FRAMES; i++) {
        append(journal, (long) i * PER_FRAME, (long) (i + 1) * PER_FRAME);
      }
    }
    assertThat(segments()).hasSizeGreaterThanOrEqualTo(3);
  }

  @Test
  void cutsOffATornTail() throws IOException {
    Path newest = segments().getLast();
    long size = Files.size(newest);
    truncate(newest, size - 100);

    try (DiskJournal journal = open()) {
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END - PER_FRAME));
      assertThat(journal.stats().lost()).isZero();
      assertThat(Files.size(newest)).isLessThan(size - 100);
      append(journal, END - PER_FRAME, END);
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END));
    }
    assertThat(quarantined()).isEmpty();
  }

  @Test
  void cutsOffGarbageBehindTheLastFrame() throws IOException {
    Path newest = segments().getLast();
    byte[] bytes = Files.readAllBytes(newest);
    Files.write(newest, Arrays.copyOf(bytes, bytes.length + 5000));

    try (DiskJournal journal = open()) {
      assertThat(Files.size(newest)).isEqualTo(bytes.length);
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END));
      assertThat(journal.stats().lost()).isZero();
    }
  }

  @Test
  void keepsTheBytesOfALastFrameThatIsWholeButWrong() throws IOException {
    Path newest = segments().getLast();
    flip(newest, Files.size(newest) - 10);

    try (DiskJournal journal = open()) {
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END - PER_FRAME));
    }
    assertThat(quarantined()).hasSize(1);
  }

  @Test
  void losesOneFrameToAFlippedBitInTheNewestSegment() throws IOException {
    flip(segments().getLast(), 1000);

    assertLost(PER_FRAME);
    assertThat(quarantined()).hasSize(1);
  }

  @Test
  void losesOneFrameToAFlippedBitInAnOlderSegmentOnceItIsRead() throws IOException {
    flip(segments().getFirst(), 1000);

    assertLost(PER_FRAME);
    assertThat(quarantined()).hasSize(1);
  }

  @Test
  void losesOneFrameToAFlippedBitInAHeader() throws IOException {
    flip(segments().get(1), SegmentHeader.BYTES + 5);

    assertLost(PER_FRAME);
  }

  @Test
  void losesTheFramesAZeroedPageTouches() throws IOException {
    for (Path segment : List.of(segments().get(1), segments().getLast())) {
      overwrite(segment, 8192, new byte[4096]);
    }

    long lost = lost();
    assertThat(lost).isBetween(2L * PER_FRAME, 4L * PER_FRAME);
    assertLost(lost);
  }

  @Test
  void losesTheEndOfATruncatedSegmentThatIsNotTheLast() throws IOException {
    Path second = segments().get(1);
    truncate(second, Files.size(second) - 100);

    assertLost(PER_FRAME);
  }

  @Test
  void losesAMissingMiddleSegmentAndServesTheRest() throws IOException {
    long from = base(segments().get(1));
    long to = base(segments().get(2));
    Files.delete(segments().get(1));

    try (DiskJournal journal = open()) {
      assertThat(journal.stats().lost()).isEqualTo(to - from);
      List<Long> expected = new ArrayList<>(numbers(0, from));
      expected.add(from - to);
      expected.addAll(numbers(to, END));
      assertThat(readAll(journal, 0)).isEqualTo(expected);
    }
    assertLost(to - from);
  }

  @Test
  void movesAnUnusableSegmentToQuarantine() throws IOException {
    Path second = segments().get(1);
    long lost = base(segments().get(2)) - base(second);
    byte[] garbage = new byte[1 << 20];
    Arrays.fill(garbage, (byte) 'R');
    Files.write(second, garbage);

    assertLost(lost);
    assertThat(second).doesNotExist();
    assertThat(quarantined())
        .singleElement()
        .satisfies(f -> assertThat(f).hasBinaryContent(garbage));
  }

  @Test
  void keepsTheFramesBehindABadSegmentHeader() throws IOException {
    flip(segments().get(1), 3);
    flip(segments().getLast(), 3);

    try (DiskJournal journal = open()) {
      append(journal, END, END + 1);
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END + 1));
      assertThat(journal.stats().lost()).isZero();
    }
  }

  @Test
  void startsATornNewSegmentAnew() throws IOException {
    Files.write(directory.resolve(SegmentHeader.fileName(END)), new byte[7]);

    try (DiskJournal journal = open()) {
      append(journal, END, END + 1);
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END + 1));
    }
    try (DiskJournal journal = open()) {
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END + 1));
    }
  }

  @Test
  void quarantinesASegmentWhoseOffsetsAreTakenAlready() throws IOException {
    Files.copy(segments().getFirst(), directory.resolve(SegmentHeader.fileName(7)));

    try (DiskJournal journal = open()) {
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END));
    }
    assertThat(quarantined()).hasSize(1);
  }

  @Test
  void leavesForeignFilesAlone() throws IOException {
    Path foreign = Files.writeString(directory.resolve("notes.txt"), "keep me");

    try (DiskJournal journal = open()) {
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, END));
    }
    assertThat(foreign).hasContent("keep me");
  }

  @Test
  void refusesASegmentOfANewerFormatByName() throws IOException {
    ByteBuffer header = ByteBuffer.wrap(Files.readAllBytes(segments().get(1)));
    header.order(ByteOrder.LITTLE_ENDIAN).putInt(8, 2);
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(header.array(), 0, SegmentHeader.BYTES - 4);
    header.putInt(SegmentHeader.BYTES - 4, (int) crc.getValue());
    Files.write(segments().get(1), header.array());

    assertThatThrownBy(() -> open().close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(segments().get(1).toString())
        .hasMessageContaining("version 2");
  }

  @Test
  void answersLostForDamageThatHappensUnderAReader() throws IOException {
    try (DiskJournal journal = open()) {
      flip(segments().get(1), 1000);
      truncate(segments().getFirst(), 500_000);

      List<Long> found = readAll(journal, 0);
      assertThat(found.stream().filter(n -> n < 0)).hasSize(2);
      assertThat(found).endsWith(END - 1);
      long lost = journal.stats().lost();
      assertThat(lost).isEqualTo(-found.stream().filter(n -> n < 0).mapToLong(n -> n).sum());
      assertThat(readAll(journal, 0)).isEqualTo(found);
      assertThat(journal.stats().lost()).isEqualTo(lost);
    }
  }

  @Test
  void answersLostForASegmentThatVanishesUnderAReader() throws IOException {
    try (DiskJournal journal = open()) {
      long to = base(segments().get(2));
      long from = base(segments().get(1));
      Files.delete(segments().get(1));

      assertThat(readAll(journal, from)).startsWith(from - to, to).hasSize((int) (END - to + 1));
    }
  }

  @Test
  void startsAnUnreadableCursorAtTheOldestReadingKept() throws IOException {
    Path file = directory.resolve("cursors/sink.cursor");
    try (DiskJournal journal = open()) {
      Cursor cursor = journal.cursor("sink");
      cursor.advance(cursor.state().plusDelivered(60_000));
      assertThat(journal.stats().firstOffset()).isPositive();
    }
    Files.write(file, new byte[8192]);

    try (DiskJournal journal = open()) {
      assertThat(journal.cursor("sink").state())
          .isEqualTo(Progress.at(journal.stats().firstOffset()));
    }
    assertThat(quarantined()).hasSize(1);
  }

  @Test
  void fallsBackToTheOtherSlotOfACursor() throws IOException {
    Path file = directory.resolve("cursors/sink.cursor");
    Progress before;
    try (DiskJournal journal = open()) {
      Cursor cursor = journal.cursor("sink");
      cursor.advance(cursor.state().plusDelivered(10));
      before = cursor.state();
      cursor.advance(cursor.state().plusDelivered(10));
    }
    flip(file, 4096 + 20);

    try (DiskJournal journal = open()) {
      assertThat(journal.cursor("sink").state()).isEqualTo(before);
    }
  }

  /** Opens and reads twice: the same readings are lost each time, the others are all there. */
  private void assertLost(long lost) throws IOException {
    for (int i = 0; i < 2; i++) {
      try (DiskJournal journal = open()) {
        List<Long> found = readAll(journal, 0);
        long gaps = -found.stream().filter(n -> n < 0).mapToLong(n -> n).sum();
        assertThat(gaps).isEqualTo(lost);
        assertThat(journal.stats().lost()).isEqualTo(lost);
        assertThat(found.stream().filter(n -> n >= 0)).hasSize((int) (END - lost));
        assertThat(found).endsWith(END - 1);
        assertThat(journal.stats().nextOffset()).isEqualTo(END);
      }
    }
  }

  private long lost() throws IOException {
    try (DiskJournal journal = open()) {
      readAll(journal, 0);
      return journal.stats().lost();
    }
  }

  private DiskJournal open() throws IOException {
    return DiskJournal.open(
        new JournalConfig(directory, Ack.OS, Duration.ofMillis(20), 64 << 20, 1 << 20),
        InstantSource.system());
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".log")).sorted().toList();
    }
  }

  private List<Path> quarantined() throws IOException {
    Path quarantine = directory.resolve("quarantine");
    if (!Files.exists(quarantine)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(quarantine)) {
      return files.toList();
    }
  }

  private static long base(Path segment) {
    return SegmentHeader.baseOffset(segment.getFileName().toString()).orElseThrow();
  }

  private static void flip(Path file, long at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= 0x10;
    overwrite(file, 0, bytes);
  }

  private static void overwrite(Path file, long at, byte[] bytes) throws IOException {
    try (DiskFile open = new LocalDisk().open(file)) {
      open.write(ByteBuffer.wrap(bytes), at);
    }
  }

  private static void truncate(Path file, long size) throws IOException {
    try (DiskFile open = new LocalDisk().open(file)) {
      open.truncate(size);
    }
  }
}
