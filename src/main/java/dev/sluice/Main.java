package dev.sluice;

import dev.sluice.cli.Cli;
import dev.sluice.cli.Launcher;
import dev.sluice.cli.Migrations;
import dev.sluice.config.Settings;
import java.io.PrintStream;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Entry point of the jar. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    // Libraries that log through java.util.logging come out with everything else.
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
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
