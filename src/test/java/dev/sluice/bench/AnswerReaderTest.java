package dev.sluice.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerReaderTest {
  private static final String ANSWERS =
      "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n"
          + "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad Request\r\ncontent-LENGTH: 5\r\n\r\n12345"
          + "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1a;x=y\r\n"
          + "z".repeat(26)
          + "\r\n0\r\nTrailer: 1\r\n\r\n"
          + "HTTP/1.1 200 OK\nContent-Length: 700\n\n"
          + "x".repeat(700)
          + "HTTP/1.1 204 No Content\r\nContent-Length: 99\r\nConnection: Close\r\n\r\n";

  private final AnswerReader reader = new AnswerReader();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 40, 4_096})
  void readsOneAnswerAfterTheOtherHoweverTheyArrive(int piece) throws IOException {
    InputStream in = inPieces(ANSWERS, piece);

    assertThat(reader.read(in)).isEqualTo(204);
    assertThat(reader.read(in)).isEqualTo(400);
    assertThat(reader.read(in)).isEqualTo(503);
    assertThat(reader.read(in)).isEqualTo(200);
    assertThat(reader.keepAlive()).isTrue();
    assertThat(reader.read(in)).isEqualTo(204);
    assertThat(reader.keepAlive()).isFalse();
    assertThatThrownBy(() -> reader.read(in)).isInstanceOf(EOFException.class);
  }

  @Test
  void takesABodyWithoutALengthToBeTheRestOfTheConnection() throws IOException {
    assertThat(reader.read(inPieces("HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(2_000), 100)))
        .isEqualTo(200);
    assertThat(reader.keepAlive()).isFalse();
  }

  @Test
  void takesAHeadLongerThanItsBuffer() throws IOException {
    String cookie = "Set-Cookie: " + "c".repeat(5_000) + "\r\n";

    assertThat(reader.read(inPieces("HTTP/1.0 204 x\r\n" + cookie + "\r\n", 1_000))).isEqualTo(204);
    assertThat(reader.keepAlive()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
      })
  void refusesWhatIsNoHttp(String answer) {
    assertThatThrownBy(() -> reader.read(inPieces(answer, 4_096)))
        .isInstanceOf(ProtocolException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234"})
  void noticesAnAnswerThatEndsTooEarly(String answer) {
    assertThatThrownBy(() -> reader.read(inPieces(answer, 4_096))).isInstanceOf(EOFException.class);
  }

  private static InputStream inPieces(String text, int piece) {
    return new ByteArrayInputStream(text.getBytes(US_ASCII)) {
      @Override
      public synchronized int read(byte[] into, int at, int length) {
        return super.read(into, at, Math.min(length, piece));
      }
    };
  }
}
