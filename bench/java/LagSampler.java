import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long readings take from their ack until a query of QuestDB counts them. Ten times a second it
 * notes how many Sluice has accepted and how many the store counts; a note is done when the count
 * has reached what had been accepted. Arguments: admin port, console port, a file that ends the
 * taking of notes, a file with the console's password. Prints {@code ready}, then {@code p99
 * SECONDS} and {@code max SECONDS}; right to a tenth of a second.
 */
public final class LagSampler {
  private static final Pattern ACCEPTED = Pattern.compile("\"accepted\":(\\d+)");
  private static final Pattern COUNT = Pattern.compile("\"dataset\":\\[\\[(\\d+)");
  private static final long STEP_MILLIS = 100;
  private static final long STILL_MILLIS = 2_000;
  private static final double GIVE_UP_SECONDS = 600;

  private record Note(long accepted, long nanos) {}

  private final HttpClient http = HttpClient.newHttpClient();
  private final String authorization;
  private final URI status;
  private final URI count;
  private final List<Note> waiting = new ArrayList<>();
  private final List<Double> lags = new ArrayList<>();
  private long offset;

  private LagSampler(String admin, String console, String password) {
    String login = "sluice:" + password;
    authorization =
        "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.ISO_8859_1));
    status = URI.create("http://127.0.0.1:" + admin + "/v1/status");
    count = URI.create("http://127.0.0.1:" + console + "/exec?query=select+count()+from+readings");
  }

  public static void main(String[] args) throws Exception {
    String password = Files.readString(Path.of(args[3])).strip();
    new LagSampler(args[0], args[1], password).run(Path.of(args[2]));
  }

  private void run(Path end) throws Exception {
    // Both count from another start. Nothing is sent yet, but the store may still be applying.
    long visible;
    do {
      visible = number(count, COUNT);
      Thread.sleep(STILL_MILLIS);
    } while (number(count, COUNT) != visible);
    offset = visible - number(status, ACCEPTED);
    System.out.println("ready; counts differ by " + offset);
    long last = Long.MIN_VALUE;
    while (!Files.exists(end) || !waiting.isEmpty()) {
      long accepted = number(status, ACCEPTED);
      if (!Files.exists(end) && accepted > last) {
        waiting.add(new Note(accepted, System.nanoTime()));
        last = accepted;
      }
      settle(number(count, COUNT) - offset);
      Thread.sleep(STEP_MILLIS);
    }
    if (lags.isEmpty()) {
      throw new IllegalStateException("nothing was accepted while samples were taken");
    }
    lags.sort(Double::compare);
    System.out.printf("p99 %.3f%n", lags.get((int) Math.ceil(lags.size() * 0.99) - 1));
    System.out.printf("max %.3f%n", lags.getLast());
  }

  private void settle(long visible) {
    long now = System.nanoTime();
    while (!waiting.isEmpty() && waiting.getFirst().accepted() <= visible) {
      lags.add((now - waiting.removeFirst().nanos()) / 1e9);
    }
    if (!waiting.isEmpty() && (now - waiting.getFirst().nanos()) / 1e9 > GIVE_UP_SECONDS) {
      throw new IllegalStateException(
          "QuestDB counts " + visible + " of " + waiting.getFirst().accepted() + " readings");
    }
  }

  private long number(URI uri, Pattern pattern) throws IOException, InterruptedException {
    String body =
        http.send(
                HttpRequest.newBuilder(uri).header("Authorization", authorization).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    Matcher found = pattern.matcher(body);
    if (!found.find()) {
      throw new IllegalStateException(uri + " answered " + body);
    }
    return Long.parseLong(found.group(1));
  }
}
