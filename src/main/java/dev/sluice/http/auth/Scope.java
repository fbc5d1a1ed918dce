package dev.sluice.http.auth;

/** What a token may be used for. */
public enum Scope {
  WRITE,
  READ,
  ADMIN
}
