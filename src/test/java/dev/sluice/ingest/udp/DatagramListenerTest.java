package dev.sluice.ingest.udp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.Gate;
import dev.sluice.http.auth.AddressRange;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.LimitsConfig;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.FakeJournal;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.NewDays;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real datagrams to a real socket, over a journal that is a list. */
class DatagramListenerTest {
  private static final Instant NOW = Instant.parse("2026-11-21T22:00:00Z");
  private static final long NOW_MICROS = NOW.toEpochMilli() * 1_000;
  private static final int MAX_BODY_BYTES = 2_000;
  private static final AppendResult FULL = new AppendResult.Full("journal takes 10 bytes of 10");

  private final List<Reading> kept = new CopyOnWriteArrayList<>();
  private final AtomicInteger appends = new AtomicInteger();
  private final ByteBudget budget = new ByteBudget(16 << 20);
  private final Gate gate = new Gate();
  private volatile FakeJournal journal = this::keep;
  private Limits limits = Limits.none();
  private int maxNewDays = 1_000;
  private List<AddressRange> allow = List.of();
  private String host = "127.0.0.1";
  private int receiveBufferBytes = 1 << 20;
  private Admission admission = admission();
  private @Nullable DatagramListener opened;

  @AfterEach
  void stop() {
    if (opened != null) {
      opened.close();
    }
  }

  @Test
  void takesLinesAndNdjsonToldApartByTheFirstByte() throws IOException {
    start();

    send(
        "temp,host=a value=1 1795300000000000000\nrh,host=a value=2 1795300000000000000\n",
        "{\"device_id\":\"b\",\"ts\":1795300000000,\"temp\":3}\n{\"device_id\":\"c\",\"ts\":1795300000000,\"temp\":4}",
        "\ufeff{\"device_id\":\"d\",\"ts\":1795300000000,\"temp\":5}",
        "temp,host=e value=6 1795300000000000000");

    awaitReceived(4);
    assertThat(kept)
        .containsExactly(
            reading("a", "temp", 1),
            reading("a", "rh", 2),
            reading("b", "temp", 3),
            reading("c", "temp", 4),
            reading("d", "temp", 5),
            reading("e", "temp", 6));
    assertThat(refused()).isZero();
    assertThat(admission.counters().accepted()).isEqualTo(6);
  }

  @Test
  void takesDatagramsOverIpv6() throws IOException {
    host = "::1";
    start();

    send("temp,host=a value=1 1795300000000000000");

    awaitReceived(1);
    assertThat(kept).containsExactly(reading("a", "temp", 1));
  }

