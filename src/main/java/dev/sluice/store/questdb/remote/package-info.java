/** A QuestDB server elsewhere. */
@NullMarked
package dev.sluice.store.questdb.remote;

import org.jspecify.annotations.NullMarked;
