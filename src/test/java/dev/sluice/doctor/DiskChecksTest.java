package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskChecksTest {
  private static final long GIB = 1L << 30;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "ext4, OK",
    "xfs, OK",
    "overlay, ADVICE",
    "nfs4, ADVICE",
    "fuse.sshfs, ADVICE",
    "tmpfs, BROKEN"
  })
  void judgesTheTypeOfTheFileSystem(String type, Level level) {
    assertThat(checks(16 * GIB, false).type(type).level()).isEqualTo(level);
  }

  /** The embedded QuestDB of the settings wants 2 GiB more than the journal. */
  @ParameterizedTest
  @CsvSource({"18, 0, OK", "17, 0, ADVICE", "15, 0, BROKEN", "15, 10, OK", "0, 16, ADVICE"})
  void comparesFreeBytesWithWhatTheJournalMayStillTake(long free, long journal, Level level) {
    assertThat(checks(16 * GIB, false).room(free * GIB, journal * GIB).level()).isEqualTo(level);
  }

  /** Its journal is in Kafka: what is lost with its disk is no reading. */
  @ParameterizedTest
  @CsvSource({"tmpfs, ADVICE", "overlay, ADVICE", "xfs, OK"})
  void asksLittleOfTheDiskOfANodeThatKeepsNoReadings(String type, Level level) {
    DiskChecks node = new DiskChecks(Configs.disk(folder, 0, OptionalLong.empty()));

    assertThat(node.type(type).level()).isEqualTo(level);
    assertThat(node.room(256 << 20, 0).level()).isEqualTo(Level.OK);
    assertThat(node.room(255 << 20, 0))
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.ADVICE);
          assertThat(finding.check().wanted())
              .isEqualTo("free bytes for the audit file (256.0 MiB)");
          assertThat(finding.check().why()).doesNotContain("journal", "QuestDB");
          assertThat(finding.mend()).doesNotContain("journal");
        });
  }

  @Test
  void asksForRoomForQuestDbWhereOnlyThatIsKept() {
    DiskChecks node = new DiskChecks(Configs.disk(folder, 0, OptionalLong.of(2 * GIB)));

    assertThat(node.type("tmpfs").level()).isEqualTo(Level.BROKEN);
    assertThat(node.room(2 * GIB, 0).level()).isEqualTo(Level.OK);
    assertThat(node.room(GIB, 0))
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.ADVICE);
          assertThat(finding.check().wanted()).isEqualTo("free bytes for QuestDB (2.0 GiB)");
        });
  }

  @Test
  void comparesSyncsWithWhatWaitsForThem() {
    SyncProbe fast = new SyncProbe(Duration.ofMillis(1), Duration.ofMillis(5), 200);
    SyncProbe slow = new SyncProbe(Duration.ofMillis(2), Duration.ofMillis(30), 200);
    SyncProbe slower = new SyncProbe(Duration.ofMillis(40), Duration.ofMillis(80), 200);

    assertThat(checks(GIB, true).sync(fast).level()).isEqualTo(Level.OK);
    assertThat(checks(GIB, true).sync(slow).level()).isEqualTo(Level.ADVICE);
    assertThat(checks(GIB, false).sync(slow).level()).isEqualTo(Level.OK);
    assertThat(checks(GIB, false).sync(slower).level()).isEqualTo(Level.ADVICE);
    assertThat(checks(GIB, false).sync(slower).seen())
        .isEqualTo("p50 40.00 ms, p99 80.00 ms (200 syncs of 4 kB)");
  }

  @Test
  void measuresARealDiskAndLeavesNothing() throws IOException {
    SyncProbe probe = SyncProbe.of(folder);

    assertThat(probe.count()).isPositive();
    assertThat(probe.p50()).isPositive().isLessThanOrEqualTo(probe.p99());
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void removesWhatAKilledMeasurementLeft() throws IOException {
    Files.writeString(folder.resolve(SyncProbe.FILE), "left");

    SyncProbe.of(folder);

    assertThat(folder.resolve(SyncProbe.FILE)).doesNotExist();
  }

  @Test
  void doesNotMakeADataDirectoryThatIsNotThere() {
    Path later = folder.resolve("later").resolve("data");

    Map<String, Finding> findings = findings(later);

    assertThat(later.getParent()).doesNotExist();
    assertThat(Objects.requireNonNull(findings.get("fdatasync")).level()).isEqualTo(Level.UNKNOWN);
    assertThat(Objects.requireNonNull(findings.get("room")).level()).isNotEqualTo(Level.UNKNOWN);
  }

  @Test
  void findsADataDirectoryThatCannotBeWritten() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("data"));
    // Even root cannot open a folder for writing as if it were a file.
    Files.createDirectory(taken.resolve(SyncProbe.FILE));

    assertThat(findings(taken).get("fdatasync"))
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.BROKEN);
          assertThat(finding.mend()).contains("data.dir");
        });
  }

  @Test
  void countsWhatTheJournalHasAlready() throws IOException {
    Path journal = Files.createDirectories(folder.resolve("journal"));
    Files.write(journal.resolve("00.log"), new byte[4_096]);

    DiskChecks checks = new DiskChecks(Configs.disk(folder, 4_096, false));

    assertThat(checks.findings())
        .filteredOn(finding -> finding.check().name().equals("room"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.check().wanted()).contains("(0 B)"));
  }

  private DiskChecks checks(long journalMaxBytes, boolean syncsEachAck) {
    return new DiskChecks(Configs.disk(folder, journalMaxBytes, syncsEachAck));
  }

  private static Map<String, Finding> findings(Path data) {
    return new DiskChecks(Configs.disk(data, GIB, false))
        .findings().stream()
            .collect(Collectors.toMap(finding -> finding.check().name(), finding -> finding));
  }
}
