package dev.sluice.journal.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that behaves as badly as a real one may: unsynced sectors and names survive a
 * power cut at random, operations fail or kill the process when told to, writes tear at sectors,
 * space runs out, an interrupt breaks a read or a sync. Files opened before a crash answer nothing
 * but exceptions after it.
 */
final class FaultyDisk implements Disk {
  static final int SECTOR_BYTES = 512;

  enum Op {
    WRITE,
    FORCE,
    TRUNCATE,
    CREATE,
    RENAME,
    DELETE,
    SYNC_DIRECTORY
  }

  private enum Fault {
    FAIL,
    FAIL_AND_FORGET,
    DIE,
    ERROR
  }

  private record Plan(Fault fault, int countdown) {}

  private record NameChange(Path name, @Nullable Node before, @Nullable Node after) {}

  private final SplittableRandom random;
  private final Map<Path, Node> names = new HashMap<>();
  private final Set<Path> directories = new HashSet<>();
  private final List<NameChange> unsyncedNames = new ArrayList<>();
  private final Set<Path> locks = new HashSet<>();
  private final Map<Op, Plan> plans = new EnumMap<>(Op.class);
  private final Map<Op, Integer> done = new EnumMap<>(Op.class);
  private long capacityBytes = Long.MAX_VALUE;
  private int process;
  private boolean forgot;
  private volatile Runnable beforeWrite = () -> {};

  FaultyDisk(long seed) {
    random = new SplittableRandom(seed);
  }

  /** The nth operation of this kind from now on fails; a write is torn. */
  synchronized void fail(Op op, int nth) {
    plans.put(op, new Plan(Fault.FAIL, nth));
  }

  /** The nth sync from now on fails and, as kernels do, marks the unsynced sectors clean. */
  synchronized void failAndForget(int nth) {
    plans.put(Op.FORCE, new Plan(Fault.FAIL_AND_FORGET, nth));
  }

  /** The process dies in the nth operation of this kind from now on. */
  synchronized void dieAt(Op op, int nth) {
    plans.put(op, new Plan(Fault.DIE, nth));
  }

  /** The nth operation of this kind from now on ends as one without memory does. */
  synchronized void runOutOfMemoryAt(Op op, int nth) {
    plans.put(op, new Plan(Fault.ERROR, nth));
  }

  /** Runs before each write from now on, in the thread that writes. */
  void beforeWrites(Runnable action) {
    beforeWrite = action;
  }

  synchronized void heal() {
    plans.clear();
    capacityBytes = Long.MAX_VALUE;
  }

  /** Whether a sync has failed and forgotten since the last power cut. */
  synchronized boolean forgot() {
    return forgot;
  }

  synchronized void freeBytes(long bytes) {
    capacityBytes = used() + bytes;
  }

  synchronized int done(Op op) {
    return done.getOrDefault(op, 0);
  }

  synchronized int process() {
    return process;
  }

  /** Whether a power cut now would change nothing in this directory itself. */
  boolean clean(Path directory) {
    return unsynced(directory).isEmpty();
  }

  /** What a power cut now could change in this directory itself. */
  synchronized List<String> unsynced(Path directory) {
    List<String> unsynced = new ArrayList<>();
    for (NameChange change : unsyncedNames) {
      if (directory.equals(change.name.getParent())) {
        unsynced.add("name " + change.name);
      }
    }
    names.forEach((name, node) -> {
      if (directory.equals(name.getParent()) && !node.clean()) {
        unsynced.add("bytes of " + name);
      }
    });
    return unsynced;
  }

  /** The process dies: what it wrote stays. */
  synchronized void kill() {
    process++;
    locks.clear();
    plans.clear();
  }

  /** The machine dies: what was not synced stays or goes, sector by sector, name by name. */
  synchronized void powerCut() {
    kill();
    int keepPercent = new int[] {0, 50, 90, 100}[random.nextInt(4)];
    for (int i = unsyncedNames.size() - 1; i >= 0; i--) {
      NameChange change = unsyncedNames.get(i);
      if (random.nextInt(100) >= keepPercent && names.get(change.name) == change.after) {
        put(change.name, change.before);
      }
    }
    unsyncedNames.clear();
    forgot = false;
    names.values().forEach(node -> node.powerCut(random, keepPercent));
  }

