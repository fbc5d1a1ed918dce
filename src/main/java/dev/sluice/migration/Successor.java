package dev.sluice.migration;

import java.io.IOException;
import java.util.Map;

/**
 * Whoever goes on with the migration if this process no longer can, and what it is told: texts by
 * key, of which the last one of each key counts. Thread-safe.
 *
 * <p>What it does not know of is done again. What it takes for proven must be true, so whatever
 * ends a proof is told before it happens.
 */
public interface Successor {
  /** There is none but the next start of this process, which reads its files. */
  Successor NOBODY = new Nobody();

  /**
   * Tells this, and whatever is still to be told.
   *
   * @param news by key; an empty text takes back what was told
   * @throws IOException if it is not known to be told: what it is told of must not happen
   */
  void tell(Map<String, String> news) throws IOException;

  /**
   * Tells this and no more than this: nothing that was told before counts any longer.
   *
   * @throws IOException as {@link #tell} does
   */
  void tellAll(Map<String, String> everything) throws IOException;

  /** Tells this within about a second, if nothing happens until then; does not wait. */
  void tellLater(String key, String news);

  /** Hears nothing. */
  final class Nobody implements Successor {
    private Nobody() {}

    @Override
    public void tell(Map<String, String> news) {}

    @Override
    public void tellAll(Map<String, String> everything) {}

    @Override
    public void tellLater(String key, String news) {}
  }
}
