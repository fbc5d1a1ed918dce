/**
 * QuestDB's engine in this process: opening and configuring it, writing, reading and scanning
 * through its Java API, and its read-only console. What it shares with a remote server is in the
 * package above.
 */
@NullMarked
package dev.sluice.store.questdb.engine;

import org.jspecify.annotations.NullMarked;
