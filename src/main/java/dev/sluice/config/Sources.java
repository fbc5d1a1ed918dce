package dev.sluice.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where settings come from, weakest first.
 *
 * @param file the file named by {@code --config}, which must exist
 * @param defaultFile read if no file is named and this one exists
 * @param environment all environment variables
 * @param assignments {@code key=value} of each {@code --set}
 */
public record Sources(
    Optional<Path> file,
    Path defaultFile,
    Map<String, String> environment,
    List<String> assignments) {}
