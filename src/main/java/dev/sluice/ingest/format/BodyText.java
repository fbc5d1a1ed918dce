package dev.sluice.ingest.format;

import dev.sluice.reading.MemoryClaim;
import java.util.Arrays;

/**
 * The texts of a body, as its parser reads them one after another. A text without escapes is a span
 * of the body and costs no copy; one with escapes is decoded into a scratch array. {@link #at}
 * tells the two apart, {@link #bytesOf} and {@link #offsetOf} resolve it. Also keeps why the parser
 * could not go on. Confined to that parser.
 */
public abstract class BodyText {
  /** Returned by the steps that find their format's rules broken. */
  public static final int FAILED = -1;

  private static final int SCRATCH_BYTES = 1024;
  private static final int RETAINED_BYTES = 16 * 1024;

  private final MemoryClaim memory;
  protected byte[] body = new byte[0];
  protected int end;
  protected byte[] scratch = new byte[SCRATCH_BYTES];
  protected int scratchLength;
  protected int at;
  protected int length;
  private String error = "";

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  protected BodyText(MemoryClaim memory) {
    this.memory = memory;
  }

  /** Prepares for the texts before {@code to}; earlier ones are gone. */
  public void start(byte[] bytes, int to) {
    body = bytes;
    end = to;
    scratchLength = 0;
    error = "";
  }

  /** Drops memory held for an unusually long text. */
  public final void release() {
    if (scratch.length > RETAINED_BYTES) {
      scratch = new byte[SCRATCH_BYTES];
    }
  }

  /** Reference to the last text, for {@link #bytesOf} and {@link #offsetOf}. */
  public final int at() {
    return at;
  }

  /** Length of the last text, decoded, in bytes. */
  public final int length() {
    return length;
  }

  public final byte[] bytesOf(int text) {
    return text >= 0 ? body : scratch;
  }

  public static int offsetOf(int text) {
    return text >= 0 ? text : ~text;
  }

  /** Number of decoded bytes held, for {@link #forget}. */
  public final int held() {
    return scratchLength;
  }

  /** Forgets what was decoded since {@link #held()} returned this. */
  public final void forget(int held) {
    scratchLength = held;
  }

  /** Holds these bytes, which are not in the body, as the last text. */
  public final void hold(byte[] bytes, int bytesLength) {
    room(bytesLength);
    System.arraycopy(bytes, 0, scratch, scratchLength, bytesLength);
    at = ~scratchLength;
    length = bytesLength;
    scratchLength += bytesLength;
  }

  /** Why the last step failed; empty if none has since {@link #start}. */
  public final String error() {
    return error;
  }

  /** Keeps the reason, and returns {@link #FAILED}. */
  public final int fail(String reason) {
    error = reason;
    return FAILED;
  }

  /** Makes room for this many more decoded bytes. */
  protected final void room(int more) {
    if (scratchLength + more > scratch.length) {
      int size = Math.max(scratchLength + more, scratch.length * 2);
      memory.claim(size - scratch.length);
      scratch = Arrays.copyOf(scratch, size);
    }
  }
}
