package dev.sluice.ingest.mqtt;

import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.proxy.ProxyHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads for whom a proxy's connection is, then leaves the pipeline; what comes after is the
 * client's. Confined to the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the connection's end is reported to its handlers
final class Introduction extends ChannelInboundHandlerAdapter {
  private static final byte[] NONE = new byte[0];

  private final Proxies proxies;
  private final MqttEndpoint endpoint;
  private final Connection connection;
  private byte[] bytes = NONE;
  private boolean over;

  Introduction(Proxies proxies, MqttEndpoint endpoint, Connection connection) {
    this.proxies = proxies;
    this.endpoint = endpoint;
    this.connection = connection;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ctx.executor()
        .schedule(
            () -> {
              if (!over) {
                refuse(ctx, "its header did not arrive in time");
              }
            },
            proxies.patience().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf more = (ByteBuf) message;
    int have = bytes.length;
    bytes = Arrays.copyOf(bytes, have + more.readableBytes());
    more.readBytes(bytes, have, bytes.length - have);
    more.release();
    if (over) {
      bytes = NONE;
      return;
    }
    switch (ProxyHeader.of(bytes, bytes.length)) {
      case ProxyHeader.Unfinished unfinished -> {}
      case ProxyHeader.Malformed(String reason) -> refuse(ctx, reason);
      case ProxyHeader.Own(int length) -> goOn(ctx, length);
      case ProxyHeader.Client(InetSocketAddress client, int length) -> {
        connection.cameFrom(client);
        if (endpoint.enter(ctx.channel(), client.getAddress())) {
          goOn(ctx, length);
        } else {
          endpoint.counters().add(Closed.FULL);
          close(ctx);
        }
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    over = true;
    ctx.fireChannelInactive();
  }

  private void goOn(ChannelHandlerContext ctx, int headerBytes) {
    proxies.accept();
    over = true;
    ctx.pipeline().remove(this);
    if (bytes.length > headerBytes) {
      ctx.fireChannelRead(Unpooled.wrappedBuffer(bytes, headerBytes, bytes.length - headerBytes));
    }
  }

  private void refuse(ChannelHandlerContext ctx, String reason) {
    proxies.refuse(address(ctx.channel()), reason);
    endpoint.counters().add(Closed.PROXY);
    close(ctx);
  }

  private void close(ChannelHandlerContext ctx) {
    over = true;
    bytes = NONE;
    ctx.close();
  }

  private static @Nullable InetAddress address(Channel channel) {
    return channel.remoteAddress() instanceof InetSocketAddress socket ? socket.getAddress() : null;
  }
}
