package dev.sluice.server;

import dev.sluice.cluster.ControlTopic;
import dev.sluice.cluster.NodeHome;
import dev.sluice.cluster.Term;
import java.io.IOException;
import java.util.Map;

/** What a process that begins to lead knows of the two stores. */
sealed interface Knowledge {
  /** What its own files hold: nobody else has led since, or nobody else can. */
  record Own() implements Knowledge {}

  /**
   * What the last leader told, in the place of what its own files hold.
   *
   * @param told as {@link ControlTopic#told} has it
   * @param ledBefore whether the last leader was this node, so that what is told to nobody holds
   */
  record Inherited(Map<String, String> told, boolean ledBefore) implements Knowledge {}

  /**
   * Nothing, whatever its own files hold.
   *
   * @param why for a person
   */
  record Nothing(String why) implements Knowledge {}

  /** That of the node with this home, in this term. */
  static Knowledge of(NodeHome home, Term term, ControlTopic control) throws IOException {
    boolean ledBefore = home.ledBefore(term.number());
    if (term.inherits()) {
      return new Inherited(control.told(), ledBefore);
    }
    return ledBefore ? new Own() : new Nothing("another node has led since this one did");
  }
}