  synchronized byte[] bytes(Path file) {
    Node node = Objects.requireNonNull(names.get(file));
    return Arrays.copyOf(node.bytes, node.size);
  }

  /** Changes a file from outside, durably. */
  synchronized void damage(Path file, byte[] bytes) {
    Node node = new Node();
    node.write(ByteBuffer.wrap(bytes), 0, bytes.length);
    node.force();
    names.put(file, node);
  }

  synchronized void remove(Path file) {
    names.remove(file);
  }

  @Override
  public synchronized void createDirectories(Path directory) {
    directories.add(directory);
  }

  @Override
  public synchronized List<String> list(Path directory) {
    List<String> entries = new ArrayList<>();
    names.keySet().stream()
        .filter(path -> directory.equals(path.getParent()))
        .forEach(path -> entries.add(path.getFileName().toString()));
    return entries;
  }

  @Override
  public synchronized DiskFile create(Path file) throws IOException {
    check(Op.CREATE, process);
    if (names.containsKey(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Node node = new Node();
    unsyncedNames.add(new NameChange(file, null, node));
    names.put(file, node);
    return new Handle(node, process);
  }

  @Override
  public synchronized DiskFile open(Path file) throws IOException {
    Node node = names.get(file);
    if (node == null) {
      throw new NoSuchFileException(file.toString());
    }
    return new Handle(node, process);
  }

  @Override
  public DiskFile openToRead(Path file) throws IOException {
    return open(file);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    check(Op.RENAME, process);
    Node node = names.remove(from);
    if (node == null) {
      throw new NoSuchFileException(from.toString());
    }
    Node replaced = names.put(to, node);
    unsyncedNames.add(new NameChange(to, replaced, node));
    unsyncedNames.add(new NameChange(from, node, null));
  }

  @Override
  public synchronized void delete(Path file) throws IOException {
    check(Op.DELETE, process);
    Node node = names.remove(file);
    if (node == null) {
      throw new NoSuchFileException(file.toString());
    }
    unsyncedNames.add(new NameChange(file, node, null));
  }

  @Override
  public synchronized void syncDirectory(Path directory) throws IOException {
    breakIfInterrupted();
    check(Op.SYNC_DIRECTORY, process);
    unsyncedNames.removeIf(change -> directory.equals(change.name.getParent()));
  }

  @Override
  public synchronized Closeable lock(Path directory) throws IOException {
    if (!locks.add(directory)) {
      throw new IOException(directory + " is in use");
    }
    int holder = process;
    return () -> {
      synchronized (this) {
        if (holder == process) {
          locks.remove(directory);
        }
      }
    };
  }

  private void put(Path name, @Nullable Node node) {
    if (node == null) {
      names.remove(name);
    } else {
      names.put(name, node);
    }
  }

  private long used() {
    return names.values().stream().mapToLong(node -> node.size).sum();
  }

  /** Counts, and does what is planned for this operation. */
  private void check(Op op, int caller) throws IOException {
    if (caller != process) {
      throw new IOException("process " + caller + " is dead");
    }
    done.merge(op, 1, Integer::sum);
    Plan plan = plans.get(op);
    if (plan == null) {
      return;
    }
    if (plan.countdown > 1) {
      plans.put(op, new Plan(plan.fault, plan.countdown - 1));
      return;
    }
    plans.remove(op);
    if (plan.fault == Fault.DIE) {
      kill();
    }
    if (plan.fault == Fault.ERROR) {
      throw new OutOfMemoryError("planned for " + op);
    }
    throw new PlannedFault(op, plan.fault);
  }

  private static void breakIfInterrupted() throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new ClosedByInterruptException();
    }
  }

  private static final class PlannedFault extends IOException {
    private static final long serialVersionUID = 1;
    private final Fault fault;

    PlannedFault(Op op, Fault fault) {
      super("planned failure of " + op);
      this.fault = fault;
    }
  }

  private final class Handle implements DiskFile {
    private final Node node;
    private final int opener;

