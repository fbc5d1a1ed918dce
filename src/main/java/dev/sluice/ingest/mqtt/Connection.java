package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.auth.Verdict;
import dev.sluice.reading.Micros;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: lets it in, takes its messages in, and acknowledges each once the
 * journal has it. Confined to the connection's event loop, which never waits: a batch of messages
 * is taken in on a virtual thread, one batch at a time, so messages reach the journal and
 * acknowledgements the client in the order in which the messages came.
 *
 * <p>While the journal has no room, or the client is over its limit, messages wait here and are not
 * acknowledged; further ones are read until as many wait as may, so that the client is answered
 * that the connection is alive. Messages of QoS 0 still waiting when the client has gone are tried
 * once more; any other its sender still has.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails ends the connection by itself
final class Connection extends SimpleChannelInboundHandler<MqttMessage> {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** Most messages that are appended together. */
  private static final int BATCH = 100;

  /** Most memory that messages which wait may take; one message may take more. */
  private static final int WAITING_BYTES = 256 * 1024;

  private static final long MOST_CONNECT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LAST_WORDS_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long LOOK_EVERY_MS = 1_000;
  private static final long LONGEST_WAIT_MS = 2_000;
  private static final int MOST_DOUBLINGS = 5;
  private static final int RANDOM_ID_BYTES = 8;
  private static final SecureRandom RANDOM = new SecureRandom();

  private enum Stage {
    /** Nothing has come yet. */
    NEW,
    CONNECTED,
    /** What still comes is ignored. */
    CLOSED
  }

  private final MqttConfig config;
  private final long stallNanos;
  private final TokenAuth auth;
  private final Intake intake;
  private final MqttCounters counters;
  private final Packets packets;
  private final InstantSource clock;

  private Stage stage = Stage.NEW;
  private Replies replies = new Replies(false, false);
  private String token = "";
  private @Nullable Certificate certificate;
  private @Nullable Client client;
  private @Nullable InetSocketAddress from;
  private long keepAliveNanos;
  private long heardNanos = System.nanoTime();
  private long closedNanos;

  /** When the client stopped reading its acknowledgements; 0 while it reads them. */
  private long unreadSinceNanos;

  /**
   * When the last message came. No two have the same time: otherwise the later reading of a device
   * would replace the one before.
   */
  private long receivedMicros;

  private final Deque<Message> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private boolean taking;
  private boolean putOff;

  /** Whether tokens cannot be checked now, so that nobody's messages are taken. */
  private boolean unchecked;

  /** Whether its token has become invalid, so that none of its messages are taken. */
  private boolean revoked;

  private int waits;

  /**
   * @param stallNanos how long a packet may take to come, and answers to be read
   */
  Connection(
      MqttConfig config,
      long stallNanos,
      TokenAuth auth,
      Intake intake,
      MqttCounters counters,
      Packets packets,
      InstantSource clock) {
    this.config = config;
    this.stallNanos = stallNanos;
    this.auth = auth;
    this.intake = intake;
    this.counters = counters;
    this.packets = packets;
    this.clock = clock;
  }

  /** The certificate that the client has shown; called before it sends anything. */
  void shown(Certificate shown) {
    certificate = shown;
  }

