package dev.sluice;

import dev.sluice.cli.Cli;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Entry point of the jar. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    // Libraries that log through java.util.logging come out with everything else.
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Cli cli =
        new Cli(Application::run, new StoreMigrations(), System.getenv(), System.out, System.err);
    System.exit(cli.run(args));
  }
}