    Handle(Node node, int opener) {
      this.node = node;
      this.opener = opener;
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      breakIfInterrupted();
      synchronized (FaultyDisk.this) {
        if (opener != process) {
          throw new IOException("process " + opener + " is dead");
        }
        return node.read(into, (int) position);
      }
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      beforeWrite.run();
      synchronized (FaultyDisk.this) {
        int wanted = from.remaining();
        try {
          check(Op.WRITE, opener);
        } catch (PlannedFault e) {
          int sectors = random.nextInt(wanted / SECTOR_BYTES + 1);
          node.write(from, (int) position, sectors * SECTOR_BYTES);
          throw e;
        }
        long growth = position + wanted - node.size;
        long fits = Math.max(0, capacityBytes - used());
        node.write(from, (int) position, (int) (wanted - Math.max(0, growth - fits)));
        if (growth > fits) {
          throw new IOException("No space left on device");
        }
      }
    }

    @Override
    public void force() throws IOException {
      breakIfInterrupted();
      synchronized (FaultyDisk.this) {
        try {
          check(Op.FORCE, opener);
        } catch (PlannedFault e) {
          if (e.fault == Fault.FAIL_AND_FORGET) {
            node.unsynced.clear();
            forgot = true;
          }
          throw e;
        }
        node.force();
      }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      synchronized (FaultyDisk.this) {
        check(Op.TRUNCATE, opener);
        node.truncate((int) sizeBytes);
      }
    }

    @Override
    public long size() {
      synchronized (FaultyDisk.this) {
        return node.size;
      }
    }

    @Override
    public void close() {}
  }

  /** One file: as programs see it, and as a power cut would leave it. */
  private static final class Node {
    private byte[] bytes = new byte[0];
    private int size;
    private byte[] synced = new byte[0];
    private int syncedSize;
    private final BitSet unsynced = new BitSet();

    boolean clean() {
      return unsynced.isEmpty() && size == syncedSize;
    }

    int read(ByteBuffer into, int position) {
      if (position >= size) {
        return -1;
      }
      int length = Math.min(into.remaining(), size - position);
      into.put(bytes, position, length);
      return length;
    }

    void write(ByteBuffer from, int position, int length) {
      if (length <= 0) {
        return;
      }
      int end = position + length;
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
      }
      from.get(bytes, position, length);
      size = Math.max(size, end);
      unsynced.set(position / SECTOR_BYTES, (end - 1) / SECTOR_BYTES + 1);
    }

    void truncate(int toSize) {
      Arrays.fill(bytes, Math.min(toSize, size), size, (byte) 0);
      size = toSize;
    }

    /** Costs what changed, not what there is: journals sync often. */
    void force() {
      if (synced.length < bytes.length) {
        synced = Arrays.copyOf(synced, bytes.length);
      }
      for (int i = unsynced.nextSetBit(0); i >= 0; i = unsynced.nextSetBit(i + 1)) {
        copySector(bytes, synced, i);
      }
      if (syncedSize > size) {
        Arrays.fill(synced, size, syncedSize, (byte) 0);
      }
      syncedSize = size;
      unsynced.clear();
    }

    void powerCut(SplittableRandom random, int keepPercent) {
      byte[] left = Arrays.copyOf(synced, Math.max(synced.length, bytes.length));
      int leftSize = random.nextInt(100) < keepPercent ? size : syncedSize;
      for (int i = unsynced.nextSetBit(0); i >= 0; i = unsynced.nextSetBit(i + 1)) {
        if (random.nextInt(100) < keepPercent) {
          copySector(bytes, left, i);
          leftSize = Math.max(leftSize, Math.min(size, (i + 1) * SECTOR_BYTES));
        }
      }
      bytes = left;
      size = leftSize;
      Arrays.fill(bytes, size, bytes.length, (byte) 0);
      synced = bytes.clone();
      syncedSize = size;
      unsynced.clear();
    }

    private static void copySector(byte[] from, byte[] to, int sector) {
      int start = sector * SECTOR_BYTES;
      int end = Math.min(start + SECTOR_BYTES, Math.min(from.length, to.length));
      if (end > start) {
        System.arraycopy(from, start, to, start, end - start);
      }
    }
  }
}
