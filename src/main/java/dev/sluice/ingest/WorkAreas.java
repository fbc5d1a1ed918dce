package dev.sluice.ingest;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Supplier;

/**
 * Work areas to reuse. Never waits: an empty pool makes a new area, and a full pool drops what it
 * is given. An area that a rare large request has made grow is always dropped. Memory <em>in
 * use</em> is limited by the byte budget; each area kept here holds about half a MiB at most.
 * Thread-safe.
 */
public final class WorkAreas {
  private final ArrayBlockingQueue<WorkArea> free;
  private final Supplier<WorkArea> maker;

  public WorkAreas(int keep, Supplier<WorkArea> maker) {
    this.free = new ArrayBlockingQueue<>(keep);
    this.maker = maker;
  }

  public WorkArea take() {
    WorkArea area = free.poll();
    return area != null ? area : maker.get();
  }

  public void giveBack(WorkArea area) {
    area.reset();
    if (area.isUsual()) {
      free.offer(area);
    }
  }
}
