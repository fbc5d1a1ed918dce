package dev.sluice.ingest.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads tables in the kernel's form; the kernel's own are read in {@link DatagramListenerTest}. */
class KernelDropsTest {
  private static final String HEAD =
      "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";

  @TempDir private Path proc;

  @Test
  void countsAtItsOwnSocketAmongOthersOfTheSamePort() throws IOException {
    owns(4711);
    table(
        "udp",
        line("0100007F:1F99", 42, 9),
        line("0200007F:1F99", 4711, 7),
        line("0200007F:1F9A", 4711, 5));

    assertThat(new KernelDrops(proc, 8089).count()).hasValue(7);
  }

  @Test
  void findsASocketOfIpv6() throws IOException {
    owns(4711);
    table("udp", line("0100007F:1F99", 42, 9));
    table("udp6", line("00000000000000000000000001000000:1F99", 4711, 3));

    assertThat(new KernelDrops(proc, 8089).count()).hasValue(3);
  }

  @Test
  void countsOnWhenTheKernelsCounterStartsAgain() throws IOException {
    owns(4711);
    table("udp", line("0100007F:1F99", 4711, 0xffff_fffeL));
    KernelDrops drops = new KernelDrops(proc, 8089);

    assertThat(drops.count()).hasValue(0xffff_fffeL);
    table("udp", line("0100007F:1F99", 4711, 3));
    assertThat(drops.count()).hasValue(0x1_0000_0003L);
  }

  @Test
  void keepsItsCountWhenTheSocketIsClosed() throws IOException {
    owns(4711);
    table("udp", line("0100007F:1F99", 4711, 5));
    KernelDrops drops = new KernelDrops(proc, 8089);
    assertThat(drops.count()).hasValue(5);

    table("udp");

    assertThat(drops.count()).hasValue(5);
  }

  @Test
  void saysNothingWhereTheKernelSaysNothing() throws IOException {
    assertThat(new KernelDrops(proc, 8089).count()).isEmpty();

    owns(4711);
    table("udp", "garbage", line("0100007F:1F99", 4711, 5).replace(" 5", " many"));
    assertThat(new KernelDrops(proc, 8089).count()).isEmpty();
  }

  private void owns(int inode) throws IOException {
    Path files = Files.createDirectories(proc.resolve("self/fd"));
    Files.createSymbolicLink(files.resolve("3"), Path.of("socket:[" + inode + "]"));
    Files.createSymbolicLink(files.resolve("4"), Path.of("pipe:[1]"));
    Files.createFile(files.resolve("5"));
  }

  private void table(String name, String... lines) throws IOException {
    Files.createDirectories(proc.resolve("net"));
    Files.write(proc.resolve("net").resolve(name), List.of(HEAD, String.join("\n", lines)));
  }

  private static String line(String address, int inode, long drops) {
    return " 7396: %s 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 %d 2 0000000000000000 %d"
        .formatted(address, inode, drops);
  }
}
