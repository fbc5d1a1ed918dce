package dev.sluice;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which package may import which: the reviewed list, and the page that describes it. */
class ArchitectureTest {
  private static final String ROOT = "dev.sluice";

  /** The root package; its name in {@link #MAY_IMPORT}. */
  private static final String MAIN = "(main)";

  private static final Path PAGE = Path.of("docs", "architecture.md");

  private static final Map<String, Set<String>> MAY_IMPORT =
      Map.ofEntries(
          mayImport(MAIN, "cli", "server"),
          // Imported by many, these know nobody.
          mayImport("api"),
          mayImport("reading"),
          mayImport("config"),
          mayImport("files"),
          mayImport("http"),
          mayImport("http.connection", "http", "http.origin", "http.proxy", "http.tls", "config"),
          mayImport("http.auth", "http", "files", "config"),
          mayImport("http.limit", "http", "http.auth", "reading", "config"),
          mayImport("http.tls", "config"),
          mayImport("http.origin", "config"),
          mayImport("http.proxy", "http.auth", "config"),
          mayImport("audit", "files", "config"),
          mayImport("journal", "reading", "config"),
          mayImport("journal.disk", "journal", "reading", "files"),
          mayImport("journal.kafka", "journal", "reading", "config"),
          mayImport("journal.move", "journal", "reading", "files"),
          // Stores: ports, then adapters that do not know each other.
          mayImport("store", "reading"),
          mayImport("store.mysql", "store", "reading", "config"),
          mayImport("store.mysql.embedded", "files"),
          mayImport("store.questdb", "store", "reading", "files", "config"),
          mayImport("store.questdb.engine", "store.questdb", "store", "reading", "files"),
          mayImport("store.questdb.remote", "store.questdb", "store", "reading"),
          // Stores are examined through their port.
          mayImport("doctor", "api", "store", "http.auth", "http.tls"),
          // Reads along with the journal; knows no store and nothing of ingest.
          mayImport("fleet", "api", "journal", "reading", "files", "config"),
          mayImport("delivery", "journal", "store", "reading", "files", "config"),
          // The way in.
          mayImport("ingest.format", "reading"),
          mayImport("ingest.format.json", "ingest.format", "reading"),
          mayImport("ingest.format.line", "ingest.format", "reading"),
          mayImport("ingest.format.otlp", "ingest.format", "ingest.format.json", "reading"),
          mayImport("ingest.format.prometheus", "ingest.format", "reading"),
          mayImport(
              "ingest", "ingest.format", "journal", "reading", "http", "http.limit", "config"),
          // Of the way in, only a transport knows which formats it offers.
          mayImport(
              "ingest.http",
              "ingest",
              "ingest.format",
              "ingest.format.json",
              "ingest.format.line",
              "ingest.format.otlp",
              "ingest.format.prometheus",
              "http",
              "http.auth",
              "http.limit"),
          mayImport(
              "ingest.mqtt",
              "ingest",
              "ingest.format",
              "ingest.format.json",
              "ingest.format.line",
              "http",
              "http.auth",
              "http.limit",
              "http.proxy",
              "http.tls",
              "reading",
              "config"),
          mayImport(
              "ingest.udp",
              "ingest",
              "ingest.format",
              "ingest.format.json",
              "ingest.format.line",
              "reading",
              "http",
              "http.auth",
              "http.limit",
              "config"),
          // The way out.
          mayImport("query", "store", "reading", "config"),
          mayImport("query.http", "query", "store", "reading", "http", "http.auth", "http.limit"),
          // From one store to the other.
          mayImport(
              "migration",
              "api",
              "migration.phase",
              "delivery",
              "journal",
              "store",
              "files",
              "reading"),
          mayImport("migration.phase", "api", "files"),
          mayImport("migration.parity", "api", "migration", "reading", "files"),
          mayImport(
              "migration.verify",
              "api",
              "migration",
              "migration.parity",
              "delivery",
              "store",
              "reading",
              "files",
              "config"),
          mayImport(
              "migration.backfill",
              "api",
              "migration",
              "delivery",
              "journal",
              "store",
              "reading",
              "files",
              "config"),
          mayImport(
              "migration.cutover",
              "api",
              "migration",
              "migration.phase",
              "delivery",
              "journal",
              "query",
              "store",
              "reading",
              "files",
              "config"),
          // Several Sluices on one topic: who leads, and the phase for all.
          mayImport(
              "cluster",
              "migration",
              "migration.phase",
              "journal",
              "journal.kafka",
              "query",
              "store",
              "files",
              "config"),
          // Describes both ports, whatever is registered there.
          mayImport("openapi", "api", "http"),
          // What operators see.
          mayImport(
              "admin",
              "api",
              "doctor",
              "fleet",
              "migration",
              "migration.phase",
              "migration.backfill",
              "migration.verify",
              "migration.cutover",
              "delivery",
              "journal",
              "audit",
              "http",
              "http.auth",
              "files",
              "config"),
          mayImport("admin.web", "http"),
          mayImport(
              "admin.metrics",
              "api",
              "audit",
              "http.origin",
              "http.proxy",
              "fleet",
              "migration.phase",
              "migration.backfill",
              "migration.verify",
              "migration.cutover",
              "delivery",
              "http.auth",
              "ingest",
              "ingest.format",
              "ingest.mqtt",
              "ingest.udp",
              "journal",
              "http.limit",
              "http.tls"),
          // Lists the keys of all, and gives each package the record of its settings.
          mayImport(
              "settings",
              "config",
              "admin",
              "audit",
              "cluster",
              "delivery",
              "doctor",
              "fleet",
              "http.auth",
              "http.connection",
              "http.limit",
              "http.tls",
              "http.origin",
              "http.proxy",
              "ingest",
              "ingest.mqtt",
              "ingest.udp",
              "journal",
              "journal.kafka",
              "migration.phase",
              "migration.backfill",
              "migration.verify",
              "migration.cutover",
              "query",
              "store",
              "store.mysql",
              "store.questdb"),
          // The only package that knows every adapter.
          mayImport(
              "server",
              "api",
              "settings",
              "config",
              "admin",
              "admin.metrics",
              "admin.web",
              "audit",
              "cluster",
              "delivery",
              "doctor",
              "files",
              "fleet",
              "http",
              "http.auth",
              "http.connection",
              "http.limit",
              "http.tls",
              "http.origin",
              "http.proxy",
              "ingest",
              "ingest.format",
              "ingest.http",
              "ingest.mqtt",
              "ingest.udp",
              "journal",
              "migration",
              "migration.phase",
              "migration.parity",
              "migration.backfill",
              "migration.verify",
              "migration.cutover",
              "openapi",
              "query",
              "query.http",
              "reading",
              "store",
              "store.mysql",
              "store.mysql.embedded",
              "store.questdb",
              "store.questdb.engine",
              "store.questdb.remote",
              "journal.disk",
              "journal.kafka",
              "journal.move"),
          // It measures Sluice over HTTP like anything else, and shares nothing with it.
          mayImport("bench"),
          mayImport("cli.text", "api"),
          mayImport(
              "cli",
              "api",
              "cli.text",
              "admin",
              "audit",
              "bench",
              "config",
              "http.auth",
              "http.tls",
              "migration.phase",
              "server",
              "settings"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages(ROOT);

  @Test
  void importsOnlyInTheAgreedDirections() {
    List<String> violations = new ArrayList<>();
    for (JavaClass origin : CLASSES) {
      String from = part(origin);
      origin.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> (target.getPackageName() + ".").startsWith(ROOT + "."))
          .map(ArchitectureTest::part)
          .filter(to -> !to.equals(from) && !MAY_IMPORT.getOrDefault(from, Set.of()).contains(to))
          .forEach(to -> violations.add(origin.getName() + " uses package '" + to + "'"));
    }
    assertThat(violations).isEmpty();
  }

  @Test
  void listsEveryPackageAndNoOther() {
    assertThat(MAY_IMPORT.keySet()).isEqualTo(packages());
  }

  @Test
  void hasNoCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void readingNeedsOnlyTheJdk() {
    com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes()
        .that()
        .resideInAPackage(ROOT + ".reading..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", ROOT + ".reading..", "org.jspecify..")
        .check(CLASSES);
  }

  @Test
  void thePageNamesEveryPackageAndNoOther() throws IOException {
    Set<String> named = new TreeSet<>();
    List<String> path = new ArrayList<>();
    for (String line : tree()) {
      String name = line.strip().split(" ", 2)[0];
      int depth = (line.length() - line.stripLeading().length()) / 2;
      path.subList(depth, path.size()).clear();
      path.add(name);
      named.add(String.join(".", path));
    }

    assertThat(named)
        .isEqualTo(
            packages().stream().filter(part -> !part.equals(MAIN)).collect(Collectors.toSet()));
  }

  /** The lines of the page's first code block. */
  private static List<String> tree() throws IOException {
    return Files.readAllLines(PAGE).stream()
        .dropWhile(line -> !line.startsWith("```"))
        .skip(1)
        .takeWhile(line -> !line.startsWith("```"))
        .filter(line -> !line.isBlank())
        .toList();
  }

  private Set<String> packages() {
    return CLASSES.stream()
        .map(ArchitectureTest::part)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map.Entry<String, Set<String>> mayImport(String from, String... others) {
    return Map.entry(from, Set.of(others));
  }

  private static String part(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? MAIN : name.substring(ROOT.length() + 1);
  }
}
