package dev.sluice.store.questdb;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.StoreContract;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.engine.QuestDbSink;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM that writes reading after reading into an embedded QuestDB and says which it got in. */
public final class WriterProcess implements AutoCloseable {
  public static final String DEVICE = "killed";
  private static final String ACKNOWLEDGED = "acknowledged ";

  private final Process process;
  private final BufferedReader lines;

  private WriterProcess(Process process) {
    this.process = process;
    this.lines = process.inputReader();
  }

  public static WriterProcess start(Path directory) throws IOException {
    return new WriterProcess(
        ChildJvm.of(WriterProcess.class.getName(), directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  public List<Reading> awaitAcknowledged(int count) throws IOException {
    List<Reading> acknowledged = new ArrayList<>();
    while (acknowledged.size() < count) {
      String line = lines.readLine();
      if (line == null) {
        throw new AssertionError("the writer ended early");
      }
      parse(line, acknowledged);
    }
    return acknowledged;
  }

  /** Through the handle: the process itself would close its output, which is still to be read. */
  public void kill() throws InterruptedException {
    process.toHandle().destroyForcibly();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      throw new AssertionError("the writer survived its kill");
    }
  }

  /** What it acknowledged between the last line read and its end. */
  public List<Reading> rest() throws IOException {
    List<Reading> acknowledged = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      parse(line, acknowledged);
    }
    return acknowledged;
  }

  private static void parse(String line, List<Reading> acknowledged) {
    // A kill can cut the last line off.
    if (line.startsWith(ACKNOWLEDGED) && line.endsWith(".")) {
      int number = Integer.parseInt(line.substring(ACKNOWLEDGED.length(), line.length() - 1));
      acknowledged.add(reading(number));
    }
  }

  private static Reading reading(int number) {
    return new Reading(DEVICE, "m", number * 1_000_000L, number);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] args) throws Exception {
    QuestDbConfig config = TestConfigs.embedded(Path.of(args[0]));
    try (EmbeddedQuestDb database = EmbeddedQuestDb.open(config);
        QuestDbSink sink = new QuestDbSink(database, config)) {
      for (int number = 0; number < 1_000_000; number++) {
        ReadingBatch batch = StoreContract.batch(List.of(reading(number)));
        if (sink.write(batch) instanceof WriteResult.Written) {
          System.out.println(ACKNOWLEDGED + number + ".");
        }
      }
    }
  }
}
