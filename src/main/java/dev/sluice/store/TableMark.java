package dev.sluice.store;

/**
 * Distinguishes one table of one store from every other table, and from an older copy of itself.
 * Immutable.
 *
 * @param table identity of the table: unchanged until it is dropped and recreated
 * @param height how far it had grown: only ever increases; 0 when the mark does not say
 * @param top what is found at that height; empty when the mark does not say
 */
public record TableMark(String table, long height, String top) {
  /** The same table, however far it has grown. */
  public TableMark identityOnly() {
    return new TableMark(table, 0, "");
  }
}
