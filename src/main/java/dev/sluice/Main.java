package dev.sluice;

import dev.sluice.cli.Cli;
import dev.sluice.server.Application;
import dev.sluice.server.OutsideExamination;
import dev.sluice.server.StoreMigrations;

/** Entry point of the jar. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    LogBridge.install();
    Cli cli =
        new Cli(
            Application::run,
            new StoreMigrations(),
            new OutsideExamination(),
            System.getenv(),
            System.out,
            System.err);
    System.exit(cli.run(args));
  }
}
