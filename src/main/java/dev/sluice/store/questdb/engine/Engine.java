package dev.sluice.store.questdb.engine;

import io.questdb.cairo.CairoConfiguration;
import io.questdb.cairo.CairoEngine;
import io.questdb.griffin.FunctionFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * QuestDB's engine without the functions of its SQL that reach beyond its tables: into files of the
 * machine, which it reads with Sluice's rights, or into the engine itself. A statement with one of
 * them is refused as one with an unknown function is. Nothing in Sluice uses them.
 */
final class Engine extends CairoEngine {
  /** Names, as statements write them. */
  private static final Set<String> WITHHELD_NAMES =
      Set.of(
          // Files.
          "read_parquet",
          "parquet_scan",
          "files",
          "import_files",
          "export_files",
          // The engine: for administrators, and for QuestDB's own tests.
          "reload_config",
          "simulate_crash",
          "flush_query_cache",
          "hydrate_table_metadata",
          "touch",
          "sleep");

  /** Signatures, where the same name also has a harmless meaning: {@code glob} compares texts. */
  private static final Set<String> WITHHELD_SIGNATURES = Set.of("glob(s)");

  Engine(CairoConfiguration configuration) {
    super(configuration);
  }

  /** Called by the constructor of the engine. */
  @Override
  protected Iterable<FunctionFactory> getFunctionFactories() {
    List<FunctionFactory> offered = new ArrayList<>();
    for (FunctionFactory function : super.getFunctionFactories()) {
      if (!withheld(function.getSignature())) {
        offered.add(function);
      }
    }
    return offered;
  }

  private static boolean withheld(String signature) {
    String name = signature.substring(0, signature.indexOf('(')).toLowerCase(Locale.ROOT);
    return WITHHELD_NAMES.contains(name) || WITHHELD_SIGNATURES.contains(signature);
  }
}
