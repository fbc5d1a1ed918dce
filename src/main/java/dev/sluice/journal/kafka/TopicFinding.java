package dev.sluice.journal.kafka;

/**
 * Something about the topic that the journal's promises rest on. Immutable.
 *
 * @param name of the setting
 * @param fine whether it is as it should be
 * @param seen what is there
 * @param wanted what would be fine
 * @param mend what to do if it is not
 */
public record TopicFinding(String name, boolean fine, String seen, String wanted, String mend) {}
