package dev.sluice.http.auth;

import dev.sluice.http.auth.TokensFileException.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that are valid now. One thread looks at the file; what it found may be read by any.
 *
 * <p>A file that is not as it should be is refused: it cannot be read, somebody else may write to
 * it, it holds no token, it has been cut, or one of its lines is wrong. The tokens then stay as
 * they were, until {@code auth.stale-after} has passed since the file was last good. After that
 * none is valid, because nobody can tell which of them have been revoked.
 */
public final class TokensFile {
  private static final Logger LOG = LoggerFactory.getLogger(TokensFile.class);

  /**
   * A file that changed less than this before it was read may change again without a new timestamp.
   */
  private static final Duration TIMESTAMP_GRAIN = Duration.ofSeconds(2);

  private final Path file;
  private final Duration staleAfter;
  private final LongSupplier nanoTime;
  private final Map<Fault, LongAdder> refusals = new EnumMap<>(Fault.class);

  /** Null if the file has not been good for too long. */
  private volatile @Nullable Tokens tokens;

  private volatile long goodNanos;
  private FileState state;
  private FileTime readAt;

  /** What the file was refused for when it was last looked at; empty if it was good. */
  private volatile String trouble = "";

  /**
   * Reads the file for the first time.
   *
   * @param staleAfter how long its tokens are valid while it is not good
   * @throws IOException if it cannot be read
   * @throws TokensFileException if it is refused; the message says why
   */
  TokensFile(Path file, Duration staleAfter) throws IOException {
    this(file, staleAfter, System::nanoTime);
  }

  TokensFile(Path file, Duration staleAfter, LongSupplier nanoTime) throws IOException {
    this.file = file;
    this.staleAfter = staleAfter;
    this.nanoTime = nanoTime;
    for (Fault fault : Fault.values()) {
      refusals.put(fault, new LongAdder());
    }
    this.readAt = now();
    this.state = FileState.of(file);
    this.tokens = read(state);
    this.goodNanos = nanoTime.getAsLong();
    if (state.isReadByOthers()) {
      LOG.warn("Others than its owner can read {}: run chmod 600 on it", file);
    }
  }

  /**
   * Applies the rule that a running Sluice has for its tokens file. Run by root, the file may
   * belong to any user.
   *
   * @return whether others than the owner may read it, which is not refused
   * @throws IOException if it cannot be read
   * @throws TokensFileException if a running Sluice would refuse it; the message says why
   */
  public static boolean requireUsable(Path file) throws IOException {
    FileState seen = FileState.of(file);
    seen.requireKeptUnlessRoot(file);
    requireTokens(file, TokenLines.read(file));
    return seen.isReadByOthers();
  }

  /** The tokens valid now; null while the file has not been good for too long. */
  @Nullable Tokens tokens() {
    return tokens;
  }

  /** Number of tokens and certificates that are known and not expired at this instant. */
  public int valid(Instant now) {
    Tokens known = tokens;
    return known == null ? 0 : known.count() - known.expired(now);
  }

  /** Number of tokens and certificates that are known, but expired at this instant. */
  public int expired(Instant now) {
    Tokens known = tokens;
    return known == null ? 0 : known.expired(now);
  }

  /** Why the file is refused as it is now, and how long that does no harm; empty if it is good. */
  public Optional<String> problem() {
    String why = trouble;
    if (why.isEmpty()) {
      return Optional.empty();
    }
    Duration left = staleAfter.minus(age());
    return Optional.of(
        tokens == null || left.isNegative()
            ? "no token is valid any more, because the tokens file has been refused for longer than"
                + " auth.stale-after: "
                + why
            : "the tokens file is refused, and the tokens read before are valid for another %s: %s"
                .formatted(roughly(left), why));
  }

  private static String roughly(Duration left) {
    return left.toHours() >= 2 ? left.toHours() + " h" : left.toMinutes() + " min";
  }

  /** How long the tokens read before are valid while the file is refused. */
  public Duration staleAfter() {
    return staleAfter;
  }

  /** Time since the file was last good; a second or two if all is well. */
  public Duration age() {
    return Duration.ofNanos(nanoTime.getAsLong() - goodNanos);
  }

  /** How many times a version of the file was refused for this. */
  public long refused(Fault fault) {
    return counter(fault).sum();
  }

  /** Checks the file, and reads it if it has changed. Called by one thread, every second or so. */
  void look() {
    try {
      FileState seen = FileState.of(file);
      if (!seen.equals(state) || !trouble.isEmpty() || !isSettled()) {
        load(seen);
      }
      goodNanos = nanoTime.getAsLong();
      trouble = "";
    } catch (TokensFileException e) {
      refuse(e.fault(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      refuse(Fault.UNREADABLE, file + " cannot be read: " + e);
    }
  }

  private void load(FileState seen) throws IOException {
    FileTime at = now();
    Tokens read = read(seen);
    if (!seen.equals(state) || !trouble.isEmpty()) {
      LOG.info("Read {}, which has changed; tokens now: {}", file, read.count());
    }
    tokens = read;
    readAt = at;
    state = seen;
  }

  private Tokens read(FileState seen) throws IOException {
    seen.requireKept(file);
    return new Tokens(requireTokens(file, TokenLines.read(file)).tokens());
  }

  private static TokenLines requireTokens(Path file, TokenLines lines) {
    if (lines.tokens().isEmpty()) {
      throw new TokensFileException(
          Fault.EMPTY, file + " holds no token: add one with sluice tokens add");
    }
    return lines;
  }

  private void refuse(Fault fault, String message) {
    if (!message.equals(trouble)) {
      counter(fault).increment();
      LOG.error("The tokens in use are unchanged, until auth.stale-after has passed: {}", message);
    }
    trouble = message;
    if (tokens != null && age().compareTo(staleAfter) > 0) {
      tokens = null;
      LOG.error(
          "No token is valid any more: the tokens file has not been good for {}, allowed by"
              + " auth.stale-after are {}: {}",
          age(),
          staleAfter,
          message);
    }
  }

  private boolean isSettled() {
    return readAt.toMillis() - state.modified().toMillis() > TIMESTAMP_GRAIN.toMillis();
  }

  private static FileTime now() {
    return FileTime.fromMillis(System.currentTimeMillis());
  }

  private LongAdder counter(Fault fault) {
    LongAdder counter = refusals.get(fault);
    if (counter == null) {
      throw new AssertionError("no counter for " + fault);
    }
    return counter;
  }
}
