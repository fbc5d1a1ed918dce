package dev.sluice.journal.disk;

import dev.sluice.journal.Feed;
import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A reader that starts at a cursor and the cursor it moves. Its offsets are those of the journal
 * but for the cursor's shift.
 */
final class DiskFeed implements Feed {
  private final DiskJournal journal;
  private final Cursor cursor;
  private final JournalReader reader;
  private final long shift;

  DiskFeed(DiskJournal journal, Cursor cursor) {
    this.journal = journal;
    this.cursor = cursor;
    this.shift = cursor.shift();
    this.reader = journal.reader(cursor.place());
  }

  @Override
  public Progress kept() {
    return cursor.state();
  }

  @Override
  public long end() {
    return journal.nextOffset() - shift;
  }

  @Override
  public Duration unheard() {
    return Duration.ZERO;
  }

  @Override
  public Mark mark(long offset) {
    return new OffsetMark(offset + shift);
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
    return shifted(reader.read(batch, limit), batch);
  }

  @Override
  public ReadResult readFrame(ReadingBatch batch) throws IOException {
    return shifted(reader.readFrame(batch), batch);
  }

  private ReadResult shifted(ReadResult result, ReadingBatch batch) {
    batch.countFrom(batch.firstOffset() - shift);
    return result instanceof ReadResult.Lost(long from, long to)
        ? new ReadResult.Lost(from - shift, to - shift)
        : result;
  }

  @Override
  public void seek(long offset) {
    reader.seek(Math.max(offset + shift, cursor.place()));
  }

  @Override
  public void keep(Progress progress) throws IOException {
    cursor.advance(progress);
  }

  @Override
  public void back() {
    reader.seek(cursor.place());
  }

  @Override
  public void close() {
    reader.close();
  }
}
