package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestPorts;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The production jar with both embedded stores and a umask that hides nothing. */
@EnabledOnOs(OS.LINUX)
@Tag("long")
class PrivateDataIT {
  private static final List<String> WITHOUT_UMASK =
      List.of("sh", "-c", "umask 000 && exec \"$@\"", "sh");
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.complementOf(EnumSet.copyOf(PosixFilePermissions.fromString("rwx------")));

  @TempDir Path directory;
  private Path data;
  private SluiceProcess sluice;

  @BeforeEach
  void start() {
    data = directory.resolve("data");
    sluice =
        SluiceProcess.start(
            directory,
            WITHOUT_UMASK,
            "up",
            List.of(
                "data.dir=" + data,
                "ingest.port=0",
                "admin.port=0",
                "questdb.console-port=" + TestPorts.free(),
                "questdb.pg-port=0"));
  }

  @AfterEach
  void stop() {
    sluice.close();
  }

  @Test
  void leavesNothingInTheDataFolderToOthers() throws Exception {
    assertThat(
            sluice
                .post(
                    "/write", "text/plain", "t,device=a v=1 1795300000000000000\nt,device=b v=2\n")
                .statusCode())
        .isEqualTo(204);
    // Beyond the table's last day, so that the engine makes partitions when it applies them.
    assertThat(
            sluice
                .post("/write", "text/plain", "t,device=a v=1 1695300000000000000\n")
                .statusCode())
        .isEqualTo(204);
    sluice.status().getJsonObject("sinks").keySet().forEach(sluice::awaitCaughtUp);
    consoleAnswers("SELECT count() FROM readings", 200);

    assertThat(openToOthers()).isEmpty();
    assertThat(sluice.terminate(Duration.ofMinutes(1))).isZero();
    assertThat(openToOthers()).isEmpty();
    assertThat(sluice.out())
        .contains("console-password=" + data.resolve("questdb").resolve("console-password"));
  }

  @Test
  void logsNoControlCharacterThatSomebodySent() throws Exception {
    String forged = "x\n2026-11-26T00:00:00.000Z ERROR [main] FORGED\u001b[2J\r\u0007";
    consoleAnswers("SELECT '" + forged + "' FROM " + forged, 400);
    consoleAnswers("SELECT * FROM \"" + forged + "\"", 400);
    sluice.post("/write?precision=" + encoded(forged), "text/plain", forged);
    sluice.post("/v1/readings", "application/json", "{\"device_id\":\"" + forged + "\",\"v\":1}");
    for (String name : List.of("ingest", "admin", "console")) {
      URI url = sluice.url(name);
      try (Socket socket = new Socket(url.getHost(), url.getPort())) {
        String request =
            "GET /\u001b[2J HTTP/1.1\r\nHost: a\u001b[2J\r\nAuthorization: Bearer \u001b[2J\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(UTF_8));
        socket.shutdownOutput();
        socket.setSoTimeout(10_000);
        try {
          socket.getInputStream().readAllBytes();
        } catch (IOException e) {
          // A connection that is cut off is an answer, too.
        }
      }
    }
    assertThat(sluice.terminate(Duration.ofMinutes(1))).isZero();

    assertThat(sluice.log().lines())
        .isNotEmpty()
        .noneMatch(line -> line.replace("\t", "").chars().anyMatch(Character::isISOControl))
        .noneMatch(line -> line.matches("\\S+ ERROR \\[main] FORGED.*"));
  }

  private void consoleAnswers(String query, int status) throws Exception {
    String password = Files.readString(data.resolve("questdb/console-password")).strip();
    String login =
        "Basic " + Base64.getEncoder().encodeToString(("sluice:" + password).getBytes(UTF_8));
    URI url = sluice.url("console");
    await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> {
          try (Socket socket = new Socket(url.getHost(), url.getPort())) {
            String request =
                "GET /exec?query=%s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n\r\n"
                    .formatted(encoded(query), url.getAuthority(), login);
            socket.getOutputStream().write(request.getBytes(UTF_8));
            socket.setSoTimeout(10_000);
            byte[] answer = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
            return new String(answer, UTF_8).endsWith(" " + status);
          }
        });
  }

  private static String encoded(String text) {
    return java.net.URLEncoder.encode(text, UTF_8);
  }

  private List<String> openToOthers() throws IOException {
    try (Stream<Path> paths = Files.walk(data)) {
      return paths
          .filter(path -> !Files.isSymbolicLink(path))
          .filter(PrivateDataIT::isOpen)
          .map(Path::toString)
          .toList();
    }
  }

  /** What is deleted meanwhile is open to nobody. */
  private static boolean isOpen(Path path) {
    try {
      return Files.getPosixFilePermissions(path).stream().anyMatch(OTHERS::contains);
    } catch (IOException e) {
      return false;
    }
  }
}
