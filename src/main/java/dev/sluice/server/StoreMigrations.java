package dev.sluice.server;

import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import dev.sluice.settings.Settings;
import dev.sluice.store.MigrateResult;
import dev.sluice.store.MigrationInfo;
import dev.sluice.store.StoreSchema;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlSchema;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.remote.RemoteQuestDb;
import java.io.IOException;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * {@code sluice migrate}: migrates the schemas of the stores that the phase writes, MySQL's first.
 * The phase is the one kept in the data directory, or, for a new directory, the initial one. A
 * store that the phase does not write is not even connected to, but listed as left alone. Confined
 * to one thread. Opens an embedded QuestDB if needed, which requires exclusive use of the data
 * directory.
 */
public final class StoreMigrations implements Migrations {
  private static final int OK = 0;
  private static final int FAILED = 1;

  private static final String NEW = "cutover.initial-phase of a new data.dir";

  /** What is done to one store's schema; returns an exit code. */
  @FunctionalInterface
  private interface Action {
    int on(String store, StoreSchema schema) throws IOException;
  }

  @Override
  public int migrate(Settings settings, PrintStream out) {
    return each(
        settings,
        out,
        (store, schema) ->
            switch (schema.migrate()) {
              case MigrateResult.Migrated(List<MigrationInfo> applied) -> {
                applied.forEach(migration -> out.println(store + ": applied " + migration));
                out.println(store + ": up to date");
                yield OK;
              }
              case MigrateResult.Failed(String reason) -> {
                out.println(reason);
                yield FAILED;
              }
            });
  }

  @Override
  public int info(Settings settings, PrintStream out) {
    return each(
        settings,
        out,
        (store, schema) -> {
          for (MigrationInfo migration : schema.info()) {
            out.printf("%-8s %-9s %s%n", store, migration.state().label(), migration);
          }
          return OK;
        });
  }

  @Override
  public int validate(Settings settings, PrintStream out) {
    return each(
        settings,
        out,
        (store, schema) -> {
          Optional<String> problem = schema.state().problem();
          out.println(problem.orElse(store + ": up to date"));
          return problem.isEmpty() ? OK : FAILED;
        });
  }

  @Override
  public int repair(Settings settings, PrintStream out) {
    return each(settings, out, (store, schema) -> tell(store, schema.repair(), out));
  }

  @Override
  public int baseline(Settings settings, PrintStream out) {
    return each(settings, out, (store, schema) -> tell(store, schema.baseline(), out));
  }

  private static int tell(String store, List<String> done, PrintStream out) {
    done.forEach(line -> out.println(store + ": " + line));
    if (done.isEmpty()) {
      out.println(store + ": nothing to do");
    }
    return OK;
  }

  private static int each(Settings settings, PrintStream out, Action action) {
    try {
      Optional<PhaseRecord> kept = KeptPhase.of(settings);
      Phase phase = kept.map(PhaseRecord::phase).orElse(settings.initialPhase());
      tellWhatIsLeftAlone(
          phase, kept.isPresent() ? "kept in " + KeptPhase.place(settings) : NEW, out);
      int result = phase.writes(Role.LEGACY) ? mysql(settings, phase, out, action) : OK;
      return phase.writes(Role.NEXT) ? Math.max(result, questDb(settings, action)) : result;
    } catch (IOException e) {
      out.println(e.getMessage());
      return FAILED;
    }
  }

  private static void tellWhatIsLeftAlone(Phase phase, String origin, PrintStream out) {
    String why = "skipped: phase %s (%s) does not write it".formatted(phase.label(), origin);
    if (!phase.writes(Role.LEGACY)) {
      out.println("mysql: " + why);
    }
    if (!phase.writes(Role.NEXT)) {
      out.println("questdb: " + why + "; the change to phase mirror migrates it");
    }
  }

  private static int mysql(Settings settings, Phase phase, PrintStream out, Action action)
      throws IOException {
    Optional<MysqlConfig> configured = settings.mysql();
    if (configured.isEmpty()) {
      out.println(
          "mysql.url is not set, but the phase in force, %s, kept in %s, writes MySQL: set it"
              .formatted(phase.label(), KeptPhase.place(settings)));
      return FAILED;
    }
    MysqlConfig config = configured.orElseThrow();
    return action.on("mysql", new MysqlSchema(config.url(), config.user(), config.password()));
  }

  private static int questDb(Settings settings, Action action) throws IOException {
    QuestDbConfig config = settings.questDb().withoutServers();
    if (config.mode() == QuestDbConfig.Mode.REMOTE) {
      try (RemoteQuestDb database = new RemoteQuestDb(config)) {
        return action.on("questdb", new QuestDbSchema(database::execute, database::query));
      }
    }
    // Two engines on one directory would destroy it, and the journal's lock is the directory's.
    DiskJournal locked = DiskJournal.open(settings.journal(), InstantSource.system());
    try (EmbeddedQuestDb database = EmbeddedQuestDb.open(config)) {
      return action.on(
          "questdb", new QuestDbSchema(database.sql()::execute, database.sql()::query));
    } finally {
      locked.close();
    }
  }
}
