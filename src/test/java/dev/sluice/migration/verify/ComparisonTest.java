package dev.sluice.migration.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.migration.TableInMemory;
import dev.sluice.migration.parity.MismatchClass;
import dev.sluice.reading.Identity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
  private static final long FROM = 1_000;
  private static final long TO = 1_400;
  private static final int ROUNDS = 40 * Integer.getInteger("sluice.test.seeds", 2);
  private static final List<MismatchClass> KINDS = List.of(MismatchClass.values());

  @Test
  void tellsExactlyThePlantedDifferencesWhateverTheTables() throws Exception {
    long seed = System.nanoTime();
    for (int round = 0; round < ROUNDS; round++) {
      compareRandomTables(new Random(seed + round), "seed " + (seed + round));
    }
  }

  private static void compareRandomTables(Random random, String seed) throws Exception {
    TableInMemory left = new TableInMemory("mysql", random.nextLong());
    TableInMemory right = new TableInMemory("questdb", random.nextLong());
    Map<Identity, MismatchClass> planted = new TreeMap<>(Difference.ORDER);
    Set<Identity> used = new HashSet<>();
    int times = 1 + random.nextInt(400);
    int devices = 1 + random.nextInt(60);
    double share = random.nextDouble() * 0.3;
    for (int i = 0; i < 1_000; i++) {
      // Some outside the range, which must not be told of.
      long ts = FROM - 50 + random.nextInt(times + 100);
      String device = "s-" + random.nextInt(devices);
      double value = random.nextInt(1_000_000);
      Identity identity = new Identity(device, "temp", ts);
      if (!used.add(identity)) {
        continue;
      }
      MismatchClass kind = KINDS.get(random.nextInt(KINDS.size()));
      boolean differs = random.nextDouble() < share;
      if (!differs || kind != MismatchClass.EXTRA) {
        left.put(device, ts, value + 0.1);
      }
      if (!differs || kind != MismatchClass.MISSING) {
        right.put(device, ts, differs ? other(kind, value + 0.1) : value + 0.1);
      }
      if (differs && ts >= FROM && ts < TO) {
        planted.put(identity, kind);
      }
    }
    List<Difference> found = new ArrayList<>();

    left.lanes = 1 + random.nextInt(3);
    right.lanes = 1 + random.nextInt(2);
    long half = FROM + random.nextInt((int) (TO - FROM));
    Comparison comparison = new Comparison(left, right, 1 + random.nextInt(20), beat -> {});
    long leftRows;
    long rightRows;
    try (Both both = comparison.open(new Pieces(FROM, TO, 1 + random.nextInt(500), 1))) {
      Comparison.Rows first = comparison.compare(both, half, found::add);
      assertThat(both.reaches(half, TO)).as(seed).isTrue();
      assertThat(both.reaches(FROM, TO)).as(seed).isEqualTo(half == FROM);
      Comparison.Rows second = comparison.compare(both, TO, found::add);
      leftRows = first.left() + second.left();
      rightRows = first.right() + second.right();
    }
    Comparison.Rows rows = new Comparison.Rows(leftRows, rightRows);

    Map<Identity, MismatchClass> told = new TreeMap<>(Difference.ORDER);
    found.forEach(difference -> told.put(difference.identity(), difference.kind()));
    assertThat(told).as(seed).isEqualTo(planted);
    assertThat(found)
        .as("once each, in order, %s", seed)
        .extracting(Difference::identity)
        .containsExactlyElementsOf(planted.keySet());
    assertThat(rows).as(seed).isEqualTo(new Comparison.Rows(within(left), within(right)));
  }

  private static double other(MismatchClass kind, double value) {
    return switch (kind) {
      case VALUE -> value + 1_000;
      case PRECISION -> Math.nextUp(value);
      case MISSING, EXTRA -> value;
    };
  }

  private static long within(TableInMemory table) {
    return table.rows().keySet().stream()
        .filter(key -> key.tsMicros() >= FROM && key.tsMicros() < TO)
        .count();
  }

  @ParameterizedTest
  @CsvSource({
    "0.1, 0.10000000149011612, PRECISION",
    "0.0, -0.0, PRECISION",
    "21.5, 21.500001, PRECISION",
    "21.5, 21.51, VALUE",
    "1e300, 2e300, VALUE",
    "1e300, -1e300, VALUE",
    "1, -1, VALUE",
    "0, 1e-3, VALUE",
  })
  void tellsAValueThatIsOnlyLessPreciseFromADifferentOne(
      double mysql, double questDb, MismatchClass kind) {
    assertThat(MismatchClass.ofValues(mysql, questDb)).isEqualTo(kind);
    assertThat(MismatchClass.ofValues(questDb, mysql)).isEqualTo(kind);
  }

  @Test
  void beatsForEveryRowItCompares() throws Exception {
    TableInMemory left = new TableInMemory("mysql", 1);
    TableInMemory right = new TableInMemory("questdb", 2);
    for (int i = 0; i < 3_000; i++) {
      left.put("s-" + i % 7, FROM + i / 10, i);
      right.put("s-" + i % 7, FROM + i / 10, i);
    }
    long[] beaten = new long[2];

    Comparison.Rows rows =
        new Comparison(
                left,
                right,
                1_000,
                beat -> {
                  beaten[0] += beat;
                  beaten[1]++;
                })
            .compare(0, 1 << 20, difference -> {});

    assertThat(beaten[0]).isGreaterThanOrEqualTo(rows.left());
    assertThat(beaten[1]).isGreaterThan(2);
  }
}
