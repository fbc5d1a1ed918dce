package dev.sluice.ingest.mqtt;

import dev.sluice.http.ByteBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Cuts what a connection sends into whole packets, and passes them on one by one for as long as
 * nothing holds the connection up; while something does, nothing is read from its socket. What the
 * connection has in memory beyond a little is claimed from a budget that all connections share.
 * Confined to the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // nobody waits for a look that comes later
final class Packets extends ChannelInboundHandlerAdapter {
  /** Why nothing is read from a connection. */
  enum Hold {
    /** As many messages wait as may. */
    MESSAGES,
    /** The client does not read its acknowledgements. */
    UNREAD,
    /** All connections together have too much in memory. */
    MEMORY
  }

  /** Bytes that each connection may have without a claim. */
  private static final int FREE_BYTES = 2 * 1024;

  /** Of a client that nobody knows yet: all of them share the budget with those that are known. */
  private static final int MOST_CONNECT_BYTES = 8 * 1024;

  private static final int MOST_LENGTH_BYTES = 4;
  private static final int UNKNOWN = 0;
  private static final int MALFORMED = -1;
  private static final long LOOK_AGAIN_MS = 100;

  private final int maxBytes;
  private final ByteBudget budget;
  private final Set<Hold> holds = EnumSet.noneOf(Hold.class);
  private ByteBuf bytes = Unpooled.EMPTY_BUFFER;
  private int waitingBytes;
  private int claimed;
  private boolean letIn;
  private boolean closed;

  /** Whether it is looked later if there is memory again. */
  private boolean looking;

  /** Whether the packet just passed on has reached the end of the pipeline. */
  private boolean decoded;

  /** When the first byte of the packet that is not whole yet came; 0 if there is none. */
  private long partialSinceNanos;

  /**
   * @param maxBytes largest packet
   * @param budget what all connections may have in memory
   */
  Packets(int maxBytes, ByteBudget budget) {
    this.maxBytes = maxBytes;
    this.budget = budget;
  }

  /** Whether anything holds the connection up. */
  boolean isHeld() {
    return !holds.isEmpty();
  }

  /** Whether a packet began this long ago and is not whole yet. */
  boolean isOverdue(long nowNanos, long mostNanos) {
    // While as many messages wait as may, it is not the client that is late.
    return partialSinceNanos != 0
        && !holds.contains(Hold.MESSAGES)
        && nowNanos - partialSinceNanos > mostNanos;
  }

  /** The client has shown who it is: its packets may be as large as is configured. */
  void letIn() {
    letIn = true;
  }

  /**
   * A packet has been decoded. One that has not, although it is whole, claims to hold more than it
   * does: the decoder would wait for that, and take it from the next packet.
   */
  void decoded() {
    decoded = true;
  }

  /** Reads nothing until this is freed. */
  void hold(ChannelHandlerContext ctx, Hold why) {
    holds.add(why);
    ctx.channel().config().setAutoRead(false);
  }

  /** Goes on if nothing else holds the connection up. */
  void free(ChannelHandlerContext ctx, Hold why) {
    if (!holds.remove(why) || isHeld() || closed) {
      return;
    }
    ChannelHandlerContext own = ctx.pipeline().context(this);
    partialSinceNanos = bytes.isReadable() ? System.nanoTime() | 1 : 0;
    passOn(own);
    own.fireChannelReadComplete();
    if (!isHeld()) {
      own.channel().config().setAutoRead(true);
    }
  }

  /** The connection's messages that wait take this much memory now. */
  void waiting(ChannelHandlerContext ctx, int messageBytes) {
    waitingBytes = messageBytes;
    claim(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf more = (ByteBuf) message;
    if (closed) {
      more.release();
      return;
    }
    if (partialSinceNanos == 0) {
      partialSinceNanos = System.nanoTime() | 1;
    }
    bytes = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), bytes, more);
    passOn(ctx);
    claim(ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    close(ctx);
    ctx.fireChannelInactive();
  }

  /** Drops what is not passed on yet, and takes nothing more. */
  void close(ChannelHandlerContext ctx) {
    closed = true;
    bytes.release();
    bytes = Unpooled.EMPTY_BUFFER;
    claim(ctx);
  }

  private void passOn(ChannelHandlerContext ctx) {
    while (!isHeld() && !closed) {
      int length = packetLength();
      int most = letIn ? maxBytes : Math.min(maxBytes, MOST_CONNECT_BYTES);
      if (length == MALFORMED || length > most) {
        ctx.fireExceptionCaught(unusable(length, most));
        close(ctx);
        return;
      }
      if (length == UNKNOWN || bytes.readableBytes() < length) {
        break;
      }
      decoded = false;
      ctx.fireChannelRead(bytes.readRetainedSlice(length));
      if (!decoded && !closed) {
        ctx.fireExceptionCaught(
            new CorruptedFrameException("a packet ends before what is in it does"));
        close(ctx);
        return;
      }
      partialSinceNanos = bytes.isReadable() ? System.nanoTime() | 1 : 0;
    }
    if (!closed && bytes.readerIndex() > 0) {
      keepRest(ctx);
    }
  }

  /** Keeps no memory for what has been passed on: it would grow with all that ever comes. */
  private void keepRest(ChannelHandlerContext ctx) {
    ByteBuf all = bytes;
    bytes =
        all.isReadable()
            ? ctx.alloc().heapBuffer(all.readableBytes()).writeBytes(all)
            : Unpooled.EMPTY_BUFFER;
    all.release();
  }

  private DecoderException unusable(int length, int most) {
    return length == MALFORMED
        ? new CorruptedFrameException("a packet's length has more than four bytes")
        : new TooLongFrameException(
            "a packet has %s bytes, allowed are %s (%s)"
                .formatted(
                    length, most, letIn ? "mqtt.max-packet-bytes" : "before the CONNECT is taken"));
  }

  /** Length of the packet that comes first, with its head. */
  private int packetLength() {
    int at = bytes.readerIndex() + 1;
    int remaining = 0;
    for (int i = 0; i < MOST_LENGTH_BYTES; i++, at++) {
      if (at >= bytes.writerIndex()) {
        return UNKNOWN;
      }
      int next = bytes.getByte(at);
      remaining |= (next & 0x7f) << (7 * i);
      if (next >= 0) {
        return 1 + i + 1 + remaining;
      }
    }
    return MALFORMED;
  }

  private void claim(ChannelHandlerContext ctx) {
    int wanted = Math.max(0, bytes.readableBytes() + waitingBytes - FREE_BYTES);
    if (wanted < claimed) {
      budget.give(claimed - wanted);
      claimed = wanted;
    } else if (wanted > claimed && budget.tryTake(wanted - claimed, claimed)) {
      claimed = wanted;
    }
    if (wanted == claimed) {
      free(ctx, Hold.MEMORY);
    } else if (holds.add(Hold.MEMORY)) {
      hold(ctx, Hold.MEMORY);
      if (!looking) {
        lookAgain(ctx);
      }
    }
  }

  private void lookAgain(ChannelHandlerContext ctx) {
    looking = true;
    ctx.executor()
        .schedule(
            () -> {
              looking = false;
              claim(ctx);
              if (holds.contains(Hold.MEMORY) && !looking) {
                lookAgain(ctx);
              }
            },
            LOOK_AGAIN_MS,
            TimeUnit.MILLISECONDS);
  }
}
