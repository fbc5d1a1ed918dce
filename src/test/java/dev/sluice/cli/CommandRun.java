package dev.sluice.cli;

import dev.sluice.api.DoctorReport;
import dev.sluice.cli.text.Terminal;
import dev.sluice.server.Examination;
import dev.sluice.server.Migrations;
import dev.sluice.settings.Settings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs commands against an admin port in this process and keeps what they print. */
final class CommandRun {
  static final Examination NOTHING_TO_MEND = settings -> new DoctorReport("ok", List.of());

  final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final int port;

  /** What is piped into the command. */
  String in = "";

  Examination examination = NOTHING_TO_MEND;
  private Terminal terminal = new Terminal(false, () -> 80);
  private Patience patience =
      new Patience(
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofMillis(1),
          Duration.ofHours(1),
          Duration.ofSeconds(10));

  CommandRun(int port) {
    this.port = port;
  }

  /** From here on a person looks at a screen this wide. */
  CommandRun onTerminal(int width) {
    terminal = new Terminal(true, () -> width);
    return this;
  }

  /** From here on nothing is waited for longer than this. */
  CommandRun impatient(Duration most) {
    patience = new Patience(most, most, most, Duration.ofMillis(1), Duration.ZERO, most);
    return this;
  }

  /** Runs this command line and returns its exit code. */
  int run(String... args) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    all.add("--set");
    all.add("admin.port=" + port);
    out.reset();
    err.reset();
    return new Cli(
            (settings, mode, stream) -> 0,
            new NoMigrations(),
            examination,
            new Surroundings(
                environment,
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true),
                terminal,
                patience),
            new PrintStream(err, true))
        .run(all.toArray(String[]::new));
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  static class NoMigrations implements Migrations {
    @Override
    public int migrate(Settings settings, PrintStream stream) {
      return 0;
    }

    @Override
    public int info(Settings settings, PrintStream stream) {
      return 0;
    }

    @Override
    public int validate(Settings settings, PrintStream stream) {
      return 0;
    }

    @Override
    public int repair(Settings settings, PrintStream stream) {
      return 0;
    }

    @Override
    public int baseline(Settings settings, PrintStream stream) {
      return 0;
    }
  }
}
