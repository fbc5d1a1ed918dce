package dev.sluice.store;

/**
 * What tells one table of one store from every other, and from an older copy of itself. Immutable.
 *
 * @param table who it is: the same for as long as it is not dropped and made again
 * @param height how far it had come: only ever grows; 0 when nothing is said of it
 * @param top what is to be found at that height; empty when nothing is said of it
 */
public record TableMark(String table, long height, String top) {
  /** The same table, whatever it has come to. */
  public TableMark identityOnly() {
    return new TableMark(table, 0, "");
  }
}
