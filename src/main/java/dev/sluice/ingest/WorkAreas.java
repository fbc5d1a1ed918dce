package dev.sluice.ingest;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Supplier;

/**
 * Work areas to reuse. Never waits: an empty pool makes a new area, a full one lets go of what it
 * is given, and so does every one of an area that a rare big request has made grow. What is <em>in
 * use</em> is bounded by the byte budget; what is kept here is about half a MiB an area at most.
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
