package dev.sluice.cli;

import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.Progress;
import dev.sluice.cli.text.Terminal;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Follows a run until it ends: on a terminal it rewrites one line, elsewhere it prints a line now
 * and then. Ending the watch does not end the run. Confined to one thread.
 *
 * <p>A Sluice that does not answer is asked again for a while, so the watch survives a restart of
 * Sluice.
 */
final class Watch {
  /** Finds out from the body of an answer how far the run has come. */
  interface Reader {
    Progress progress(String body) throws CommandException;
  }

  private static final byte[] ERASE_REST = "\u001b[K".getBytes(StandardCharsets.US_ASCII);

  private final Terminal terminal;
  private final Patience patience;
  private final PrintStream out;
  private boolean lineOpen;
  private String lastState = "";
  private long lastLineNanos;

  Watch(Terminal terminal, Patience patience, PrintStream out) {
    this.terminal = terminal;
    this.patience = patience;
    this.out = out;
  }

  /**
   * Follows the run from this answer on.
   *
   * @param path that shows the run
   * @param body the latest answer
   * @return the last answer
   */
  String follow(AdminClient client, String path, String body, Reader reader)
      throws CommandException {
    try {
      String latest = body;
      Progress progress = reader.progress(latest);
      while (!progress.ended()) {
        show(progress);
        pause();
        latest = look(client, path);
        progress = reader.progress(latest);
      }
      show(progress);
      return latest;
    } finally {
      endLine();
    }
  }

  private String look(AdminClient client, String path) throws CommandException {
    long since = System.nanoTime();
    while (true) {
      try {
        return client.get(path);
      } catch (NotNowException e) {
        if (System.nanoTime() - since >= patience.absence().toNanos()) {
          throw e;
        }
        note("no answer, retrying: " + e.getMessage());
        pause();
      }
    }
  }

  private void show(Progress progress) {
    if (terminal.interactive()) {
      rewrite(progress.bar(terminal.width().columns()));
      return;
    }
    boolean due = System.nanoTime() - lastLineNanos >= patience.line().toNanos();
    if (due || progress.ended() || !progress.state().equals(lastState)) {
      out.println(progress.line());
      lastState = progress.state();
      lastLineNanos = System.nanoTime();
    }
  }

  /**
   * Prints the same note only once in a row, because it repeats for as long as the problem lasts.
   */
  private void note(String text) {
    if (terminal.interactive()) {
      int room = Math.max(1, terminal.width().columns() - 1);
      rewrite(text.length() <= room ? text : text.substring(0, room));
    } else if (!lastState.equals(text)) {
      out.println(text);
      lastState = text;
    }
  }

  private void rewrite(String text) {
    out.write('\r');
    out.print(text);
    out.writeBytes(ERASE_REST);
    out.flush();
    lineOpen = true;
  }

  private void endLine() {
    if (lineOpen) {
      out.println();
    }
  }

  private void pause() throws CommandException {
    try {
      TimeUnit.NANOSECONDS.sleep(patience.poll().toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while watching; the run itself continues");
    }
  }
}
