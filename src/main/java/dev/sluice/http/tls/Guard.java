package dev.sluice.http.tls;

/**
 * Limits what an {@link EncryptedSocket} may wait for. Called on the connection's thread; what it
 * throws ends the call that made the socket wait.
 */
public interface Guard {
  /**
   * The handshake is about to compute. Returns once few enough others do.
   *
   * @throws InterruptedException if the connection is to end instead
   */
  void takeTurn() throws InterruptedException;

  /** The handshake waits for the client, or is over; called once for each turn taken. */
  void giveTurn();

  /**
   * More bytes must arrive before anything can be decrypted.
   *
   * @param kept bytes of an unfinished record, which are held until then; 0 between records
   */
  void beforeRead(int kept);

  /** This many bytes have arrived, and are not decrypted yet. */
  void afterRead(int bytes);
}
