package dev.sluice.testing;

import dev.sluice.reading.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The table a team has had for years: {@code sensor_data} as the old service made it, before any
 * migration. Rows are a function of their number, so that a test knows them without asking the
 * table. Immutable.
 *
 * @param rows how many, one each 1.728 s from 2026-01-01 on, so 50,000 a day
 */
public record LegacyTable(TestMysql mysql, int rows) {
  private static final long FIRST_MICROS = 1_767_225_600_000_000L;
  private static final long STEP_MICROS = 1_728_000;
  private static final int DEVICES = 5_000;
  private static final String DIGITS =
      IntStream.range(1, 10)
          .mapToObj(digit -> " UNION ALL SELECT " + digit)
          .collect(Collectors.joining("", "(SELECT 0 AS d", ")"));

  /** Makes the table and fills it on the server. */
  public static LegacyTable create(TestMysql mysql, int rows) {
    mysql.execute(
        "CREATE TABLE sensor_data (id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64),"
            + " temp DOUBLE, created_at DATETIME(6)) CHARACTER SET utf8mb4 COLLATE"
            + " utf8mb4_general_ci",
        "INSERT INTO sensor_data (device_id, temp, created_at) SELECT CONCAT('legacy-', n % "
            + DEVICES
            + "), (n % 1000) / 10, '2026-01-01' + INTERVAL n * "
            + STEP_MICROS
            + " MICROSECOND FROM (SELECT "
            + number(rows)
            + ") AS numbers WHERE n < "
            + rows
            + " ORDER BY n");
    return new LegacyTable(mysql, rows);
  }

  /** Every row, as a reading. */
  public void each(Consumer<Reading> reading) {
    for (int n = 0; n < rows; n++) {
      reading.accept(reading(n));
    }
  }

  /** Row {@code n}, counted from 0. */
  public Reading reading(int n) {
    return new Reading(
        "legacy-" + n % DEVICES, "temp", FIRST_MICROS + n * STEP_MICROS, n % 1000 / 10.0);
  }

  /** Selects the numbers n below {@code rows}, and no more than ten times as many. */
  private static String number(int rows) {
    List<String> sum = new ArrayList<>();
    List<String> tables = new ArrayList<>();
    int ten = 1;
    do {
      sum.add(ten + " * t" + ten + ".d");
      tables.add(DIGITS + " AS t" + ten);
      ten *= 10;
    } while (ten < rows);
    return String.join(" + ", sum) + " AS n FROM " + String.join(", ", tables);
  }
}
