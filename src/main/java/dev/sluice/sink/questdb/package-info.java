/** QuestDB as a sink: the engine in this process, or a server elsewhere over HTTP. */
@NullMarked
package dev.sluice.sink.questdb;

import org.jspecify.annotations.NullMarked;
