package dev.sluice.ingest.udp;

import dev.sluice.http.limit.Account;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams that were waiting together, in the order in which they came, and what became of each.
 * Its memory is fixed: {@value #MOST_BYTES} bytes or four datagrams of the greatest size. Confined
 * to the thread that receives.
 */
final class Datagrams {
  /** So many are appended together at most. */
  static final int MOST = 256;

  private static final int MOST_BYTES = 256 * 1024;

  private final int maxBytes;
  private final byte[] bytes;
  private final int[] end = new int[MOST];
  private final InetAddress[] sender = new InetAddress[MOST];
  private final Account[] account = new Account[MOST];
  private final long[] receivedMicros = new long[MOST];
  private final boolean[] debited = new boolean[MOST];
  private final @Nullable Refusal[] refusal = new Refusal[MOST];
  private final String[] why = new String[MOST];
  private int count;

  /**
   * @param maxBytes size of the greatest datagram
   */
  Datagrams(int maxBytes) {
    this.maxBytes = maxBytes;
    this.bytes = new byte[Math.max(MOST_BYTES, 4 * maxBytes)];
  }

  void clear() {
    Arrays.fill(refusal, 0, count, null);
    Arrays.fill(debited, 0, count, false);
    count = 0;
  }

  /** Whether there is room for one more, however large it is. */
  boolean hasRoom() {
    return count < MOST && bytes.length - end(count - 1) >= maxBytes;
  }

  int count() {
    return count;
  }

  /** Adds one at the end, if {@link #hasRoom}. */
  void add(ByteBuffer datagram, InetAddress from, Account client, long atMicros) {
    int start = end(count - 1);
    int length = datagram.remaining();
    datagram.get(bytes, start, length);
    end[count] = start + length;
    sender[count] = from;
    account[count] = client;
    receivedMicros[count] = atMicros;
    count++;
  }

  /** Copies datagram {@code i} to the start of {@code into}; returns its length. */
  int copy(int i, byte[] into) {
    int start = end(i - 1);
    int length = end[i] - start;
    System.arraycopy(bytes, start, into, 0, length);
    return length;
  }

  /** Bytes of datagrams [from, to). */
  int bytes(int from, int to) {
    return end(to - 1) - end(from - 1);
  }

  private int end(int i) {
    return i < 0 ? 0 : end[i];
  }

  InetAddress sender(int i) {
    return sender[i];
  }

  Account account(int i) {
    return account[i];
  }

  /** When it was received, in microseconds; no two have the same. */
  long receivedMicros(int i) {
    return receivedMicros[i];
  }

  /** Whether its readings were debited before; they are from now on. */
  boolean wasDebited(int i) {
    boolean before = debited[i];
    debited[i] = true;
    return before;
  }

  void refuse(int i, Refusal reason, String text) {
    refusal[i] = reason;
    why[i] = text;
  }

  /** Nothing speaks against it any more. */
  void forgive(int i) {
    refusal[i] = null;
  }

  /** Why nothing of it is kept; null if nothing speaks against it. */
  @Nullable Refusal refusal(int i) {
    return refusal[i];
  }

  /** The same in words, if there is a {@link #refusal}. */
  String why(int i) {
    return why[i];
  }
}
