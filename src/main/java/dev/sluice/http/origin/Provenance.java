package dev.sluice.http.origin;

/**
 * What the head of a request says about where it comes from, as positions in its bytes. Confined to
 * its connection's thread, and reused for each of its requests.
 */
public final class Provenance {
  private static final int NONE = -1;

  int methodFrom;
  int methodTo;
  int targetFrom;
  int targetTo;
  int hostFrom;
  int hostTo;
  int originFrom;
  int originTo;
  int siteFrom;
  int siteTo;
  int destinationFrom;
  int destinationTo;

  /** Creates one of a request that says nothing. */
  public Provenance() {
    reset();
  }

  /** Prepares for the next request. */
  public void reset() {
    hostFrom = 0;
    hostTo = 0;
    originFrom = NONE;
    siteFrom = NONE;
    destinationFrom = NONE;
  }

  /** Where the method is. */
  public void method(int from, int to) {
    methodFrom = from;
    methodTo = to;
  }

  /** Where the path and the query are. */
  public void target(int from, int to) {
    targetFrom = from;
    targetTo = to;
  }

  /** Where the host is, with its port if there is one; without blanks around it. */
  public void host(int from, int to) {
    hostFrom = from;
    hostTo = to;
  }

  /** Where the value of {@code Origin} is. */
  public void origin(int from, int to) {
    originFrom = from;
    originTo = to;
  }

  /** Where the value of {@code Sec-Fetch-Site} is. */
  public void site(int from, int to) {
    siteFrom = from;
    siteTo = to;
  }

  /** Where the value of {@code Sec-Fetch-Dest} is. */
  public void destination(int from, int to) {
    destinationFrom = from;
    destinationTo = to;
  }

  /** Whether an {@code Origin} was sent. */
  boolean hasOrigin() {
    return originFrom != NONE;
  }

  boolean hasSite() {
    return siteFrom != NONE;
  }

  boolean hasDestination() {
    return destinationFrom != NONE;
  }

  /**
   * Whether no browser's word about the page is in the head: it comes from a sensor, or from curl.
   */
  boolean namesNoPage() {
    return originFrom == NONE && siteFrom == NONE;
  }
}