  /** Sent = received + dropped, to the datagram, and what was received is kept. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void accountsForEveryDatagramWhileTheJournalIsFullAndAfterwards() throws IOException {
    receiveBufferBytes = 64 * 1024;
    journal = readings -> FULL;
    start();
    int sent = 5_000;

    String[] lines = new String[sent];
    for (int i = 0; i < sent; i++) {
      lines[i] = "temp,host=h" + i + " value=1 1795300000000000000";
    }
    send(lines);

    assertThat(listener().counters().received()).isLessThan(sent);
    assertThat(listener().kernelDropped().orElseThrow()).isPositive();
    assertThat(kept).isEmpty();

    journal = this::keep;
    await()
        .untilAsserted(() ->
            assertThat(listener().counters().received() + listener().kernelDropped().orElseThrow())
                .isEqualTo(sent));
    long received = listener().counters().received();
    await().untilAsserted(() -> assertThat(kept).hasSize((int) received));
    assertThat(kept).doesNotHaveDuplicates();
    assertThat(refused()).isZero();
    // Those that waited together were appended together.
    assertThat(appends.get()).isLessThan((int) received / 10 + 10);
    send("temp,host=later value=1 1795300000000000000");
    await().until(() -> kept.size() == received + 1);
  }

  @Test
  void refusesADatagramThatIsTooLongAsAWhole() throws IOException {
    start();
    String line = "temp,host=a value=1 1795300000000000000\n";

    send(line.repeat(MAX_BODY_BYTES / line.length() + 1), line + "#".repeat(MAX_BODY_BYTES - 40));

    awaitReceived(2);
    assertThat(listener().counters().refused(Refusal.TRUNCATED)).isEqualTo(1);
    assertThat(kept).containsExactly(reading("a", "temp", 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "temp,host=a text=\"never closed",
        "temp value=1",
        "temp,host=a value=1\\",
        "{\"device_id\":",
        "[{\"device_id\":\"a\",\"temp\":1}]",
        "temp,host=a value=1 17953000000000",
        "\u0000\u0001\u0002"
      })
  void refusesAMalformedDatagramAndTakesThoseAroundIt(String bad) throws IOException {
    AppendResult[] first = {FULL};
    // So that all three are in one batch.
    journal = readings -> first[0] == null ? keep(readings) : first[0];
    start();

    send("temp,host=a value=0 1795300000000000000");
    await().until(() -> admission.counters().notNowRequests() > 0);
    send(
        "temp,host=a value=1 1795300000000000001",
        bad,
        "{\"device_id\":\"a\",\"ts\":1795300000000.002,\"temp\":2}");
    first[0] = null;

    awaitReceived(4);
    assertThat(kept).extracting(Reading::value).containsExactly(0.0, 1.0, 2.0);
    assertThat(listener().counters().refused(Refusal.MALFORMED)).isEqualTo(1);
    assertThat(admission.counters().rejected()).isPositive();
  }

  @Test
  void keepsTheGoodLinesOfAPartlyBadDatagramAndCountsTheBadOnes() throws IOException {
    start();

    send(
        "temp,host=a value=1 1795300000000000000\nbad\ntemp,host=a value=x\nrh,host=a text=\"t\",value=2 1795300000000000000");

    awaitReceived(1);
    assertThat(kept).containsExactly(reading("a", "temp", 1), reading("a", "rh", 2));
    assertThat(refused()).isZero();
    assertThat(admission.counters().rejected()).isEqualTo(2);
    assertThat(admission.counters().ignored(dev.sluice.ingest.format.IgnoredKind.TEXT)).isOne();
  }

  @Test
  void givesEveryDatagramWithoutATimeItsOwn() throws IOException {
    start();

    send("temp,host=a value=1", "temp,host=a value=2", "{\"device_id\":\"a\",\"temp\":3}");

    awaitReceived(3);
    assertThat(kept)
        .extracting(Reading::tsMicros)
        .containsExactly(NOW_MICROS, NOW_MICROS + 1, NOW_MICROS + 2);
  }

  @Test
  void takesAnEmptyDatagramForOneWithoutReadings() throws IOException {
    start();

    send("", "\n# a comment\n");

    awaitReceived(2);
    assertThat(kept).isEmpty();
    assertThat(refused()).isZero();
  }

  @Test
  void refusesWhatASenderSendsOverItsLimits() throws IOException {
    limits = new Limits(new LimitsConfig(5, 0, 0, 0, 0, 0));
    start();

    for (int i = 0; i < 50; i++) {
      send("temp,host=a value=%s 17953000000000%05d".formatted(i, i * 1_000));
    }

    awaitReceived(50);
    long over = listener().counters().refused(Refusal.OVER_LIMIT);
    assertThat(over).isPositive().isEqualTo(50 - kept.size());
    assertThat(admission.counters().overLimitRequests()).isEqualTo(over);
  }

  @Test
  void countsBytesAgainstASendersLimitEvenOfWhatIsRefused() throws IOException {
    limits = new Limits(new LimitsConfig(0, 3_000, 0, 0, 0, 0));
    start();

    for (int i = 0; i < 20; i++) {
      send("#".repeat(MAX_BODY_BYTES + 1));
    }

    awaitReceived(20);
    assertThat(listener().counters().refused(Refusal.TRUNCATED)).isPositive();
    assertThat(listener().counters().refused(Refusal.OVER_LIMIT)).isPositive();
    assertThat(refused()).isEqualTo(20);
  }

  @Test
  void refusesSendersOutsideTheAllowedNetworks() throws IOException {
    allow = List.of(AddressRange.parse("10.0.0.0/8"), AddressRange.parse("127.0.0.2/32"));
    start();

    send("temp,host=a value=1 1795300000000000000");
    try (DatagramSocket other =
        new DatagramSocket(new InetSocketAddress(InetAddress.getByName("127.0.0.2"), 0))) {
      other.send(packet("temp,host=b value=1 1795300000000000000"));
    }

    awaitReceived(2);
    assertThat(listener().counters().refused(Refusal.NOT_ALLOWED)).isEqualTo(1);
    assertThat(kept).containsExactly(reading("b", "temp", 1));
  }

  @Test
  void refusesDatagramsOfTooManyNewDaysAndNoneOfThoseBesideThem() throws IOException {
    maxNewDays = 2;
    admission = admission();
    AppendResult[] first = {FULL};
    journal = readings -> first[0] == null ? keep(readings) : first[0];
    start();

    send("temp,host=a value=0 1795300000000000000");
    await().until(() -> admission.counters().notNowRequests() > 0);
    send(
        "temp,host=b value=1 1795300000000000000",
        days("x", 1, 3),
        "temp,host=c value=1 1795300000000000000",
        days("y", 4, 5),
        days("z", 6, 7));
    first[0] = null;

    awaitReceived(6);
    assertThat(kept).extracting(Reading::device).containsExactly("a", "b", "c", "y", "y");
    // Three days are more than may ever come at once, and two more than may come now.
    assertThat(listener().counters().refused(Refusal.TOO_LARGE)).isEqualTo(1);
    assertThat(listener().counters().refused(Refusal.NEW_DAYS)).isEqualTo(1);
  }

  /** A reading on each of these days. */
  private static String days(String device, int first, int last) {
    StringBuilder lines = new StringBuilder();
    for (int day = first; day <= last; day++) {
      long seconds = 1_500_000_000L + day * 86_400L;
      lines.append("temp,host=").append(device).append(" value=1 ").append(seconds);
      lines.append("000000000\n");
    }
    return lines.toString();
  }

