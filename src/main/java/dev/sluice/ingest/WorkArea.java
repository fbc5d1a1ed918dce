package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.ReadingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The memory that one request works in: its body as sent and as decoded, and its readings. A
 * transport adds the codecs of the formats it offers. The parts that grow with the request are
 * claimed from the byte budget. Confined to the request that took it from {@link WorkAreas}.
 */
public class WorkArea {
  /** Memory that an area takes before it grows, including its codecs; rounded up. */
  private static final int BASE_BYTES = 24 * 1024;

  private static final int FIRST_READING_BYTES = 4 * 1024;
  private static final int USUAL_BYTES = 128 * 1024;

  private final Claim claim;
  private final Remarks remarks = new Remarks();
  private final DevicePrefix devices = new DevicePrefix();
  private final Region body;
  private final Region packed;
  private final Rejections rejections = new Rejections();
  private final ReadingBuffer readings;
  private boolean whole;

  /**
   * @param budget what its memory is claimed from
   * @param maxReadingBytes maximum encoded size of one request's readings
   */
  protected WorkArea(ByteBudget budget, int maxReadingBytes) {
    this.claim = new Claim(budget);
    this.body = new Region(claim);
    this.packed = new Region(claim);
    this.readings =
        new ReadingBuffer(Math.min(FIRST_READING_BYTES, maxReadingBytes), maxReadingBytes, claim);
  }

  /**
   * Claims the memory that the area takes from the start; must be called first.
   *
   * @param client whose request it is; has entered
   * @throws Claim.NoRoomException if there is no memory for one more request
   */
  public final void begin(Account client) {
    claim.begin(client);
    claim.claim(BASE_BYTES);
  }

  /** Whose request it is. */
  protected final Account account() {
    return claim.account();
  }

  /**
   * Debits the client for a body of this many bytes, about to be parsed. A transport that tries the
   * same bytes more than once debits them only once.
   *
   * @return the limit that the client is over; null if it passes
   */
  protected @Nullable OverLimit debitBytes(int length) {
    return account().passBytes(length);
  }

  /** Likewise for the parsed readings, about to be kept; there is at least one. */
  protected @Nullable OverLimit debitReadings() {
    return account().passReadings(readings.count());
  }

  /**
   * Parses {@code length} bytes of the body into {@link #readings()}, {@link #rejections()} and
   * {@link #remarks()}.
   *
   * @param codec one of this area's own
   * @throws Claim.NoRoomException if there is no memory for that now
   */
  final Outcome parse(Codec codec, int length, TsWindow times) {
    return codec.parse(body.bytes(), length, times, readings, rejections);
  }

  /** Asked by this area's codecs before their memory grows. */
  protected final MemoryClaim memory() {
    return claim;
  }

  /** The body as the codecs read it. */
  public final Region body() {
    return body;
  }

  /** The body as it was sent, if it was compressed. */
  public final Region packed() {
    return packed;
  }

  /** Bytes of the body that there were so far: as decoded, or as sent if those are more. */
  final int received() {
    return Math.max(body.filled(), packed.filled());
  }

  public final Rejections rejections() {
    return rejections;
  }

  /** Which devices the request may have readings of; asked by this area's codecs. */
  public final DevicePrefix devices() {
    return devices;
  }

  /** Keeps nothing of the request if anything of it is refused; until the area is given back. */
  public final void keepOnlyWhole() {
    whole = true;
  }

  /** Whether the readings must not be kept, because others of the request are refused. */
  final boolean isSpoilt() {
    return whole && rejections.count() > 0;
  }

  /** What this area's codecs count besides rejections. */
  public final Remarks remarks() {
    return remarks;
  }

  public final ReadingBuffer readings() {
    return readings;
  }

  /** Empties the area and gives back its claim. */
  final void reset() {
    body.reset();
    packed.reset();
    rejections.clear();
    remarks.clear();
    devices.clear();
    readings.clear();
    whole = false;
    claim.giveBack();
  }

  /**
   * Whether the area is as small as most requests leave it. A larger one should be dropped as a
   * whole, because its codecs also refer to the last body and readings.
   */
  final boolean isUsual() {
    return body.isUsual() && packed.isUsual() && readings.capacity() <= USUAL_BYTES;
  }
}
