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
import java.util.List;
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

  private static final List<String> COMMANDS =
      List.of(
          "up",
          "serve",
          "migrate",
          "status",
          "cutover",
          "rollback",
          "backfill",
          "verify",
          "doctor",
          "fleet",
          "tokens",
          "bench",
          "audit");

  private final Launcher launcher;
  private final Migrations migrations;
  private final Examination examination;
  private final Surroundings surroundings;
  private final PrintWriter out;
  private final PrintWriter err;

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
    this.launcher = launcher;
    this.migrations = migrations;
    this.examination = examination;
    this.surroundings = given.plain();
    this.out = new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8);
    this.err = new PrintWriter(err, true, StandardCharsets.UTF_8);
  }

  /** Runs one command and returns the exit code of the process. */
  public int run(String... args) {
    CommandLine line = new CommandLine(new Root());
    for (String name : described(args)) {
      line.addSubcommand(name, command(name));
    }
    return line.setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Cli::refuse)
        .setExecutionExceptionHandler(Cli::explain)
        .execute(args);
  }

  /**
   * All commands, or only the one to be run: describing one with its options takes picocli long
   * enough to be felt.
   */
  private static List<String> described(String... args) {
    return args.length > 0 && COMMANDS.contains(args[0]) ? List.of(args[0]) : COMMANDS;
  }

  private Object command(String name) {
    Map<String, String> environment = surroundings.environment();
    return switch (name) {
      case "up" -> new UpCommand(launcher, environment, surroundings.out());
      case "serve" -> new ServeCommand(launcher, environment, surroundings.out());
      case "migrate" -> new MigrateCommand(migrations, environment, surroundings.out());
      case "status" -> new StatusCommand(surroundings);
      case "cutover" -> new CutoverCommand(surroundings);
      case "rollback" -> new RollbackCommand(surroundings);
      case "backfill" -> new BackfillCommand(surroundings);
      case "verify" -> new VerifyCommand(surroundings);
      case "doctor" -> new DoctorCommand(examination, surroundings);
      case "fleet" -> new FleetCommand(surroundings);
      case "tokens" -> new TokensCommand(surroundings);
      case "bench" -> new BenchCommand(surroundings);
      case "audit" -> new AuditCommand(surroundings);
      default -> throw new AssertionError("no command is called " + name);
    };
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
      description =
          "Takes in sensor readings over HTTP, MQTT and UDP, and delivers them to MySQL and QuestDB.",
      footer = {"", "Start here: sluice up"})
  private static final class Root {}
}
