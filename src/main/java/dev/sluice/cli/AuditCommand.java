package dev.sluice.cli;

import dev.sluice.audit.AuditChain;
import dev.sluice.audit.AuditChain.Findings;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.Human;
import dev.sluice.config.SettingsException;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.server.KeptPhase;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Checks the audit file. Reads files and, where nodes share the phase, the topic that keeps it;
 * asks no running Sluice.
 */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Checks that no line of the audit file was changed, removed, added or moved, and that the phase in force was set"
          + " by a change that is recorded there. Full files beside it (audit-1.ndjson and so on) are part of it.",
      "With journal.kind=kafka the phase is in the control topic, and each node has an audit file of its own: the change is"
          + " in that of the node that led then. Run this on each node."
    },
    footer = {
      "",
      "Lines cut off at the end leave a file that fits: note the last hash that this prints on another machine, and pass it"
          + " to --holds the next time.",
      "",
      "Exit codes: 0 all fits; 1 it does not, or cannot be read; 2 the command cannot be used as given."
    })
final class AuditCommand implements Callable<Integer> {
  /** What to do. */
  private enum Action {
    VERIFY
  }

  private final Surroundings surroundings;

  @Mixin private final SettingsOptions settings;

  @Parameters(index = "0", paramLabel = "ACTION", description = "verify: the only one.")
  private Action action = Action.VERIFY;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description =
          "Audit file; default: audit.file of the settings. A phase.json beside it is checked too, unless nodes share the phase.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--after",
      paramLabel = "HASH",
      description = "Hash of the last line of files that are archived elsewhere.")
  private Optional<String> after = Optional.empty();

  @Option(
      names = "--holds",
      paramLabel = "HASH",
      description = "Hash that one of the lines must have; repeatable.")
  private List<String> holds = List.of();

  AuditCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.settings = new SettingsOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    return switch (action) {
      case VERIFY -> verify() ? Cli.OK : Cli.FAILED;
    };
  }

  private boolean verify() throws SettingsException, CommandException {
    Settings loaded = settings.load(Mode.CLIENT);
    Path audited = file.orElseGet(() -> loaded.audit().file());
    try {
      Optional<PhaseRecord> phase = Optional.empty();
      Optional<String> unknown = Optional.empty();
      try {
        phase = phase(loaded);
      } catch (IOException e) {
        unknown = Optional.of("the phase in force cannot be read: " + e.getMessage());
      }
      Set<String> wanted = new HashSet<>(holds);
      phase.map(PhaseRecord::audit).filter(hash -> !hash.isEmpty()).ifPresent(wanted::add);
      Findings found = AuditChain.walk(audited, new AuditChain.Expected(after, wanted));
      show(found);
      boolean holdsAll = holds.stream().allMatch(hash -> isHeld(found, hash));
      boolean phaseFits = phase.isEmpty() || fits(found, phase.orElseThrow(), loaded);
      unknown.ifPresent(this::say);
      return found.fault().isEmpty() && holdsAll && phaseFits && unknown.isEmpty();
    } catch (NoSuchFileException e) {
      throw new CommandException(
          "there is no audit file "
              + audited
              + ": name it with --file, or the settings of the Sluice that wrote it with --config");
    } catch (IOException e) {
      throw new CommandException("the audit cannot be checked: " + e.getMessage());
    }
  }

  private Optional<PhaseRecord> phase(Settings loaded) throws IOException {
    if (KeptPhase.isShared(loaded)) {
      return KeptPhase.of(loaded);
    }
    Path data =
        file.map(given -> Objects.requireNonNull(given.toAbsolutePath().getParent()))
            .orElseGet(loaded::dataDirectory);
    return new PhaseStore(data).kept();
  }

  private void show(Findings found) {
    say("%s, in %s".formatted(Human.counted(found.lines(), "line"), found.files()));
    if (found.first() != null) {
      say("first %s, last %s".formatted(found.first(), found.last()));
      say("last hash " + found.lastHash());
    }
    say(
        "%s, %d of them without a result"
            .formatted(Human.counted(found.changes(), "change"), found.unfinished()));
    if (found.tornBytes() > 0) {
      say(
          "the last line is cut short (%d bytes): a crash; the next start mends it"
              .formatted(found.tornBytes()));
    }
    found
        .fault()
        .ifPresentOrElse(
            fault ->
                say(
                    "BROKEN: line %d of %s does not fit: %s"
                        .formatted(fault.line(), fault.file(), fault.reason())),
            () -> say("every line fits the one before"));
  }

  private boolean isHeld(Findings found, String hash) {
    boolean held = found.held().containsKey(hash);
    say((held ? "a line has the hash " : "BROKEN: no line that fits has the hash ") + hash);
    return held;
  }

  /** Whether the phase in force was set by a change that is recorded. */
  private boolean fits(Findings found, PhaseRecord phase, Settings loaded) throws IOException {
    String name = "phase " + phase.phase().label() + " of epoch " + phase.epoch();
    if (phase.audit().isEmpty()) {
      boolean first = phase.epoch() == 1;
      say(
          first
              ? name + " is the first, which the settings chose"
              : "BROKEN: %s names no line: %s was not written by a recorded change"
                  .formatted(
                      name, KeptPhase.isShared(loaded) ? KeptPhase.place(loaded) : "phase.json"));
      return first;
    }
    JsonObject line = found.held().get(phase.audit());
    if (line == null && after.isPresent()) {
      say(
          "%s was set by a line that is not here, so it may be archived: %s"
              .formatted(name, phase.audit()));
      return true;
    }
    if (line == null && isOfAnotherNode(phase, loaded)) {
      say(
          "%s was set on %s, whose audit file has the line %s: run sluice audit verify there"
              .formatted(
                  name,
                  phase.node().isEmpty() ? "the node that led then" : "node " + phase.node(),
                  phase.audit()));
      return true;
    }
    boolean fits = line != null && asksFor(line, phase);
    say(
        fits
            ? name + " was set by the recorded change " + phase.audit()
            : "BROKEN: "
                + name
                + " names a line that is not here, or is about something else: "
                + phase.audit());
    return fits;
  }

  /** Nobody knows whose a file is that lies somewhere. */
  private boolean isOfAnotherNode(PhaseRecord phase, Settings loaded) throws IOException {
    return KeptPhase.isShared(loaded)
        && (file.isPresent() || KeptPhase.node(loaded).filter(phase.node()::equals).isEmpty());
  }

  private static boolean asksFor(JsonObject line, PhaseRecord phase) {
    JsonObject given = line.getJsonObject("given");
    return given != null
        && given.getString("to", "").equals(phase.phase().label())
        && given.getString("report", "").equals(phase.report());
  }

  private void say(String text) {
    surroundings.out().println(Human.plain(text));
  }
}
