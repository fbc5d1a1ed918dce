/**
 * What the embedded and the remote QuestDB share: table, schema, reads, marks and the order of
 * writes. Reaching a database is left to {@code engine} (in this process) and {@code remote} (over
 * HTTP).
 */
@NullMarked
package dev.sluice.store.questdb;

import org.jspecify.annotations.NullMarked;
