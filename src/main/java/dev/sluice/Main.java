package dev.sluice;

import dev.sluice.cli.Cli;
import dev.sluice.server.Application;
import dev.sluice.server.OutsideExamination;
import dev.sluice.server.StoreMigrations;

/** Entry point of the jar. */
public final class Main {
  private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

  /**
   * Of virtual threads. A request that computes for milliseconds keeps its carrier from all others;
   * one more carrier than processors lets the kernel share them instead.
   */
  private static final int LEAST_CARRIERS = 4;

  private Main() {}

  public static void main(String[] args) {
    setCarriers();
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

  /** Before anything starts a virtual thread. */
  private static void setCarriers() {
    if (System.getProperty(CARRIERS) == null) {
      int carriers = Math.max(LEAST_CARRIERS, Runtime.getRuntime().availableProcessors());
      System.setProperty(CARRIERS, String.valueOf(carriers));
    }
  }
}
