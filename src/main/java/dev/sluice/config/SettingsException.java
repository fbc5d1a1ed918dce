package dev.sluice.config;

import java.util.List;

/**
 * The settings cannot be used. The message lists everything that is wrong, one problem per line.
 */
public final class SettingsException extends Exception {
  private static final long serialVersionUID = 1;

  public SettingsException(List<String> problems) {
    super(
        (problems.size() == 1 ? "1 setting" : problems.size() + " settings")
            + " refused; nothing was started:\n  "
            + String.join("\n  ", problems));
  }
}
