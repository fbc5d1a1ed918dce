package dev.sluice.doctor;

import dev.sluice.store.SchemaState;
import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Asks stores, through their port, and words what they answer. */
final class StoreChecks {
  private static final String GROUP = "stores";

  private StoreChecks() {}

  static List<Finding> of(List<Patient> patients) {
    List<Finding> findings = new ArrayList<>();
    for (Patient patient : patients) {
      findings.addAll(facts(patient));
      patient.schema().ifPresent(schema -> findings.add(schema(patient.name(), schema)));
    }
    return findings;
  }

  private static List<Finding> facts(Patient patient) {
    try {
      return patient.checkup().facts().stream().map(fact -> of(patient.name(), fact)).toList();
    } catch (IOException e) {
      Check check =
          new Check(
              GROUP,
              patient.name(),
              "an answer",
              "while it is away its readings wait in the journal, until that is full");
      return List.of(
          check.broken(String.valueOf(e.getMessage()), "start it, and check its url and user"));
    }
  }

  private static Finding of(String store, StoreFact fact) {
    Check check = new Check(GROUP, store + " " + fact.name(), fact.wanted(), fact.why());
    return switch (fact.verdict()) {
      case FINE -> check.ok(fact.seen());
      case UNKNOWN -> check.unknown(fact.seen());
      case ADVICE -> check.advice(fact.seen(), fact.mend());
      case BROKEN -> check.broken(fact.seen(), fact.mend());
    };
  }

  private static Finding schema(String store, StoreSchema schema) {
    Check check =
        new Check(
            GROUP,
            store + " schema",
            "every migration of this version applied, with its keys and indexes",
            "Sluice does not write to another schema; without the index by time, backfill and"
                + " verify do not run");
    SchemaState state = schema.state();
    String problem = state.problem().orElse("");
    return switch (state) {
      case SchemaState.UpToDate upToDate -> check.ok("up to date, version " + upToDate.version());
      case SchemaState.Lacking lacking -> check.advice(problem, "./sluice migrate");
      case SchemaState.Unreachable unreachable -> check.unknown(problem);
      case SchemaState.Pending pending -> check.broken(problem, "./sluice migrate");
      case SchemaState.Changed changed -> check.broken(problem, "./sluice migrate validate");
      case SchemaState.Ahead ahead -> check.broken(problem, "run the newer version of Sluice");
      case SchemaState.Foreign foreign ->
          check.broken(problem, "as the text says; MIGRATION.md has the statements");
    };
  }
}
