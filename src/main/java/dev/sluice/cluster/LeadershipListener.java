package dev.sluice.cluster;

/** Does what only the leader does. Called on one thread of its own, never twice at once. */
public interface LeadershipListener {
  /**
   * This node leads: it may begin to deliver. May take its time; the term is renewed meanwhile, and
   * may be over before this returns.
   *
   * @throws Exception if it cannot: {@link #stopLeading} is called, and another node gets its turn
   */
  void lead(Term term) throws Exception;

  /**
   * This node leads no more: what is still running ends. Called once for each {@link #lead}, after
   * it; the node leads again only after this has returned. If it returns in time, the next leader
   * need not wait for the lease.
   *
   * @param why in words
   */
  void stopLeading(String why);
}
