package dev.sluice.cli;

import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.Human;
import dev.sluice.cli.text.Terminal;
import dev.sluice.config.SettingsException;
import dev.sluice.server.Examination;
import dev.sluice.server.Launcher;
import dev.sluice.server.Migrations;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line: parses it, loads settings and runs the command. Exit codes: 0 done, 1 failed, 2
 * the command or a setting cannot be used as given. Confined to the main thread.
 */
public final class Cli {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  private final CommandLine commandLine;

  /**
   * @param environment variables that settings and commands may read
   * @param out for requested output: the ready line, reports
   * @param err for error messages
   */
  public Cli(
      Launcher launcher,
      Migrations migrations,
      Examination examination,
      Map<String, String> environment,
      PrintStream out,
      PrintStream err) {
    this(
        launcher,
        migrations,
        examination,
        new Surroundings(environment, System.in, out, Terminal.of(environment), Patience.USUAL),
        err);
  }

  /**
   * @param given lets tests replace the terminal and the waiting times
   */
  Cli(
      Launcher launcher,
      Migrations migrations,
      Examination examination,
      Surroundings given,
      PrintStream err) {
    Surroundings surroundings = given.plain();
    Map<String, String> environment = surroundings.environment();
    PrintStream out = surroundings.out();
    commandLine =
        new CommandLine(new Root())
            .addSubcommand(new UpCommand(launcher, environment, out))
            .addSubcommand(new ServeCommand(launcher, environment, out))
            .addSubcommand(new MigrateCommand(migrations, environment, out))
            .addSubcommand(new StatusCommand(surroundings))
            .addSubcommand(new CutoverCommand(surroundings))
            .addSubcommand(new RollbackCommand(surroundings))
            .addSubcommand(new BackfillCommand(surroundings))
            .addSubcommand(new VerifyCommand(surroundings))
            .addSubcommand(new DoctorCommand(examination, surroundings))
            .addSubcommand(new FleetCommand(surroundings))
            .addSubcommand(new TokensCommand(surroundings))
            .addSubcommand(new BenchCommand(surroundings))
            .addSubcommand(new AuditCommand(surroundings))
            .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(Cli::refuse)
            .setExecutionExceptionHandler(Cli::explain);
  }

  /** Runs one command and returns the exit code of the process. */
  public int run(String... args) {
    return commandLine.execute(args);
  }

  /** Prints one message only: the usage of a command, with all its settings, would bury it. */
  private static int refuse(CommandLine.ParameterException mistake, String[] args) {
    CommandLine command = mistake.getCommandLine();
    return report(
        command.getErr(),
        mistake.getMessage() + "; see: " + command.getCommandSpec().qualifiedName() + " --help",
        USAGE);
  }

  private static int explain(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    PrintWriter err = command.getErr();
    return switch (failure) {
      case SettingsException e -> report(err, e.getMessage(), USAGE);
      case UsageException e ->
          report(
              err,
              e.getMessage() + "; see: " + command.getCommandSpec().qualifiedName() + " --help",
              USAGE);
      case CommandException e -> report(err, e.getMessage(), FAILED);
      default -> {
        StringWriter stack = new StringWriter();
        failure.printStackTrace(new PrintWriter(stack));
        err.print(Human.plain(stack.toString()));
        yield report(err, "unexpected failure; please report it", FAILED);
      }
    };
  }

  private static int report(PrintWriter err, @Nullable String text, int code) {
    err.println("sluice: " + Human.plain(String.valueOf(text)));
    return code;
  }

  /** The bare command, which does nothing without a subcommand. */
  @Command(
      name = "sluice",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      synopsisSubcommandLabel = "COMMAND",
      description = "Receives sensor readings over HTTP and delivers them to MySQL and QuestDB.",
      footer = {"", "Start here: sluice up"})
  private static final class Root {}
}
