package dev.sluice.ingest.mqtt;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ConnectionsByAddress;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.TlsDoor;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.IngestConfig;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT port. Its few event loops read and write for all connections; nothing on them waits, and
 * none of their memory is outside the heap. Opened and closed once, by one thread at a time.
 */
public final class MqttEndpoint implements AutoCloseable {
  private static final int LEAST_READ_BYTES = 256;
  private static final int FIRST_READ_BYTES = 1024;
  private static final int MOST_READ_BYTES = 16 * 1024;

  /** From here on what a client does not read counts as unread, and to here it has read it. */
  private static final int UNREAD_BYTES = 32 * 1024;

  private static final int READ_AGAIN_BYTES = 8 * 1024;

  /** What MQTT allows. */
  private static final int MOST_CLIENT_ID = 65_535;

  private static final int PROCESSORS_A_LOOP = 4;
  private static final int STOP_MS = 2_000;

  /**
   * How many connections there may be.
   *
   * @param most in all, at least 1
   * @param addresses from one address, with the other ports that share it
   */
  public record Connections(int most, ConnectionsByAddress addresses) {}

  private final MqttConfig config;
  private final IngestConfig ingest;
  private final Connections limits;
  private final InstantSource clock;
  private final Proxies proxies;
  private final @Nullable TlsDoor tls;
  private final TokenAuth auth;
  private final Intake intake;
  private final ByteBudget held;
  private final MqttCounters counters = new MqttCounters();
  private final EventLoopGroup loops;

  private final Set<ChannelHandlerContext> open = ConcurrentHashMap.newKeySet();

  private final AtomicLong accepted = new AtomicLong();
  private final AtomicInteger count = new AtomicInteger();
  private @Nullable Channel listener;

  /**
   * Listens to nothing yet.
   *
   * @param held what connections may have in memory together, apart from batches being taken in
   * @param bodies what those are claimed from; shared with other transports
   * @param clock time of readings that bring none
   * @param proxies say for whom a connection is
   * @param tls encrypts the port; null for plain text
   */
  public MqttEndpoint(
      MqttConfig config,
      IngestConfig ingest,
      Connections limits,
      ByteBudget held,
      ByteBudget bodies,
      Admission admission,
      TokenAuth auth,
      Limits clients,
      InstantSource clock,
      Proxies proxies,
      @Nullable TlsDoor tls) {
    this.config = config;
    this.ingest = ingest;
    this.limits = limits;
    this.held = held;
    this.auth = auth;
    this.clock = clock;
    this.proxies = proxies;
    this.tls = tls;
    List<TopicPattern> topics = config.topics().stream().map(TopicPattern::of).toList();
    this.intake = new Intake(ingest, topics, bodies, admission, clients);
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / PROCESSORS_A_LOOP);
    this.loops =
        new MultiThreadIoEventLoopGroup(
            threads, new DefaultThreadFactory("mqtt", true), NioIoHandler.newFactory());
  }

  /** What the port has done so far. */
  public MqttCounters counters() {
    return counters;
  }

  /** Connections accepted so far, those among them that were turned away. */
  public long accepted() {
    return accepted.get();
  }

  /** Connections that are open now. */
  public int connections() {
    return open.size();
  }

  /**
   * Listens.
   *
   * @throws IOException if the address cannot be listened on
   */
  public void open() throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, ingest.backlog())
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.ALLOCATOR, new UnpooledByteBufAllocator(false, true))
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(
                    LEAST_READ_BYTES, FIRST_READ_BYTES, MOST_READ_BYTES))
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(READ_AGAIN_BYTES, UNREAD_BYTES))
            .childHandler(new Accepted())
            .bind(config.host(), config.port())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      endLoops();
      throw new IOException(String.valueOf(bound.cause().getMessage()), bound.cause());
    }
    listener = bound.channel();
  }

  /** The port that is listened on. */
  public int port() {
    Channel channel = listener;
    if (channel == null) {
      throw new IllegalStateException("the MQTT port is not open");
    }
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** Accepts nothing more, says goodbye to every client, and ends the loops. */
  @Override
  public void close() {
    Channel channel = listener;
    if (channel != null) {
      channel.close().awaitUninterruptibly(STOP_MS);
    }
    List<ChannelHandlerContext> last = List.copyOf(open);
    for (ChannelHandlerContext each : last) {
      ((Connection) each.handler()).shutDown(each);
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_MS);
    for (ChannelHandlerContext each : last) {
      each.channel()
          .closeFuture()
          .awaitUninterruptibly(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
    endLoops();
  }

  private void endLoops() {
    loops.shutdownGracefully(0, STOP_MS, TimeUnit.MILLISECONDS).awaitUninterruptibly(STOP_MS);
  }

  /** Sets up what has just been accepted, or closes it. */
  private final class Accepted extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      accepted.incrementAndGet();
      InetSocketAddress from = (InetSocketAddress) channel.remoteAddress();
      boolean proxied = from != null && proxies.believes(from.getAddress());
      if (from == null || !enter(channel) || !(proxied || enter(channel, from.getAddress()))) {
        channel.close().addListener(closed -> counters.add(Closed.FULL));
        return;
      }
      Packets packets = new Packets(config.maxPacketBytes(), held);
      Connection connection =
          new Connection(
              config, ingest.bodyTimeout().toNanos(), auth, intake, counters, packets, clock);
      if (proxied) {
        channel.pipeline().addLast(new Introduction(proxies, MqttEndpoint.this, connection));
      }
      if (tls != null) {
        TlsHandshake.addTo(channel.pipeline(), tls, connection);
      }
      channel
          .pipeline()
          .addLast(packets)
          .addLast(new MqttDecoder(config.maxPacketBytes(), MOST_CLIENT_ID, true))
          .addLast(MqttEncoder.INSTANCE)
          .addLast(connection);
      ChannelHandlerContext ctx = channel.pipeline().context(connection);
      open.add(ctx);
      channel.closeFuture().addListener(closed -> open.remove(ctx));
    }
  }

  /** Counts a connection until it is closed, unless there are as many as there may be. */
  private boolean enter(Channel channel) {
    channel.closeFuture().addListener(closed -> count.decrementAndGet());
    return count.incrementAndGet() <= limits.most;
  }

  /** Likewise, for the address it comes from. */
  boolean enter(Channel channel, InetAddress address) {
    return limits.addresses.tryAdd(address, channel::isOpen);
  }
}
