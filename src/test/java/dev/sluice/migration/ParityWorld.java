package dev.sluice.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.VerifyStatus;
import dev.sluice.migration.parity.HourParity;
import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.phase.Role;
import dev.sluice.migration.verify.StoreVerify;
import dev.sluice.migration.verify.Verify;
import dev.sluice.migration.verify.VerifyConfig;
import dev.sluice.reading.Reading;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Two stores in memory behind a real journal and real deliveries, and verify over them. */
public final class ParityWorld implements AutoCloseable {
  /** An hour to put readings into. */
  public static final long HOUR = Hours.parse("2026-11-20T10");

  public final SteppedClock clock = new SteppedClock();
  public final TableInMemory mysql = new TableInMemory("mysql", 1);
  public final TableInMemory questDb = new TableInMemory("questdb", 2);
  public final Path directory;
  public final ParityMap parity;
  final VerifyConfig config;
  public final StoreVerify verify;
  public volatile boolean legacyIsTruth = true;

  public final LiveStores stores;

  public ParityWorld(Path data) throws IOException {
    this(data, 1 << 20, 100);
  }

  public ParityWorld(Path data, long maxMismatchBytes, int maxOfOneTs) throws IOException {
    directory = data.resolve("verify");
    parity = ParityMap.open(directory, Successor.NOBODY, clock);
    stores =
        new LiveStores(
            data,
            new LiveStores.Ports(mysql, mysql, questDb, questDb, questDb, questDb),
            parity,
            clock);
    config =
        new VerifyConfig(
            directory,
            maxMismatchBytes,
            Duration.ofSeconds(5),
            Duration.ofMinutes(15),
            maxOfOneTs,
            Duration.ZERO);
    verify = new StoreVerify(config, parity, stores, clock, () -> legacyIsTruth);
  }

  /** Puts it into both stores, as if it had long been there. */
  public void both(String device, long ts, double value) {
    mysql.put(device, ts, value);
    questDb.put(device, ts, value);
  }

  /** Acknowledges it. */
  public void ingest(String device, long ts, double value) {
    stores.append(new Reading(device, "temp", ts, value));
  }

  public void awaitDelivered() {
    stores.awaitDelivered();
  }

  /** Runs to the end, whichever. */
  public VerifyStatus run(Verify.Scope scope) {
    try {
      verify.start(scope);
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
    return awaitEnd();
  }

  public VerifyStatus awaitEnd() {
    await().atMost(Duration.ofMinutes(2)).until(() -> !verify.status().state().equals("running"));
    return verify.status();
  }

  public VerifyStatus run() {
    return run(Verify.Scope.NEEDED);
  }

  /** {@code class device ts-within-the-day} of every mismatch in the files, ordered. */
  public List<String> mismatches() {
    List<String> found = new ArrayList<>();
    eachMismatch(line ->
        found.add(
            line.getString("class")
                + " "
                + line.getString("device_id")
                + " "
                + line.getString("ts")));
    return found.stream().sorted().toList();
  }

  void eachMismatch(Consumer<JsonObject> each) {
    for (Path file : mismatchFiles()) {
      try {
        for (String line : Files.readAllLines(file)) {
          try (JsonReader reader = Json.createReader(new StringReader(line))) {
            each.accept(reader.readObject());
          }
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  public Path takenOut() {
    return directory.resolve("taken-out.ndjson");
  }

  public List<Path> mismatchFiles() {
    Path mismatches = directory.resolve("mismatches");
    if (!Files.exists(mismatches)) {
      return List.of();
    }
    try (var files = Files.list(mismatches)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  public String state(long hour) {
    return parity.hour(hour).map(HourParity::state).orElse("unknown");
  }

  /** The mirror is left. */
  public void leave() {
    stores.leave(Role.NEXT);
  }

  public Instant now() {
    return clock.instant();
  }

  @Override
  public void close() {
    try {
      assertThat(verify.stopAndWait(Duration.ofSeconds(10))).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    mysql.behind = false;
    questDb.behind = false;
    stores.close();
  }
}
