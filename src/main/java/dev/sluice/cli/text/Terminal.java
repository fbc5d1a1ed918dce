package dev.sluice.cli.text;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Where the output goes.
 *
 * @param interactive whether a person is looking at a screen whose last line can be rewritten
 * @param width current number of columns of that screen
 */
public record Terminal(boolean interactive, Width width) {
  private static final int USUAL_WIDTH = 80;

  /** How wide the screen is now; a window may change its size. */
  @FunctionalInterface
  public interface Width {
    int columns();
  }

  /** The terminal of this process. */
  public static Terminal of(Map<String, String> environment) {
    boolean dumb = environment.getOrDefault("TERM", "dumb").equals("dumb");
    return new Terminal(!dumb && isTerminal(System.console()), Terminal::askForWidth);
  }

  /**
   * Since JDK 22 there may be a console without a terminal; {@code Console.isTerminal} says which.
   */
  private static boolean isTerminal(@org.jspecify.annotations.Nullable Console console) {
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  /**
   * Asks stty, because the JDK does not know; asked each time, because windows change their size.
   */
  private static int askForWidth() {
    try {
      Process process =
          new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).start();
      if (!process.waitFor(1, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return USUAL_WIDTH;
      }
      String size =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
      int width = Integer.parseInt(size.substring(size.indexOf(' ') + 1));
      return width > 0 ? width : USUAL_WIDTH;
    } catch (IOException | NumberFormatException e) {
      return USUAL_WIDTH;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return USUAL_WIDTH;
    }
  }
}
