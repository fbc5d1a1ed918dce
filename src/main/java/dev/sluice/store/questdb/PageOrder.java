package dev.sluice.store.questdb;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/**
 * Turns rows that QuestDB has ordered by ts into a page ordered by (ts, metric byte-wise): QuestDB
 * compares text by UTF-16 units, which gives another order. Holds only the rows of one ts, and no
 * more of them than the page has room for. Confined to one thread; serves one page.
 */
final class PageOrder {
  private final ReadingQuery query;
  private final Consumer<Reading> each;
  private final Comparator<Reading> order;

  /** Rows of the current ts, the last in order on top. */
  private final PriorityQueue<Reading> ties;

  private int room;

  PageOrder(ReadingQuery query, Consumer<Reading> each) {
    this.query = query;
    this.each = each;
    this.order = query.descending() ? PageOrder::byMetric : (a, b) -> byMetric(b, a);
    this.ties = new PriorityQueue<>(order);
    this.room = query.limit();
  }

  /** Adds the next row, in order of ts; false when the page needs no more. */
  boolean add(Reading row) {
    Reading tied = ties.peek();
    if (tied != null && tied.tsMicros() != row.tsMicros()) {
      finish();
    }
    if (room == 0) {
      return false;
    }
    if (!passed(row)) {
      ties.add(row);
      if (ties.size() > room) {
        ties.remove();
      }
    }
    return true;
  }

  /** Passes on the rows of the last ts. */
  void finish() {
    List<Reading> sorted = new ArrayList<>(ties);
    sorted.sort(order.reversed());
    sorted.forEach(each);
    room -= sorted.size();
    ties.clear();
  }

  /** Whether an earlier page already had this row. */
  private boolean passed(Reading row) {
    if (query.after().isEmpty()) {
      return false;
    }
    ReadingQuery.Position after = query.after().get();
    int beyond = Long.compare(row.tsMicros(), after.tsMicros());
    if (beyond == 0) {
      beyond = compareBytes(row.metric(), after.metric());
    }
    return query.descending() ? beyond >= 0 : beyond <= 0;
  }

  private static int byMetric(Reading a, Reading b) {
    return compareBytes(a.metric(), b.metric());
  }

  private static int compareBytes(String a, String b) {
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}
