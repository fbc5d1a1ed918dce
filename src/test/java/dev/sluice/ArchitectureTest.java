package dev.sluice;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Which package may import which: the reviewed list. */
class ArchitectureTest {
  private static final String ROOT = "dev.sluice";

  /** The root may import all. */
  private static final Map<String, Set<String>> MAY_IMPORT =
      Map.ofEntries(
          Map.entry("admin", Set.of("delivery", "http", "http.auth", "journal", "migration", "migration.backfill", "migration.cutover", "migration.phase", "migration.verify")),
          Map.entry("admin.metrics", Set.of("delivery", "ingest", "ingest.format", "journal", "migration.backfill", "migration.cutover", "migration.phase", "migration.verify")),
          Map.entry("bench", Set.of()),
          Map.entry("cli", Set.of("admin", "bench", "cli.text", "config", "migration.phase", "server", "settings")),
          Map.entry("cli.text", Set.of()),
          Map.entry("config", Set.of()),
          Map.entry("delivery", Set.of("journal", "reading", "store")),
          Map.entry("files", Set.of()),
          Map.entry("http", Set.of()),
          Map.entry("http.auth", Set.of("http")),
          Map.entry("http.connection", Set.of("http")),
          Map.entry("ingest", Set.of("http", "ingest.format", "ingest.format.json", "ingest.format.line", "journal", "reading")),
          Map.entry("ingest.format", Set.of("reading")),
          Map.entry("ingest.format.json", Set.of("ingest.format", "reading")),
          Map.entry("ingest.format.line", Set.of("ingest.format", "reading")),
          Map.entry("ingest.http", Set.of("http", "http.auth", "ingest", "ingest.format", "journal", "reading")),
          Map.entry("journal", Set.of("reading")),
          Map.entry("migration", Set.of("delivery", "reading", "store")),
          Map.entry("migration.backfill", Set.of("delivery", "files", "migration", "reading", "store")),
          Map.entry("migration.cutover", Set.of("delivery", "files", "migration", "migration.phase", "query", "reading", "store")),
          Map.entry("migration.parity", Set.of("migration")),
          Map.entry("migration.phase", Set.of("files")),
          Map.entry("migration.verify", Set.of("migration", "migration.parity", "reading", "store")),
          Map.entry("query", Set.of("reading", "store")),
          Map.entry("query.http", Set.of("http", "http.auth", "query", "reading", "store")),
          Map.entry("reading", Set.of()),
          Map.entry("server", Set.of("admin", "admin.metrics", "config", "delivery", "http", "http.auth", "http.connection", "ingest", "ingest.format", "ingest.http", "journal", "migration", "migration.backfill", "migration.cutover", "migration.parity", "migration.phase", "migration.verify", "query", "query.http", "reading", "settings", "store", "store.mysql", "store.mysql.embedded", "store.questdb", "store.questdb.engine", "store.questdb.remote")),
          Map.entry("settings", Set.of("admin", "config", "delivery", "http.auth", "http.connection", "ingest", "journal", "migration.backfill", "migration.cutover", "migration.phase", "migration.verify", "store", "store.mysql", "store.questdb")),
          Map.entry("store", Set.of("reading")),
          Map.entry("store.mysql", Set.of("reading", "store")),
          Map.entry("store.mysql.embedded", Set.of()),
          Map.entry("store.questdb", Set.of("reading", "store")),
          Map.entry("store.questdb.engine", Set.of("reading", "store", "store.questdb")),
          Map.entry("store.questdb.remote", Set.of("reading", "store", "store.questdb")));

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void importsOnlyInTheAgreedDirections() {
    List<String> violations = new ArrayList<>();
    for (JavaClass origin : classes) {
      String from = part(origin);
      if (from.isEmpty()) {
        continue;
      }
      origin.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().startsWith(ROOT))
          .map(ArchitectureTest::part)
          .filter(to -> !to.equals(from) && !MAY_IMPORT.getOrDefault(from, Set.of()).contains(to))
          .forEach(to -> violations.add(origin.getName() + " uses package '" + to + "'"));
    }
    Assertions.assertThat(violations).isEmpty();
  }

  @Test
  void knowsEveryPackage() {
    Assertions.assertThat(classes.stream().map(ArchitectureTest::part).filter(p -> !p.isEmpty()))
        .allSatisfy(part -> Assertions.assertThat(MAY_IMPORT).containsKey(part));
  }

  @Test
  void hasNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void readingNeedsOnlyTheJdk() {
    com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes()
        .that()
        .resideInAPackage(ROOT + ".reading..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", ROOT + ".reading..", "org.jspecify..")
        .check(classes);
  }

  private static String part(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }
}
