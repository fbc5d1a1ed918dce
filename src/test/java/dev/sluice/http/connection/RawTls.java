package dev.sluice.http.connection;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A client of TLS 1.3 (RFC 8446) that sends exactly the records it is told to, encrypted: that of
 * the JDK sends none that are incomplete or pointless. Speaks X25519 and AES-128-GCM, and trusts
 * whoever answers.
 */
final class RawTls implements AutoCloseable {
  static final int HANDSHAKE = 22;
  static final int DATA = 23;

  private static final int HEADER_BYTES = 5;
  private static final int HASH_BYTES = 32;
  private static final int RAW_KEY_BYTES = 32;
  private static final int TAG_BYTES = 16;
  private static final int FINISHED = 20;
  private static final int KEY_SHARE = 51;
  private static final byte[] NONE = {};

  /** The keys of one direction. */
  private static final class Keys {
    private final SecretKeySpec key;
    private final byte[] iv;
    private long sequence;

    Keys(byte[] secret) throws GeneralSecurityException {
      key = new SecretKeySpec(expand(secret, "key", NONE, 16), "AES");
      iv = expand(secret, "iv", NONE, 12);
    }

    byte[] crypt(int mode, byte[] header, byte[] text) throws GeneralSecurityException {
      byte[] nonce = iv.clone();
      for (int i = 0; i < Long.BYTES; i++) {
        nonce[11 - i] ^= (byte) (sequence >>> (8 * i));
      }
      sequence++;
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
      cipher.updateAAD(header);
      return cipher.doFinal(text);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final ByteArrayOutputStream transcript = new ByteArrayOutputStream();
  private final Keys ours;
  private final Keys theirs;

  /** Connects to a port of this machine, and does the handshake. */
  RawTls(int port) throws IOException, GeneralSecurityException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
    in = new DataInputStream(socket.getInputStream());
    KeyPair pair = KeyPairGenerator.getInstance("X25519").generateKeyPair();
    byte[] hello = hello(pair.getPublic());
    transcript.write(hello);
    socket.getOutputStream().write(record(HANDSHAKE, hello));

    byte[] answer = readRecord();
    byte[] serverHello = Arrays.copyOfRange(answer, HEADER_BYTES, answer.length);
    transcript.write(serverHello);
    byte[] zeros = new byte[HASH_BYTES];
    byte[] secret = extract(derived(extract(zeros, zeros)), agreed(pair, serverHello));
    byte[] clientSecret = expand(secret, "c hs traffic", hash(), HASH_BYTES);
    readFlight(new Keys(expand(secret, "s hs traffic", hash(), HASH_BYTES)));

    byte[] hash = hash();
    byte[] master = extract(derived(secret), zeros);
    byte[] proof = hmac(expand(clientSecret, "finished", NONE, HASH_BYTES), hash);
    send(
        new Keys(clientSecret),
        HANDSHAKE,
        concat(new byte[] {FINISHED, 0, 0, HASH_BYTES}, proof),
        0);
    ours = new Keys(expand(master, "c ap traffic", hash, HASH_BYTES));
    theirs = new Keys(expand(master, "s ap traffic", hash, HASH_BYTES));
  }

  /**
   * Sends one record.
   *
   * @param type of what it carries
   * @param padding zeros after that
   */
  void send(int type, byte[] content, int padding) throws IOException, GeneralSecurityException {
    send(ours, type, content, padding);
  }

