package dev.sluice.query;

import dev.sluice.store.ReadingSource;
import java.util.Optional;

/** Whichever store answers, the other one is always the same, and never lags. */
public record OneOther(Optional<ReadingSource> source) implements ShadowReads.BothStores {
  @Override
  public Optional<ReadingSource> other(ReadingSource answered) {
    return source;
  }

  @Override
  public boolean awaitCaughtUp() {
    return true;
  }
}
