package dev.sluice.journal.disk;

import dev.sluice.journal.Feed;
import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** A reader that starts at a cursor and the cursor it moves. */
final class DiskFeed implements Feed {
  private final DiskJournal journal;
  private final Cursor cursor;
  private final JournalReader reader;

  DiskFeed(DiskJournal journal, Cursor cursor) {
    this.journal = journal;
    this.cursor = cursor;
    this.reader = journal.reader(cursor.state().offset());
  }

  @Override
  public Progress kept() {
    return cursor.state();
  }

  @Override
  public long end() {
    return journal.nextOffset();
  }

  @Override
  public Duration unheard() {
    return Duration.ZERO;
  }

  @Override
  public Mark mark(long offset) {
    return new OffsetMark(offset);
  }

  @Override
  public Mark given() {
    return new OffsetMark(reader.position());
  }

  @Override
  public boolean await(int readings, Duration atMost, BooleanSupplier enough)
      throws InterruptedException {
    return journal.awaitBeyond(reader.position() + readings - 1, atMost, enough);
  }

  @Override
  public void wake() {
    journal.wakeWaiters();
  }

  @Override
  public ReadResult read(ReadingBatch batch, int limit) throws IOException {
    return reader.read(batch, limit);
  }

  @Override
  public ReadResult readFrame(ReadingBatch batch) throws IOException {
    return reader.readFrame(batch);
  }

  @Override
  public void seek(long offset) {
    reader.seek(Math.max(offset, cursor.state().offset()));
  }

  @Override
  public void keep(Progress progress) throws IOException {
    cursor.advance(progress);
  }

  @Override
  public void back() {
    reader.seek(cursor.state().offset());
  }

  @Override
  public void close() {
    reader.close();
  }
}
