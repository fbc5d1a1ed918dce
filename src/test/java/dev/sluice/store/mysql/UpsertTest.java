package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UpsertTest {
  @Test
  void writesTemperaturesToTempAndAllElseToValue() {
    ReadingBatch batch = batch(new Reading("d", "temp", 0, 21.5), new Reading("d", "tem", 1, -0.0));
    Upsert upsert = new Upsert(true, 1 << 20);

    int next = upsert.write(batch, new int[] {0, 1}, 0, 2);

    assertThat(next).isEqualTo(2);
    assertThat(upsert.sql())
        .isEqualTo(
            "INSERT INTO sensor_data (device_id, created_at, metric, temp, value) VALUES"
                + " ('d','1970-01-01 00:00:00.000000','temp',21.5E0,NULL),"
                + "('d','1970-01-01 00:00:00.000001','tem',NULL,-0.0E0)"
                + " AS new ON DUPLICATE KEY UPDATE temp = new.temp, value = new.value");
  }

  @Test
  void quotesWhatEndsOrEscapesAString() {
    ReadingBatch batch = batch(new Reading("it's \\'; --", "\\", 0, 1e300));
    Upsert upsert = new Upsert(false, 1 << 20);

    upsert.write(batch, new int[] {0}, 0, 1);

    assertThat(upsert.sql())
        .contains("('it''s \\\\''; --','1970-01-01 00:00:00.000000','\\\\',NULL,1.0E300)")
        .endsWith(" ON DUPLICATE KEY UPDATE temp = VALUES(temp), value = VALUES(value)");
  }

  @Test
  void staysBelowTheLongestStatementAndLeavesNothingOut() {
    Reading longest = new Reading("'".repeat(128), "\\".repeat(255), 0, -Double.MIN_NORMAL);
    Reading[] readings = new Reading[100];
    java.util.Arrays.fill(readings, longest);
    ReadingBatch batch = batch(readings);
    int[] rows = IntStream.range(0, 100).toArray();
    Upsert upsert = new Upsert(true, 4000);

    int statements = 0;
    for (int at = 0; at < 100; statements++) {
      int next = upsert.write(batch, rows, at, 100);
      assertThat(next).isGreaterThan(at);
      assertThat(upsert.lengthBytes()).isLessThanOrEqualTo(4000);
      assertThat(upsert.sql().split("\\),\\(")).hasSize(next - at);
      at = next;
    }
    assertThat(statements).isBetween(20, 40);
  }

  @Test
  void writesAtLeastOneRowHoweverSmallTheLimit() {
    ReadingBatch batch = batch(new Reading("d", "m", 0, 1), new Reading("d", "m", 1, 1));

    assertThat(new Upsert(true, 1).write(batch, new int[] {0, 1}, 0, 2)).isEqualTo(1);
  }

  static ReadingBatch batch(Reading... readings) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    for (Reading reading : readings) {
      batch.add(reading);
    }
    return batch;
  }
}
