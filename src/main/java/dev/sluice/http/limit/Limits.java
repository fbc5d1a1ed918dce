package dev.sluice.http.limit;

import dev.sluice.http.AddressKey;
import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.ClientWatch;
import dev.sluice.http.auth.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The account of each client. Those of the tokens file have one each, which outlasts a reload;
 * addresses have a place in a table of fixed size, which strangers may share. Where an address
 * lands is another secret in every process, so nobody can choose whose place to share. Thread-safe,
 * without a lock.
 *
 * <p>The loopback addresses are one client, which has no share: it is a proxy on this machine that
 * stands for many, or nobody else can come in. A client that alone may write, or read, has no share
 * of that either.
 */
public final class Limits implements ClientWatch {
  /** Addresses that are told apart, about; each has 400 bytes once it is used. */
  static final int SLOTS = 16_384;

  private static final int SLOT_BITS = Integer.numberOfTrailingZeros(SLOTS);

  private final LimitsConfig config;
  private final LongSupplier nanoTime;
  private final long seed;
  private final LimitCounters counters = new LimitCounters();
  private final @Nullable Gcra failedTokens;
  private final AtomicReferenceArray<@Nullable Account> strangers =
      new AtomicReferenceArray<>(SLOTS);
  private final Account local;

  /** Replaced, never changed. */
  private volatile Map<String, Account> named = Map.of();

  /** Creates the limits; nobody has used up anything. */
  public Limits(LimitsConfig config) {
    this(config, sinceNow(System::nanoTime), new SecureRandom().nextLong());
  }

  /**
   * @param nanoTime never negative
   * @param seed decides which addresses share a place
   */
  Limits(LimitsConfig config, LongSupplier nanoTime, long seed) {
    this.config = config;
    this.nanoTime = nanoTime;
    this.seed = seed;
    this.failedTokens = config.unknownPerSecond() == 0 ? null : new Gcra(config.unknownPerSecond());
    this.local = account("", config.withoutShares(true, true), null);
  }

  /** Limits that limit nothing. */
  public static Limits none() {
    return new Limits(LimitsConfig.NONE);
  }

  private static LongSupplier sinceNow(LongSupplier nanoTime) {
    long begin = nanoTime.getAsLong();
    return () -> nanoTime.getAsLong() - begin;
  }

  /** How often each limit refused something. */
  public LimitCounters counters() {
    return counters;
  }

  /** Refused requests of each client of the tokens file that had some, by name. */
  public Map<String, Long> refusalsByName() {
    Map<String, Long> refusals = new TreeMap<>();
    named.forEach((name, account) -> {
      long count = account.refusals();
      if (count > 0) {
        refusals.put(name, count);
      }
    });
    return refusals;
  }

  /**
   * The account of a client.
   *
   * @param from the other end of its connection
   */
  public Account of(Client client, SocketAddress from) {
    if (client.kind() == Client.Kind.ADDRESS) {
      return ofAddress(from instanceof InetSocketAddress socket ? socket.getAddress() : null);
    }
    Account account = named.get(client.name());
    // A name that is new in the file, or just gone from it.
    return account == null ? stranger(client.name().hashCode()) : account;
  }

  /** Keeps the accounts of clients that were known before. Called by one thread at a time. */
  @Override
  public void clients(Collection<Client> all) {
    boolean oneWrites = all.stream().filter(one -> one.scopes().contains(Scope.WRITE)).count() == 1;
    boolean oneReads = all.stream().filter(one -> one.scopes().contains(Scope.READ)).count() == 1;
    Map<String, Account> before = named;
    Map<String, Account> accounts = HashMap.newHashMap(all.size());
    for (Client client : all) {
      LimitsConfig own = config.with(client.limits()).withoutShares(oneWrites, oneReads);
      accounts.put(client.name(), account(client.name(), own, before.get(client.name())));
    }
    named = accounts;
  }

  @Override
  public int failedToken(@Nullable InetAddress from) {
    Gcra rate = failedTokens;
    if (rate == null) {
      return 0;
    }
    long wait = stranger(key(from)).passFailedToken(rate);
    if (wait == 0) {
      return 0;
    }
    counters.add(Limit.UNKNOWN_PER_SECOND);
    return Account.seconds(wait);
  }

  /** The account of whoever has this address. */
  public Account ofAddress(@Nullable InetAddress address) {
    if (config.isUnlimited()) {
      return Account.UNLIMITED;
    }
    if (address != null && address.isLoopbackAddress()) {
      return local;
    }
    return stranger(key(address));
  }

  private static long key(@Nullable InetAddress address) {
    return address == null ? 0 : AddressKey.of(address);
  }

  private Account stranger(long key) {
    int slot = slot(key ^ seed);
    Account account = strangers.get(slot);
    if (account != null) {
      return account;
    }
    Account made = account("", config, null);
    Account first = strangers.compareAndExchange(slot, null, made);
    return first == null ? made : first;
  }

  /** The finalizer of MurmurHash3, whose upper bits depend on all of the key. */
  private static int slot(long key) {
    long mixed = (key ^ key >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return (int) (mixed >>> (Long.SIZE - SLOT_BITS));
  }

  private Account account(String name, LimitsConfig limits, @Nullable Account before) {
    return new Account(name, limits, counters, nanoTime, before);
  }
}
