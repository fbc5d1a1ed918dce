package dev.sluice.migration.backfill;

/**
 * What a copy in the order of ids has seen on its way. Immutable.
 *
 * @param rows rows read, whatever they are
 * @param firstId the id of the first one
 * @param findings among them, if they were not inspected before
 */
record Seen(long rows, long firstId, Findings findings) {
  static final Seen NOTHING = new Seen(0, 0, Findings.NONE);

  Seen plus(Seen more) {
    return more.rows == 0
        ? this
        : new Seen(
            rows + more.rows, rows == 0 ? more.firstId : firstId, findings.plus(more.findings));
  }
}
