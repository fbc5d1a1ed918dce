package dev.sluice.migration.verify;

import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The hours a run goes through, from the first to the last: those with readings in either store,
 * and those in the parity map, whose readings may be gone. Confined to the run's thread.
 */
final class HourOrder {
  private final ReadingScan left;
  private final ReadingScan right;
  private final ParityMap parity;
  private final Verify.Scope scope;

  HourOrder(ReadingScan left, ReadingScan right, ParityMap parity, Verify.Scope scope) {
    this.left = left;
    this.right = right;
    this.parity = parity;
    this.scope = scope;
  }

  /**
   * The next hour at or after this one; empty if there is none.
   *
   * @param open what is being read anyway
   */
  OptionalLong from(long hourMicros, Optional<Both> open) throws UnavailableException {
    long at = hourMicros;
    while (true) {
      // Neighbours that match are skipped without querying the stores.
      while (scope == Verify.Scope.NEEDED && parity.matches(at)) {
        at += Hours.HOUR_MICROS;
      }
      OptionalLong next = least(data(at, open), known(at));
      if (next.isEmpty() || scope != Verify.Scope.NEEDED || !parity.matches(next.getAsLong())) {
        return next;
      }
      at = next.getAsLong() + Hours.HOUR_MICROS;
    }
  }

  /** The end of the hours that may be read in one go, {@code most} of them from this one on. */
  long end(long hourMicros, int most) {
    long end = hourMicros + Hours.HOUR_MICROS;
    for (int i = 1; i < most && !(scope == Verify.Scope.NEEDED && parity.matches(end)); i++) {
      end += Hours.HOUR_MICROS;
    }
    return end;
  }

  /** The number of hours to go through that are known without querying the stores. */
  long known() {
    return asks() ? parity.count(scope == Verify.Scope.NEEDED) : 0;
  }

  private OptionalLong known(long at) {
    return asks() ? parity.firstFrom(at, scope == Verify.Scope.NEEDED) : OptionalLong.empty();
  }

  /** Whether the map's hours matter: not if a store is compared with itself. */
  private boolean asks() {
    return scope == Verify.Scope.NEEDED || scope == Verify.Scope.ALL;
  }

  /** The next hour with readings. */
  private OptionalLong data(long at, Optional<Both> open) throws UnavailableException {
    long ts = open.filter(both -> both.isAt(at)).map(Both::tsMicros).orElse(Head.END);
    return ts == Head.END ? least(data(left, at), data(right, at)) : OptionalLong.of(Hours.of(ts));
  }

  private static OptionalLong data(ReadingScan scan, long at) throws UnavailableException {
    OptionalLong first = scan.firstFrom(at);
    return first.isPresent() ? OptionalLong.of(Hours.of(first.getAsLong())) : first;
  }

  private static OptionalLong least(OptionalLong a, OptionalLong b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.isPresent() ? a : b;
    }
    return OptionalLong.of(Math.min(a.getAsLong(), b.getAsLong()));
  }
}
