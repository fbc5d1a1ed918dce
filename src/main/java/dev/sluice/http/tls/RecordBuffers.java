package dev.sluice.http.tls;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Arrays that a whole record fits into, lent to whoever encrypts or decrypts one. The JDK's engine
 * insists on that much room for the smallest record: 17 KB to clear for an answer of 200 bytes.
 * Kept are as many as there are processors, not one a connection: a virtual thread that computes is
 * not interrupted, so no more are in use at once. When none is left, a new one is made.
 * Thread-safe.
 */
final class RecordBuffers {
  /** Those of the process. */
  static final RecordBuffers SHARED = new RecordBuffers(Runtime.getRuntime().availableProcessors());

  private final AtomicReferenceArray<byte @Nullable []> kept;

  RecordBuffers(int most) {
    kept = new AtomicReferenceArray<>(most);
  }

  /** At least so long; what it holds is left over from others. */
  byte[] take(int bytes) {
    int first = first();
    for (int i = 0; i < kept.length(); i++) {
      int slot = (first + i) % kept.length();
      byte[] one = kept.getPlain(slot) == null ? null : kept.getAndSet(slot, null);
      if (one != null && one.length >= bytes) {
        return one;
      }
    }
    return new byte[bytes];
  }

  /** Ends the loan: the borrower must not use it any more. */
  void give(byte[] one) {
    int first = first();
    for (int i = 0; i < kept.length(); i++) {
      int slot = (first + i) % kept.length();
      if (kept.getPlain(slot) == null && kept.compareAndSet(slot, null, one)) {
        return;
      }
    }
  }

  /** Where this thread looks first, so that not all look at the same place. */
  private int first() {
    return (int) (Thread.currentThread().threadId() % kept.length());
  }
}
