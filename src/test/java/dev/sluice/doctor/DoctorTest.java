package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.DoctorReport;
import dev.sluice.api.Json;
import dev.sluice.store.MigrateResult;
import dev.sluice.store.MigrationInfo;
import dev.sluice.store.SchemaState;
import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import dev.sluice.store.StoreSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorTest {
  private static final Check CHECK = new Check("kernel", "x", "1", "or else");

  @TempDir private Path folder;

  @Test
  void isAsBadAsTheWorstOfWhatIsKnown() {
    Finding ok = CHECK.ok("1");
    Finding unknown = CHECK.unknown("hidden");
    Finding advice = CHECK.advice("0", "set x");
    Finding broken = CHECK.broken("-1", "set x");

    assertThat(Doctor.report(List.of(ok, unknown)).verdict()).isEqualTo("ok");
    assertThat(Doctor.report(List.of(advice, ok, unknown)).verdict()).isEqualTo("advice");
    assertThat(Doctor.report(List.of(advice, broken, ok)).verdict()).isEqualTo("broken");
  }

  @Test
  void leavesOutWhatIsNotToBeMended() {
    assertThat(Json.write(Doctor.report(List.of(CHECK.ok("1"), CHECK.advice("0", "set x")))))
        .isEqualTo(
            """
            {"verdict":"advice","checks":[\
            {"group":"kernel","name":"x","level":"ok","seen":"1","wanted":"1","why":"or else"},\
            {"group":"kernel","name":"x","level":"advice","seen":"0","wanted":"1","why":"or else",\
            "mend":"set x"}]}\
            """);
  }

  @Test
  void examinesThisMachineInEveryGroup() {
    DoctorReport report =
        Doctor.ofServer(Configs.usual(folder), InstantSource.system(), List::of).report();

    assertThat(report.checks().stream().map(DoctorReport.Check::group).distinct())
        .containsExactly("kernel", "jvm", "disk", "clock", "doors");
    assertThat(report.checks().stream().map(check -> check.group() + check.name()))
        .doesNotHaveDuplicates();
    assertThat(report.checks())
        .allSatisfy(check -> {
          assertThat(check.seen()).isNotBlank();
          assertThat(check.wanted()).isNotBlank();
          assertThat(check.why()).isNotBlank();
          boolean bad = check.level().equals("advice") || check.level().equals("broken");
          assertThat(check.mend() != null).as(check.name()).isEqualTo(bad);
        });
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "true, false, 'ingest: takes readings in, and has no store'",
    "false, true, 'delivery: has the stores and answers reads, and takes no readings in'",
    "true, true, ingest and delivery"
  })
  void saysWhatANodeDoesAndNothingOfWhatItDoesNot(boolean ingests, boolean delivers, String roles) {
    DoctorReport report =
        Doctor.ofServer(Configs.node(ingests, delivers, folder), InstantSource.system(), List::of)
            .report();

    assertThat(report.checks().getFirst())
        .satisfies(check -> {
          assertThat(check.group() + " " + check.name()).isEqualTo("node roles");
          assertThat(check.seen()).isEqualTo(roles);
        });
    List<String> names = report.checks().stream().map(DoctorReport.Check::name).toList();
    assertThat(names).doesNotContain("fdatasync").contains("room", "ingest.host");
    assertThat(names.contains("memory of requests")).isEqualTo(ingests);
    assertThat(report.checks())
        .noneMatch(check -> check.wanted().contains("QuestDB"))
        .filteredOn(check -> check.name().equals("vm.max_map_count"))
        .singleElement()
        .satisfies(check -> assertThat(check.why()).startsWith("ZGC"));
  }

  @Test
  void doesNotExamineAgainWithinSeconds() {
    AtomicInteger examinations = new AtomicInteger();
    Doctor doctor =
        Doctor.ofServer(
            Configs.usual(folder),
            InstantSource.system(),
            () -> {
              examinations.incrementAndGet();
              return List.of();
            });

    assertThat(doctor.report()).isSameAs(doctor.report());
    assertThat(examinations).hasValue(1);
  }

  @Test
  void tellsWhatAStoreSaysOfItself() {
    List<StoreFact> facts =
        List.of(
            StoreFact.of("good", true, Verdict.BROKEN, "1", "1", "w", "m"),
            StoreFact.of("poor", false, Verdict.ADVICE, "0", "1", "w", "m"),
            StoreFact.of("bad", false, Verdict.BROKEN, "0", "1", "w", "m"),
            new StoreFact("hidden", Verdict.UNKNOWN, "?", "1", "w", ""));

    Map<String, Finding> findings = of(new Patient("db", () -> facts, Optional.empty()));

    assertThat(Objects.requireNonNull(findings.get("db good")).level()).isEqualTo(Level.OK);
    assertThat(findings.get("db good").mend()).isEmpty();
    assertThat(Objects.requireNonNull(findings.get("db poor")).level()).isEqualTo(Level.ADVICE);
    assertThat(findings.get("db poor").mend()).isEqualTo("m");
    assertThat(Objects.requireNonNull(findings.get("db bad")).level()).isEqualTo(Level.BROKEN);
    assertThat(Objects.requireNonNull(findings.get("db hidden")).level()).isEqualTo(Level.UNKNOWN);
  }

  @Test
  void tellsThatAStoreDoesNotAnswer() {
    Patient away =
        new Patient(
            "db",
            () -> {
              throw new IOException("db does not answer: refused");
            },
            Optional.empty());

    assertThat(of(away).get("db"))
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.BROKEN);
          assertThat(finding.seen()).isEqualTo("db does not answer: refused");
        });
  }

  @Test
  void judgesTheStateOfTheSchema() {
    MigrationInfo some =
        new MigrationInfo("5", "time index", MigrationInfo.State.PENDING, OptionalInt.empty());

    assertThat(schema(new SchemaState.UpToDate("db", "5"))).isEqualTo(Level.OK);
    assertThat(schema(new SchemaState.Lacking("db", "no key by time"))).isEqualTo(Level.ADVICE);
    assertThat(schema(new SchemaState.Pending("db", List.of(some)))).isEqualTo(Level.BROKEN);
    assertThat(schema(new SchemaState.Changed("db", List.of(some)))).isEqualTo(Level.BROKEN);
    assertThat(schema(new SchemaState.Ahead("db", List.of(some)))).isEqualTo(Level.BROKEN);
    assertThat(schema(new SchemaState.Foreign("db", "another table"))).isEqualTo(Level.BROKEN);
    assertThat(schema(new SchemaState.Unreachable("db", "refused"))).isEqualTo(Level.UNKNOWN);
  }

  private static Level schema(SchemaState state) {
    return Objects.requireNonNull(
            of(new Patient("db", List::of, Optional.of(new InState(state)))).get("db schema"))
        .level();
  }

  private static Map<String, Finding> of(Patient patient) {
    return StoreChecks.of(List.of(patient)).stream()
        .collect(Collectors.toMap(finding -> finding.check().name(), finding -> finding));
  }

  /** A schema in this state. */
  private record InState(SchemaState state) implements StoreSchema {
    @Override
    public List<MigrationInfo> info() {
      throw new AssertionError("only the state is asked for");
    }

    @Override
    public MigrateResult migrate() {
      throw new AssertionError("a doctor changes nothing");
    }

    @Override
    public List<String> repair() {
      throw new AssertionError("a doctor changes nothing");
    }

    @Override
    public List<String> baseline() {
      throw new AssertionError("a doctor changes nothing");
    }
  }
}
