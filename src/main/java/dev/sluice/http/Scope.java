package dev.sluice.http;

/** What a token may be used for. */
public enum Scope {
  WRITE,
  READ,
  ADMIN
}
