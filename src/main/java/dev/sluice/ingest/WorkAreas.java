package dev.sluice.ingest;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * Work areas to reuse. Never waits: an empty pool makes a new area, and a full pool drops what it
 * is given. An area that a rare large request has made grow is always dropped. Memory <em>in
 * use</em> is limited by the byte budget; each area kept here holds about half a MiB at most.
 * Thread-safe.
 *
 * @param <A> a work area with the codecs of one transport
 */
public final class WorkAreas<A extends WorkArea> {
  private final ArrayBlockingQueue<A> free;
  private final Maker<A> maker;

  public WorkAreas(int keep, Maker<A> maker) {
    this.free = new ArrayBlockingQueue<>(keep);
    this.maker = maker;
  }

  /** Makes a new area. */
  @FunctionalInterface
  public interface Maker<A extends WorkArea> {
    A make();
  }

  public A take() {
    A area = free.poll();
    return area != null ? area : maker.make();
  }

  public void giveBack(A area) {
    area.reset();
    if (area.isUsual()) {
      free.offer(area);
    }
  }
}
