package dev.sluice.config;

/**
 * One key set in one place, not yet checked.
 *
 * @param source where: {@code sluice.yaml:12}, {@code environment variable SLUICE_…}, {@code --set}
 * @param key as written, except that an environment variable that sets a key is already translated
 * @param list written as a YAML sequence, its items joined by commas
 */
public record Assignment(String source, String key, String text, boolean list) {}
