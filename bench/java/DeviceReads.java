import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stores a fleet's history and reads random devices of it.
 *
 * <pre>
 * DeviceReads fill  URL DEVICES ROWS STEP_MICROS END_MICROS
 * DeviceReads write URL DEVICES RATE SECONDS
 * DeviceReads read  URL DEVICES READERS READS
 * </pre>
 *
 * {@code fill} posts lines, a device after the other, STEP_MICROS apart, so that the last is at
 * END_MICROS; {@code write} goes on at a fixed rate with the time it is. {@code read} puts each
 * device's name for DEVICE in the URL, and prints {@code READS p50_us p99_us bytes_a_read failed}.
 */
class DeviceReads {
  private static final int LINES = 5_000;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public static void main(String[] arguments) throws Exception {
    String url = arguments[1];
    int devices = Integer.parseInt(arguments[2]);
    switch (arguments[0]) {
      case "fill" -> {
        long rows = Long.parseLong(arguments[3]);
        long step = Long.parseLong(arguments[4]);
        long begin = Long.parseLong(arguments[5]) - (rows - 1) * step;
        for (long at = 0; at < rows; at += LINES) {
          post(url, devices, at, (int) Math.min(LINES, rows - at), begin + at * step, step);
        }
      }
      case "write" -> {
        double rate = Double.parseDouble(arguments[3]);
        long begin = System.nanoTime();
        long end = begin + (long) (Double.parseDouble(arguments[4]) * 1e9);
        for (long at = 0; System.nanoTime() < end; at += LINES) {
          long early = begin + (long) (at / rate * 1e9) - System.nanoTime();
          if (early > 0) {
            Thread.sleep(early / 1_000_000, (int) (early % 1_000_000));
          }
          post(url, devices, at, LINES, System.currentTimeMillis() * 1_000, 1);
        }
      }
      case "read" ->
          read(url, devices, Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
      default -> throw new IllegalArgumentException("no command " + arguments[0]);
    }
  }

  private static String device(long number) {
    return "sensor-%07d".formatted(number);
  }

  /** Repeats what is refused for lack of room. */
  private static void post(String url, int devices, long from, int lines, long ts, long step)
      throws IOException, InterruptedException {
    StringBuilder body = new StringBuilder(lines * 64);
    for (int i = 0; i < lines; i++) {
      String number = Long.toString((from + i) % devices);
      body.append("temp,device_id=sensor-").append("0000000", number.length(), 7).append(number);
      body.append(" value=").append(15 + i % 20).append(".5 ").append(ts + i * step).append('\n');
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    for (int attempt = 0; attempt < 600; attempt++) {
      HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 == 2) {
        return;
      }
      if (answer.statusCode() != 503 && answer.statusCode() != 429) {
        throw new IOException(url + " answered " + answer.statusCode() + ": " + answer.body());
      }
      Thread.sleep(100);
    }
    throw new IOException(url + " refused a request for a minute");
  }

  private static void read(String url, int devices, int readers, int reads) throws Exception {
    long[] nanos = new long[reads];
    long[] bytes = new long[reads];
    AtomicInteger next = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    Thread[] threads = new Thread[readers];
    for (int t = 0; t < readers; t++) {
      SplittableRandom random = new SplittableRandom(t);
      threads[t] =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = next.getAndIncrement(); i < reads; i = next.getAndIncrement()) {
                  String name =
                      URLEncoder.encode(device(random.nextInt(devices)), StandardCharsets.UTF_8);
                  URI uri = URI.create(url.replace("DEVICE", name));
                  long begin = System.nanoTime();
                  try {
                    HttpResponse<byte[]> answer =
                        HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofByteArray());
                    bytes[i] = answer.body().length;
                    if (answer.statusCode() != 200) {
                      failed.incrementAndGet();
                    }
                  } catch (IOException | InterruptedException e) {
                    failed.incrementAndGet();
                  }
                  nanos[i] = System.nanoTime() - begin;
                }
              });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    Arrays.sort(nanos);
    System.out.printf(
        "READS %d %d %d %d%n",
        nanos[reads / 2] / 1_000,
        nanos[Math.min(reads - 1, reads * 99 / 100)] / 1_000,
        Arrays.stream(bytes).sum() / reads,
        failed.get());
  }
}
