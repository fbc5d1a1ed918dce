package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PartitionWalkTest {
  private record Piece(long from, long to) {}

  @Test
  void beginsWithOnePartitionAndDoubles() {
    long[] begins = {10, 20, 30, 40, 50};

    assertThat(pieces(begins, 12, 99, false))
        .containsExactly(new Piece(12, 20), new Piece(20, 40), new Piece(40, 99));
    assertThat(pieces(begins, 12, 99, true))
        .containsExactly(new Piece(50, 99), new Piece(30, 50), new Piece(12, 30));
  }

  @Test
  void isOnePieceWhereThereIsNoPartitionAndNoneOfNoTime() {
    assertThat(pieces(new long[0], 3, 7, false)).containsExactly(new Piece(3, 7));
    assertThat(pieces(new long[] {1}, 7, 7, true)).isEmpty();
  }

  @Test
  void coversTheRangeOnceInPiecesOfFewPartitions() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 1_000; round++) {
      long[] begins = random.longs(random.nextInt(500), 0, 10_000).distinct().sorted().toArray();
      long from = begins.length == 0 ? 5 : begins[0] + random.nextInt(0, 2) - 1;
      long to = 10_000L + random.nextInt(10);

      List<Piece> ascending = pieces(begins, from, to, false);
      List<Piece> descending = pieces(begins, from, to, true).reversed();

      for (List<Piece> pieces : List.of(ascending, descending)) {
        assertThat(pieces.getFirst().from()).isEqualTo(from);
        assertThat(pieces.getLast().to()).isEqualTo(to);
        for (int i = 0; i < pieces.size(); i++) {
          Piece piece = pieces.get(i);
          assertThat(i == 0 ? from : pieces.get(i - 1).to()).isEqualTo(piece.from());
          assertThat(partitions(begins, piece)).isLessThanOrEqualTo(PartitionWalk.MOST);
        }
      }
    }
  }

  private static long partitions(long[] begins, Piece piece) {
    int count = 0;
    for (int i = 0; i < begins.length; i++) {
      long end = i + 1 < begins.length ? begins[i + 1] : Long.MAX_VALUE;
      count += begins[i] < piece.to() && end > piece.from() ? 1 : 0;
    }
    return count;
  }

  private static List<Piece> pieces(long[] begins, long from, long to, boolean descending) {
    PartitionWalk walk = new PartitionWalk(begins, from, to, descending);
    List<Piece> pieces = new ArrayList<>();
    while (walk.next()) {
      pieces.add(new Piece(walk.fromMicros(), walk.toMicros()));
    }
    return pieces;
  }
}
