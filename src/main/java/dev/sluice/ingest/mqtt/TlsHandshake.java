package dev.sluice.ingest.mqtt;

import dev.sluice.http.tls.HandshakeException;
import dev.sluice.http.tls.HandshakeException.Reason;
import dev.sluice.http.tls.TlsDoor;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.channels.ClosedChannelException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Waits for the end of a connection's handshake: counts it, and passes on the certificate that the
 * client has shown. Confined to the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the connection's end is reported to its handlers
final class TlsHandshake extends ChannelInboundHandlerAdapter {
  private final TlsDoor door;
  private final SslHandler handler;
  private final Connection connection;

  private TlsHandshake(TlsDoor door, SslHandler handler, Connection connection) {
    this.door = door;
    this.handler = handler;
    this.connection = connection;
  }

  /** Encrypts a connection. What a handshake computes, it computes in turns, on virtual threads. */
  static void addTo(ChannelPipeline pipeline, TlsDoor door, Connection connection) {
    SslHandler handler =
        new SslHandler(
            door.engine(), task -> Thread.startVirtualThread(() -> runInTurn(door, task)));
    handler.setHandshakeTimeoutMillis(door.handshakeTimeout().toMillis());
    pipeline.addLast(handler).addLast(new TlsHandshake(door, handler, connection));
  }

  private static void runInTurn(TlsDoor door, Runnable task) {
    try {
      door.takeTurn();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    try {
      task.run();
    } finally {
      door.giveTurn();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent end) {
      if (end.isSuccess()) {
        identify(ctx);
      } else {
        door.failed(failure(end.cause()));
      }
    }
    ctx.fireUserEventTriggered(event);
  }

  private static HandshakeException failure(Throwable cause) {
    Reason reason =
        switch (cause) {
          case NotSslRecordException e -> Reason.NOT_TLS;
          case ClosedChannelException e -> Reason.GONE;
          default -> Reason.REFUSED;
        };
    return new HandshakeException(reason, String.valueOf(cause.getMessage()));
  }

  /** A resumed session brings its certificate along unchecked, so its dates are checked here. */
  private void identify(ChannelHandlerContext ctx) {
    SSLSession session = handler.engine().getSession();
    try {
      Certificate shown = session.getPeerCertificates()[0];
      ((X509Certificate) shown).checkValidity();
      connection.shown(shown);
    } catch (SSLPeerUnverifiedException e) {
      // It was not asked for one, or has none.
    } catch (CertificateException e) {
      door.failed(
          new HandshakeException(
              Reason.REFUSED, "the client's certificate is not valid now: " + e.getMessage()));
      ctx.close();
      return;
    }
    door.succeeded();
  }
}
