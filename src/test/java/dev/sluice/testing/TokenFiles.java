package dev.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Tokens files for tests, with the mode they need whatever umask the tests run under. */
public final class TokenFiles {
  private TokenFiles() {}

  /** Puts a file with these lines in its place, as somebody who renames does. */
  public static Path write(Path file, String... lines) {
    return replace(file, String.join("\n", lines) + "\n", "rw-------");
  }

  /** Likewise, with this text and this mode. */
  public static Path replace(Path file, String text, String mode) {
    try {
      Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), text);
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString(mode));
      return Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The line of a token; {@code rest} begins with its scopes. */
  public static String line(String token, String rest) {
    return "sha256:" + hash(token.getBytes(UTF_8)) + " " + rest;
  }

  /** The hash as a line has it. */
  public static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
