package dev.sluice.sink.questdb;

import dev.sluice.sink.MirrorStore;

/** What the migration asks of QuestDB, embedded or remote. */
public abstract sealed class QuestDbMirror implements MirrorStore permits EngineMirror, HttpMirror {
  QuestDbMirror() {}

  /** Removes readings, too. */
  public static QuestDbMirror of(EmbeddedQuestDb database) {
    return new EngineMirror(database);
  }

  /**
   * Removes nothing: QuestDB has no DELETE, and replacing a range of ts within one transaction, as
   * the engine can, is not open to a client.
   */
  public static QuestDbMirror of(RemoteQuestDb database) {
    return new HttpMirror(database);
  }
}
