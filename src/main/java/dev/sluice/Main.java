package dev.sluice;

import dev.sluice.cli.Cli;
import dev.sluice.cli.Launcher;
import dev.sluice.cli.Migrations;
import dev.sluice.config.Settings;
import java.io.PrintStream;

/** Entry point of the jar. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    LogBridge.install();
    Cli cli = new Cli(launcher(), migrations(), System.getenv(), System.out, System.err);
    System.exit(cli.run(args));
  }

  private static Launcher launcher() {
    return (settings, mode, out) -> {
      throw new AssertionError("to be wired with Application");
    };
  }

  private static Migrations migrations() {
    return new Migrations() {
      @Override
      public int migrate(Settings settings, PrintStream out) {
        throw new AssertionError("to be wired with the schema package");
      }

      @Override
      public int info(Settings settings, PrintStream out) {
        throw new AssertionError("to be wired with the schema package");
      }

      @Override
      public int validate(Settings settings, PrintStream out) {
        throw new AssertionError("to be wired with the schema package");
      }
    };
  }
}