  /**
   * What the server has sent when it ends the connection.
   *
   * @throws java.net.SocketTimeoutException if it does not
   */
  String received() throws IOException, GeneralSecurityException {
    StringBuilder text = new StringBuilder();
    try {
      while (true) {
        byte[] inner = decrypt(theirs, readRecord());
        int end = inner.length - 1;
        if (inner[end] == DATA) {
          text.append(new String(inner, 0, end, StandardCharsets.US_ASCII));
        }
      }
    } catch (EOFException | SocketException e) {
      return text.toString();
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void send(Keys keys, int type, byte[] content, int padding)
      throws IOException, GeneralSecurityException {
    byte[] inner = Arrays.copyOf(content, content.length + 1 + padding);
    inner[content.length] = (byte) type;
    byte[] header = Arrays.copyOf(record(DATA, new byte[inner.length + TAG_BYTES]), HEADER_BYTES);
    socket.getOutputStream().write(concat(header, keys.crypt(Cipher.ENCRYPT_MODE, header, inner)));
  }

  /** All of the server's messages up to its last one. */
  private void readFlight(Keys keys) throws IOException, GeneralSecurityException {
    byte[] messages = NONE;
    while (true) {
      byte[] record = readRecord();
      if (record[0] == DATA) {
        byte[] inner = decrypt(keys, record);
        messages = concat(messages, Arrays.copyOf(inner, inner.length - 1));
      }
      while (messages.length >= 4) {
        int end = 4 + (ByteBuffer.wrap(messages).getInt() & 0xffffff);
        if (messages.length < end) {
          break;
        }
        transcript.write(messages, 0, end);
        if (messages[0] == FINISHED) {
          return;
        }
        messages = Arrays.copyOfRange(messages, end, messages.length);
      }
    }
  }

  private static byte[] decrypt(Keys keys, byte[] record) throws GeneralSecurityException {
    byte[] header = Arrays.copyOf(record, HEADER_BYTES);
    byte[] text = Arrays.copyOfRange(record, HEADER_BYTES, record.length);
    return keys.crypt(Cipher.DECRYPT_MODE, header, text);
  }

  private byte[] readRecord() throws IOException {
    byte[] header = new byte[HEADER_BYTES];
    in.readFully(header);
    byte[] body = new byte[ByteBuffer.wrap(header).getShort(3) & 0xffff];
    in.readFully(body);
    return concat(header, body);
  }

  private static byte[] record(int type, byte[] body) {
    return ByteBuffer.allocate(HEADER_BYTES + body.length)
        .put((byte) type)
        .putShort((short) 0x0303)
        .putShort((short) body.length)
        .put(body)
        .array();
  }

  private static byte[] hello(PublicKey key) throws GeneralSecurityException {
    byte[] random = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
    byte[] extensions =
        concat(
            HexFormat.of()
                .parseHex(
                    "002b0003020304" // version 1.3
                        + "000a00040002001d" // X25519
                        + "000d000400020403" // ECDSA over P-256
                        + "003300260024001d0020"),
            raw(key));
    byte[] body =
        ByteBuffer.allocate(2 + 32 + 1 + 4 + 2 + 2 + extensions.length)
            .putShort((short) 0x0303)
            .put(random)
            .put((byte) 0)
            .putShort((short) 2)
            .putShort((short) 0x1301)
            .putShort((short) 0x0100)
            .putShort((short) extensions.length)
            .put(extensions)
            .array();
    return concat(new byte[] {1, 0, 0, (byte) body.length}, body);
  }

  private static byte[] agreed(KeyPair pair, byte[] serverHello) throws GeneralSecurityException {
    ByteBuffer in = ByteBuffer.wrap(serverHello);
    in.position(4 + 2 + 32);
    in.position(in.position() + 1 + in.get(in.position()) + 2 + 1 + 2);
    while (true) {
      int type = in.getShort();
      int length = in.getShort();
      if (type == KEY_SHARE) {
        break;
      }
      in.position(in.position() + length);
    }
    byte[] key = new byte[RAW_KEY_BYTES];
    in.position(in.position() + 4);
    in.get(key);
    byte[] own = pair.getPublic().getEncoded();
    byte[] theirs = concat(Arrays.copyOf(own, own.length - RAW_KEY_BYTES), key);
    KeyAgreement agreement = KeyAgreement.getInstance("X25519");
    agreement.init(pair.getPrivate());
    agreement.doPhase(
        KeyFactory.getInstance("X25519").generatePublic(new X509EncodedKeySpec(theirs)), true);
    return agreement.generateSecret();
  }

  private static byte[] raw(PublicKey key) {
    byte[] encoded = key.getEncoded();
    return Arrays.copyOfRange(encoded, encoded.length - RAW_KEY_BYTES, encoded.length);
  }

  private byte[] hash() throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(transcript.toByteArray());
  }

  private static byte[] derived(byte[] secret) throws GeneralSecurityException {
    return expand(secret, "derived", MessageDigest.getInstance("SHA-256").digest(NONE), HASH_BYTES);
  }

  /** HKDF-Extract (RFC 5869). */
  private static byte[] extract(byte[] salt, byte[] secret) throws GeneralSecurityException {
    return hmac(salt, secret);
  }

  /** HKDF-Expand-Label (RFC 8446, section 7.1), of at most one hash. */
  private static byte[] expand(byte[] secret, String label, byte[] context, int bytes)
      throws GeneralSecurityException {
    byte[] name = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
    byte[] info =
        ByteBuffer.allocate(2 + 1 + name.length + 1 + context.length + 1)
            .putShort((short) bytes)
            .put((byte) name.length)
            .put(name)
            .put((byte) context.length)
            .put(context)
            .put((byte) 1)
            .array();
    return Arrays.copyOf(hmac(secret, info), bytes);
  }

  private static byte[] hmac(byte[] key, byte[] text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text);
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
