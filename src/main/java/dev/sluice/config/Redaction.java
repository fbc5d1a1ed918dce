package dev.sluice.config;

import java.util.regex.Pattern;

/** Hides anything that looks like a password in a URL that is about to be printed. */
public final class Redaction {
  private static final Pattern USER_INFO = Pattern.compile("//[^?]*@");
  private static final Pattern PARAMETER = Pattern.compile("(?i)(password\\w*=)[^&,)]*");

  private Redaction() {}

  /** Returns the text with user information and every password replaced by {@code ***}. */
  public static String of(String text) {
    String withoutUser = USER_INFO.matcher(text).replaceAll("//***@");
    return PARAMETER.matcher(withoutUser).replaceAll("$1***");
  }
}
