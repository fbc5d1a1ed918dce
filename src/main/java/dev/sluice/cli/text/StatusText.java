package dev.sluice.cli.text;

import dev.sluice.api.Status;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Formats {@code GET /v1/status} for people. Pure. */
public final class StatusText {
  private static final int LABEL = 9;

  private StatusText() {}

  public static String of(Status status) {
    Sheet sheet = new Sheet(LABEL);
    sheet.line("phase", "%s (epoch %s)".formatted(status.phase(), Human.count(status.epoch())));
    ingest(sheet, status.ingest());
    journal(sheet, status.journal());
    status
        .sinks()
        .forEach((name, sink) -> sink(sheet, name, sink, status.conservation().get(name)));
    backfill(sheet, status.backfill());
    if (status.parity() != null) {
      sheet.line("parity", VerifyText.hours(status.parity()) + " (hours)");
    }
    if (status.tables() != null) {
      status.tables().forEach(table -> sheet.line("tables", table.why()));
    }
    if (status.nodes() != null) {
      nodes(sheet, status.nodes());
    }
    if (status.tokens() != null && status.tokens().problem() != null) {
      sheet.line("tokens", status.tokens().problem());
    }
    status.warnings().forEach(warning -> sheet.line("warning", warning));
    return sheet.toString();
  }

  private static void ingest(Sheet sheet, Status.@Nullable Ingest ingest) {
    if (ingest != null) {
      sheet.line(
          "ingest",
          "%s accepted, %s rejected"
              .formatted(Human.count(ingest.accepted()), Human.count(ingest.rejected())));
    }
  }

  private static void journal(Sheet sheet, Status.@Nullable Journal journal) {
    if (journal == null) {
      return;
    }
    sheet.line(
        "journal",
        "%s, %s of %s, ack %s"
            .formatted(
                offsets(journal),
                Human.bytes(journal.bytes()),
                Human.bytes(journal.maxBytes()),
                journal.ack()));
    if (journal.full() != null) {
      sheet.line("", "ingest answers 503: " + journal.full());
    }
  }

  private static String offsets(Status.Journal journal) {
    String next = Human.count(journal.nextOffset());
    return journal.firstOffset() == journal.nextOffset()
        ? "empty, next offset " + next
        : "offsets %s to %s".formatted(Human.count(journal.firstOffset()), next);
  }

  private static void sink(Sheet sheet, String name, Status.Sink sink, @Nullable Long residue) {
    if (sink.state().equals("off")) {
      sheet.line(name, "off in this phase");
      return;
    }
    if (sink.state().equals("starting")) {
      sheet.line(name, "starting: Sluice has not opened it yet");
      return;
    }
    if (sink.state().equals("elsewhere")) {
      sheet.line(name, "delivered by other nodes");
      return;
    }
    sheet.line(
        name,
        "%s, %s delivered, %s (%s s) behind, %s"
            .formatted(
                sink.state(),
                sink.delivered() == null ? "?" : Human.count(sink.delivered()),
                counted(sink.lagReadings(), "reading"),
                Objects.requireNonNullElse(sink.lagSeconds(), "?"),
                counted(sink.deadLetters(), "dead letter")));
    if (sink.lastError() != null) {
      sheet.line("", "last error: " + sink.lastError());
    }
    if (residue != null && residue != 0) {
      sheet.line(
          "", "conservation is off by " + Human.counted(residue, "reading") + ", allowed is 0");
    }
  }

  private static void nodes(Sheet sheet, List<Status.Node> nodes) {
    String label = "nodes";
    for (Status.Node node : nodes) {
      sheet.line(
          label,
          "%s%s: %s, %s"
              .formatted(
                  node.id(),
                  node.self() ? " (this one)" : "",
                  String.join("+", node.roles()),
                  node.state().equals(Status.Node.LIVE)
                      ? live(node)
                      : "gone for %.0f s".formatted(node.seenSeconds())));
      label = "";
    }
  }

  private static String live(Status.Node node) {
    StringBuilder text = new StringBuilder(node.leads() ? "leads" : "live");
    if (node.partitions() != null && node.partitions() > 0) {
      text.append(", delivers ").append(Human.counted(node.partitions(), "partition"));
    }
    text.append(", admin ").append(node.adminUrl());
    if (node.deadLetterBytes() != null && node.deadLetterBytes() > 0) {
      text.append(", has %s of dead letters".formatted(Human.bytes(node.deadLetterBytes())));
    }
    return text.toString();
  }

  private static void backfill(Sheet sheet, Status.@Nullable Backfill backfill) {
    if (backfill == null) {
      return;
    }
    String rows =
        backfill.rowsTotal() == null
            ? ""
            : ", %s of %s rows"
                .formatted(Human.count(backfill.rowsCopied()), Human.count(backfill.rowsTotal()));
    sheet.line("backfill", backfill.state() + rows);
  }

  private static String counted(@Nullable Long count, String one) {
    return count == null ? "? " + one + "s" : Human.counted(count, one);
  }
}
