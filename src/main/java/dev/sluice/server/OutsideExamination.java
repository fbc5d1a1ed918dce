package dev.sluice.server;

import dev.sluice.api.DoctorReport;
import dev.sluice.doctor.Doctor;
import dev.sluice.doctor.Patient;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import dev.sluice.settings.Settings;
import dev.sluice.store.StoreCheckup;
import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import dev.sluice.store.mysql.MysqlCheckup;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlSchema;
import dev.sluice.store.questdb.QuestDbCheckup;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.remote.RemoteQuestDb;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code sluice doctor} where no Sluice answers: the machine, the settings, and the servers that
 * the phase writes, unless this node leaves them to others. The phase is the one kept, or the
 * initial one. An embedded QuestDB is left alone, because opening it would apply what waits in its
 * log. Confined to one thread.
 */
public final class OutsideExamination implements Examination {
  @Override
  public DoctorReport examine(Settings settings) {
    List<Patient> patients = new ArrayList<>();
    if (!settings.node().delivers()) {
      return examined(settings, patients);
    }
    QuestDbConfig next = settings.questDb().withoutServers();
    // A server that is not asked is not connected to.
    try (RemoteQuestDb server = new RemoteQuestDb(next)) {
      Phase phase = phase(settings);
      if (phase.writes(Role.LEGACY)) {
        patients.add(mysql(settings));
      }
      if (phase.writes(Role.NEXT)) {
        patients.add(questDb(next, server));
      }
      return examined(settings, patients);
    } catch (IOException e) {
      // The phase is lost: which stores are needed is unknown.
      StoreCheckup lost =
          () -> {
            throw e;
          };
      return examined(settings, List.of(new Patient("phase", lost, Optional.empty())));
    }
  }

  private static DoctorReport examined(Settings settings, List<Patient> stores) {
    List<Patient> patients = JournalPatient.and(stores, settings);
    return Doctor.ofCommand(settings.doctor(), InstantSource.system(), () -> patients).report();
  }

  private static Phase phase(Settings settings) throws IOException {
    return KeptPhase.of(settings).map(PhaseRecord::phase).orElse(settings.initialPhase());
  }

  private static Patient mysql(Settings settings) {
    Optional<MysqlConfig> configured = settings.mysql();
    if (configured.isEmpty()) {
      StoreFact privateServer =
          new StoreFact(
              "server",
              Verdict.UNKNOWN,
              "mysql.url is not set: sluice up starts a private server, serve needs one",
              "mysql.url",
              "phase mysql and mirror write MySQL",
              "");
      return new Patient("mysql", () -> List.of(privateServer), Optional.empty());
    }
    MysqlConfig config = configured.orElseThrow();
    return new Patient(
        "mysql",
        new MysqlCheckup(config),
        Optional.of(new MysqlSchema(config.url(), config.user(), config.password())));
  }

  private static Patient questDb(QuestDbConfig config, RemoteQuestDb server) {
    return config.mode() == QuestDbConfig.Mode.EMBEDDED
        ? new Patient("questdb", QuestDbCheckup.notOpen(), Optional.empty())
        : new Patient(
            "questdb",
            new QuestDbCheckup(server, config.mode()),
            Optional.of(new QuestDbSchema(server::execute, server::query)));
  }
}