  /** Where the client is, as a proxy says; called before it sends anything. */
  void cameFrom(InetSocketAddress client) {
    from = client;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    from = (InetSocketAddress) ctx.channel().remoteAddress();
    lookLater(ctx);
    ctx.fireChannelActive();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, MqttMessage packet) {
    packets.decoded();
    heardNanos = System.nanoTime();
    if (stage == Stage.CLOSED) {
      return;
    }
    if (packet.decoderResult().isFailure()) {
      malformed(ctx, packet.decoderResult().cause());
      return;
    }
    if (packet instanceof MqttConnectMessage connect) {
      if (stage == Stage.NEW) {
        connect(ctx, connect);
      } else {
        refuse(ctx, "a second CONNECT");
      }
      return;
    }
    if (stage == Stage.NEW) {
      refuse(ctx, "the first packet is a " + packet.fixedHeader().messageType());
      return;
    }
    switch (packet.fixedHeader().messageType()) {
      case PUBLISH -> publish(ctx, (MqttPublishMessage) packet);
      case PUBREL ->
          ctx.write(
              replies.complete(
                  ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId()));
      case PINGREQ -> ctx.write(Replies.alive());
      case SUBSCRIBE -> ctx.write(replies.noBroker((MqttSubscribeMessage) packet));
      case UNSUBSCRIBE -> ctx.write(replies.noBroker((MqttUnsubscribeMessage) packet));
      case DISCONNECT -> end(ctx, null);
      case CONNECT, CONNACK, PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK, PINGRESP, AUTH ->
          refuse(ctx, "a " + packet.fixedHeader().messageType() + " that nobody asked for");
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    takeNext(ctx);
    ctx.flush();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      unreadSinceNanos = 0;
      heardNanos = System.nanoTime();
      // Later, because this may come from the middle of reading what to answer.
      ctx.executor().execute(() -> packets.free(ctx, Packets.Hold.UNREAD));
    } else {
      unreadSinceNanos = System.nanoTime() | 1;
      packets.hold(ctx, Packets.Hold.UNREAD);
      // What is written is sent only when it is flushed, and nothing else may come to do that.
      ctx.flush();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    stage = Stage.CLOSED;
    settleAfterEnd(ctx);
    takeNext(ctx);
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    switch (cause) {
      case TooLongFrameException e ->
          close(ctx, Closed.TOO_LARGE, MqttReasonCodes.Disconnect.PACKET_TOO_LARGE, text(e));
      case DecoderException e when e.getCause() instanceof SSLException ->
          close(ctx, null, MqttReasonCodes.Disconnect.UNSPECIFIED_ERROR, "");
      case DecoderException e -> malformed(ctx, e);
      case IOException e -> ctx.close(); // the client has gone
      default -> {
        LOG.error("A fault of Sluice's own ended an MQTT connection", cause);
        ctx.close();
      }
    }
  }

  private static String text(Throwable e) {
    return String.valueOf(e.getMessage());
  }

  // ---- who it is

  private void connect(ChannelHandlerContext ctx, MqttConnectMessage packet) {
    MqttConnectVariableHeader header = packet.variableHeader();
    boolean v5 = header.version() == MqttVersion.MQTT_5.protocolLevel();
    replies = new Replies(v5, v5 && wantsReasons(header.properties()));
    byte[] password = packet.payload().passwordInBytes();
    token = password == null ? "" : new String(password, UTF_8);
    String id = packet.payload().clientIdentifier();
    if (header.properties().getProperty(MqttProperties.AUTHENTICATION_METHOD) != null) {
      turnAway(
          ctx,
          Closed.TOKEN,
          MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
          MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD,
          "no authentication method is known: send a token as the password");
      return;
    }
    if (id.isEmpty() && !v5 && !header.isCleanSession()) {
      turnAway(
          ctx,
          Closed.PROTOCOL,
          MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
          MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID,
          "");
      return;
    }
    InetAddress address = address();
    switch (auth.of(token, certificate, address)) {
      case Verdict.Known known when known.client().scopes().contains(Scope.WRITE) ->
          welcome(ctx, known.client(), header, id.isEmpty());
      case Verdict.Known known ->
          turnAway(
              ctx,
              Closed.TOKEN,
              MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
              MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5,
              "this token has no scope write");
      case Verdict.Refused refused -> turnAway(ctx, refused, auth.refused(refused, address));
      case Verdict.Unchecked unchecked ->
          turnAway(
              ctx,
              Closed.UNCHECKED,
              MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE,
              MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE_5,
              "the tokens file cannot be used: see Sluice's log");
    }
  }

  private static boolean wantsReasons(MqttProperties properties) {
    Integer problems = number(properties, MqttProperties.REQUEST_PROBLEM_INFORMATION);
    Integer most = number(properties, MqttProperties.MAXIMUM_PACKET_SIZE);
    return (problems == null || problems != 0) && (most == null || most >= Replies.MOST_BYTES);
  }

  private static @Nullable Integer number(MqttProperties properties, int id) {
    return properties.getProperty(id) instanceof MqttProperties.IntegerProperty number
        ? number.value()
        : null;
  }

  private @Nullable InetAddress address() {
    return from == null ? null : from.getAddress();
  }

  private void welcome(
      ChannelHandlerContext ctx, Client known, MqttConnectVariableHeader header, boolean unnamed) {
    client = known;
    stage = Stage.CONNECTED;
    packets.letIn();
    keepAliveNanos = TimeUnit.SECONDS.toNanos(header.keepAliveTimeSeconds()) * 3 / 2;
    counters.addConnect();
    ctx.write(Replies.connected(replies.v5() ? abilities(unnamed) : MqttProperties.NO_PROPERTIES));
  }

  /** What a client of MQTT 5 is told about the endpoint. */
  private MqttProperties abilities(boolean unnamed) {
    MqttMessageBuilders.ConnAckPropertiesBuilder builder =
        new MqttMessageBuilders.ConnAckPropertiesBuilder()
            .sessionExpiryInterval(0)
            .receiveMaximum(config.maxInflight())
            .maximumPacketSize(config.maxPacketBytes())
            .wildcardSubscriptionAvailable(false)
            .subscriptionIdentifiersAvailable(false)
            .sharedSubscriptionAvailable(false);
    if (unnamed) {
      byte[] random = new byte[RANDOM_ID_BYTES];
      RANDOM.nextBytes(random);
      builder.assignedClientId("sluice-" + ByteBufUtil.hexDump(random));
    }
    return builder.build();
  }

  /** Like HTTP, it asks an address that sends too many unknown tokens to wait. */
  private void turnAway(ChannelHandlerContext ctx, Verdict.Refused refused, int waitSeconds) {
    switch (refused.reason()) {
      case ADDRESS ->
          turnAway(
              ctx,
              Closed.TOKEN,
              MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
              MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5,
              refused.message());
      case MISSING, UNKNOWN, EXPIRED ->
          turnAway(
              ctx,
              Closed.TOKEN,
              MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD,
              waitSeconds > 0
                  ? MqttConnectReturnCode.CONNECTION_REFUSED_CONNECTION_RATE_EXCEEDED
                  : MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD,
              "no valid token: send one with scope write as the password"
                  + (waitSeconds > 0 ? "; wait " + waitSeconds + " s" : ""));
    }
  }

  private void turnAway(
      ChannelHandlerContext ctx,
      Closed why,
      MqttConnectReturnCode inV3,
      MqttConnectReturnCode inV5,
      String reason) {
    counters.add(why);
    end(ctx, replies.refused(inV3, inV5, reason));
  }

  // ---- messages

  private void publish(ChannelHandlerContext ctx, MqttPublishMessage packet) {
    if (packet.variableHeader().topicName().isEmpty()) {
      refuse(ctx, "a PUBLISH without a topic");
      return;
    }
    receivedMicros = Math.max(receivedMicros + 1, Micros.of(clock.instant()));
    Message message = Message.of(packet, receivedMicros);
    waiting.add(message);
    waitingBytes += message.bytes();
    packets.waiting(ctx, waitingBytes);
    if (waiting.size() >= config.maxInflight() || waitingBytes >= WAITING_BYTES) {
      packets.hold(ctx, Packets.Hold.MESSAGES);
    }
    if (waiting.size() >= BATCH) {
      takeNext(ctx);
    }
  }

  /** Has the messages that have waited longest taken in, unless others are. */
  private void takeNext(ChannelHandlerContext ctx) {
    Client known = client;
    InetSocketAddress sender = from;
    if (taking
        || putOff
        || unchecked
        || revoked
        || waiting.isEmpty()
        || known == null
        || sender == null) {
      return;
    }
    taking = true;
    List<Message> batch = waiting.stream().limit(BATCH).toList();
    Thread.startVirtualThread(() -> take(ctx, batch, known, sender));
  }

  /** Runs on a virtual thread. */
  private void take(
      ChannelHandlerContext ctx, List<Message> batch, Client known, InetSocketAddress sender) {
    Taken taken;
    try {
      taken = intake.take(batch, known, sender);
    } catch (RuntimeException | Error e) {
      LOG.error("A fault of Sluice's own kept MQTT messages from being taken in", e);
      taken = Taken.notNow(LONGEST_WAIT_MS);
    }
    Taken result = taken;
    try {
      ctx.executor().execute(() -> taken(ctx, result));
    } catch (RejectedExecutionException e) {
      LOG.debug("An MQTT batch was taken in after the port was closed, and is not acknowledged");
    }
  }

  private void taken(ChannelHandlerContext ctx, Taken taken) {
    taking = false;
    for (Answer answer : taken.answers()) {
      Message message = waiting.remove();
      waitingBytes -= message.bytes();
      counters.add(answer, message, client == null ? "" : client.name());
      if (message.qos() > 0 && stage != Stage.CLOSED) {
        ctx.write(replies.settled(message, answer));
      }
    }
    waits = taken.answers().isEmpty() ? waits : 0;
    if (taken.retryMs() > 0) {
      putOff(ctx, taken.retryMs());
    }
    if (stage == Stage.CLOSED) {
      settleAfterEnd(ctx);
    }
    packets.waiting(ctx, waitingBytes);
    if (waiting.size() < config.maxInflight() && waitingBytes < WAITING_BYTES) {
      heardNanos = System.nanoTime();
      packets.free(ctx, Packets.Hold.MESSAGES);
    }
    takeNext(ctx);
    ctx.flush();
  }

  /** Waits longer each time, and not as long as others do, so that not all come at once. */
  private void putOff(ChannelHandlerContext ctx, long leastMs) {
    counters.addWait();
    putOff = true;
    long grown = leastMs << Math.min(waits++, MOST_DOUBLINGS);
    long delay = Math.max(leastMs, Math.min(grown, LONGEST_WAIT_MS));
    long jitter = ThreadLocalRandom.current().nextLong(delay / 4 + 1);
    ctx.executor().schedule(() -> tryAgain(ctx), delay + jitter, TimeUnit.MILLISECONDS);
  }

  private void tryAgain(ChannelHandlerContext ctx) {
    putOff = false;
    takeNext(ctx);
  }

  /** Drops what nobody waits for any more, once the client has gone. */
  private void settleAfterEnd(ChannelHandlerContext ctx) {
    if (taking) {
      return; // the batch is the beginning of what waits
    }
    if (putOff || unchecked || revoked) {
      waiting.stream().filter(message -> message.qos() == 0).forEach(m -> counters.add(Fate.LOST));
      waiting.clear();
    } else {
      waiting.removeIf(message -> message.qos() > 0);
    }
    waitingBytes = waiting.stream().mapToInt(Message::bytes).sum();
    packets.waiting(ctx, waitingBytes);
  }

  // ---- its end

  private void lookLater(ChannelHandlerContext ctx) {
    ctx.executor().schedule(() -> look(ctx), LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
  }

  /** Ends connections that are not worth keeping. */
  private void look(ChannelHandlerContext ctx) {
    long now = System.nanoTime();
    if (!ctx.channel().isActive()) {
      return;
    }
    if (stage == Stage.CLOSED && now - closedNanos > LAST_WORDS_NANOS) {
      ctx.close();
    } else if (stage == Stage.NEW && now - heardNanos > Math.min(MOST_CONNECT_NANOS, stallNanos)) {
      counters.add(Closed.SILENT);
      end(ctx, null);
    } else if (packets.isOverdue(now, stallNanos)
        || (unreadSinceNanos != 0 && now - unreadSinceNanos > stallNanos)) {
      // An answer would only wait behind the others.
      counters.add(Closed.STALLED);
      ctx.close();
    } else if (stage == Stage.CONNECTED) {
      lookAtClient(ctx, now);
    }
    lookLater(ctx);
  }

  private void lookAtClient(ChannelHandlerContext ctx, long now) {
    // While nothing is read its pings are not heard, nor that it has gone; by then it has given up.
    long patience = packets.isHeld() ? 2 * keepAliveNanos : keepAliveNanos;
    if (keepAliveNanos > 0 && now - heardNanos > patience) {
      close(
          ctx,
          Closed.KEEP_ALIVE,
          MqttReasonCodes.Disconnect.KEEP_ALIVE_TIMEOUT,
          "nothing came for one and a half times the keep-alive");
    } else if (!mayStillWrite()) {
      revoked = true;
      close(
          ctx,
          Closed.REVOKED,
          MqttReasonCodes.Disconnect.NOT_AUTHORIZED,
          "the token is not valid any more");
    } else {
      takeNext(ctx);
    }
  }

  /** While the tokens file cannot be used at all, the client stays, and its messages wait. */
  private boolean mayStillWrite() {
    Verdict verdict = auth.of(token, certificate, address());
    unchecked = verdict instanceof Verdict.Unchecked;
    if (verdict instanceof Verdict.Known known) {
      client = known.client();
      return known.client().scopes().contains(Scope.WRITE);
    }
    return unchecked;
  }

  /** Says goodbye because Sluice stops. May be called from any thread. */
  void shutDown(ChannelHandlerContext ctx) {
    ctx.executor()
        .execute(() ->
            close(
                ctx,
                Closed.SHUTDOWN,
                MqttReasonCodes.Disconnect.SERVER_SHUTTING_DOWN,
                "Sluice is stopping"));
  }

  private void malformed(ChannelHandlerContext ctx, Throwable cause) {
    if (stage == Stage.NEW && cause instanceof MqttUnacceptableProtocolVersionException) {
      turnAway(
          ctx,
          Closed.PROTOCOL,
          MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION,
          MqttConnectReturnCode.CONNECTION_REFUSED_UNSUPPORTED_PROTOCOL_VERSION,
          "");
      return;
    }
    close(ctx, Closed.PROTOCOL, MqttReasonCodes.Disconnect.MALFORMED_PACKET, text(cause));
  }

  private void refuse(ChannelHandlerContext ctx, String what) {
    close(ctx, Closed.PROTOCOL, MqttReasonCodes.Disconnect.PROTOCOL_ERROR, what);
  }

  private void close(
      ChannelHandlerContext ctx,
      @Nullable Closed why,
      MqttReasonCodes.Disconnect code,
      String reason) {
    if (stage == Stage.CLOSED) {
      return;
    }
    if (why != null) {
      counters.add(why);
    }
    boolean told = stage == Stage.CONNECTED && replies.v5();
    end(ctx, told ? replies.goodbye(code, reason) : null);
  }

  /** Closes once this, and everything before it, is sent. */
  private void end(ChannelHandlerContext ctx, @Nullable MqttMessage last) {
    stage = Stage.CLOSED;
    closedNanos = System.nanoTime();
    packets.close(ctx);
    (last == null ? ctx.writeAndFlush(Unpooled.EMPTY_BUFFER) : ctx.writeAndFlush(last))
        .addListener(ChannelFutureListener.CLOSE);
  }
}