  @Test
  void waitsForMemoryThatOthersHold() throws IOException {
    long others = budget.limit();
    assertThat(budget.tryTake(others)).isTrue();
    start();

    send("temp,host=a value=1 1795300000000000000");

    await().until(() -> admission.counters().notNowRequests() > 0);
    assertThat(kept).isEmpty();
    budget.give(others);
    await().until(() -> kept.size() == 1);
    assertThat(budget.used()).isZero();
  }

  @Test
  void takesInWhatWaitsInTheKernelWhenItStops() throws IOException {
    journal = readings -> FULL;
    start();
    String[] lines = new String[700];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = "temp,host=h" + i + " value=1 1795300000000000000";
    }
    send(lines);
    await().until(() -> admission.counters().notNowRequests() > 0);

    journal = this::keep;
    listener().close();

    assertThat(kept).hasSize(lines.length);
    assertThat(listener().counters().received()).isEqualTo(lines.length);
    assertThat(refused()).isZero();
  }

  @Test
  void countsWhatItCannotKeepWhenItStopsWithAFullJournal() throws IOException {
    journal = readings -> FULL;
    start();
    send("temp,host=a value=1", "temp,host=b value=1", "temp,host=c value=1");
    await().until(() -> admission.counters().notNowRequests() > 0);

    listener().close();

    assertThat(listener().counters().received()).isEqualTo(3);
    assertThat(listener().counters().refused(Refusal.NOT_KEPT)).isEqualTo(3);
    assertThat(kept).isEmpty();
  }

  @Test
  void refusesWhatComesOnceTheGateIsClosed() throws IOException {
    start();
    gate.drain();

    send("temp,host=a value=1");

    awaitReceived(1);
    await().until(() -> listener().counters().refused(Refusal.NOT_KEPT) == 1);
    assertThat(kept).isEmpty();
  }

  @Test
  void goesOnAfterAFailureInside() throws IOException {
    journal =
        readings -> {
          journal = this::keep;
          throw new IllegalStateException("made up by the test");
        };
    start();

    send("temp,host=a value=1 1795300000000000000");
    await().until(() -> listener().counters().refused(Refusal.NOT_KEPT) == 1);
    send("temp,host=b value=1 1795300000000000000");

    await().until(() -> kept.size() == 1);
    assertThat(kept).containsExactly(reading("b", "temp", 1));
    assertThat(budget.used()).isZero();
  }

  @Test
  void keepsDatagramsThatComeBeforeItReads() throws IOException {
    gate.open();
    opened = open();
    send("temp,host=a value=1 1795300000000000000");

    assertThat(listener().counters().received()).isZero();
    listener().start();

    await().until(() -> kept.size() == 1);
  }

  @Test
  void canBeClosedWithoutAStartAndTwice() throws IOException {
    opened = open();

    listener().close();
    listener().close();

    assertThat(listener().counters().received()).isZero();
  }

  @Test
  void doesNotShareItsPort() throws IOException {
    opened = open();

    assertThatThrownBy(() ->
            DatagramListener.open(
                new UdpConfig(host, listener().address().getPort(), 4_096, List.of()),
                ingest(),
                budget,
                admission,
                limits,
                () -> NOW))
        .isInstanceOf(IOException.class);
  }

  private void start() throws IOException {
    gate.open();
    opened = open();
    listener().start();
  }

  private DatagramListener open() throws IOException {
    return DatagramListener.open(
        new UdpConfig(host, 0, receiveBufferBytes, allow),
        ingest(),
        budget,
        admission,
        limits,
        () -> NOW);
  }

  private Admission admission() {
    NewDays days = new NewDays(maxNewDays, () -> NOW);
    return new Admission(
        ingest(), days.before((FakeJournal) b -> journal.append(b)), gate, () -> NOW);
  }

  private DatagramListener listener() {
    return Objects.requireNonNull(opened);
  }

  private static IngestConfig ingest() {
    return new IngestConfig(
        "127.0.0.1",
        0,
        128,
        MAX_BODY_BYTES,
        16 << 20,
        Duration.ofSeconds(30),
        List.of("device_id", "host"),
        IngestConfig.TextFields.IGNORE,
        Instant.parse("2000-01-01T00:00:00Z"),
        Duration.ofDays(1),
        IngestConfig.BadTs.REFUSE,
        new IngestConfig.Otlp(0, List.of("host.name")));
  }

  private void send(String... bodies) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (String body : bodies) {
        socket.send(packet(body));
      }
    }
  }

  private DatagramPacket packet(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    return new DatagramPacket(bytes, bytes.length, listener().address());
  }

  /** Waits until so many were received, and what became of them is known. */
  private void awaitReceived(int count) {
    await().until(() -> listener().counters().received() == count && settled());
  }

  private boolean settled() {
    // The next batch is read only after the one before is settled, so a stop has seen them all.
    listener().close();
    return true;
  }

  private long refused() {
    long sum = 0;
    for (Refusal refusal : Refusal.values()) {
      sum += listener().counters().refused(refusal);
    }
    return sum;
  }

  private static Reading reading(String device, String metric, double value) {
    return new Reading(device, metric, 1_795_300_000_000_000L, value);
  }

  private AppendResult keep(ReadingBuffer buffer) {
    appends.incrementAndGet();
    ReadingBatch batch = new ReadingBatch();
    for (int chunk = 0; chunk < buffer.chunks(); chunk++) {
      int count = buffer.chunkCount(chunk);
      batch.clear(0);
      batch.decode(
          buffer.array(), buffer.chunkStart(chunk), buffer.chunkEnd(chunk), count, 0, count);
      for (int i = 0; i < count; i++) {
        kept.add(batch.reading(i));
      }
    }
    return new AppendResult.Accepted(FakeJournal.END, buffer.count());
  }
}
