/** What the embedded and the remote QuestDB share. */
@NullMarked
package dev.sluice.store.questdb;

import org.jspecify.annotations.NullMarked;
