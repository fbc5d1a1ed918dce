package dev.sluice.ingest.format.prometheus;

/** The two messages of remote write, and the numbers of their fields that differ. */
enum Version {
  /** {@code prometheus.WriteRequest}. */
  V1(1, 5, 4, 3),
  /** {@code io.prometheus.write.v2.Request}. */
  V2(5, 1, 3, 4);

  /** Field of the request: a series. */
  final int series;

  /** Field of the other version's request: a series. */
  final int seriesOfOther;

  /** Field of a series: a native histogram. */
  final int histograms;

  /** Field of a series: an exemplar. */
  final int exemplars;

  Version(int series, int seriesOfOther, int histograms, int exemplars) {
    this.series = series;
    this.seriesOfOther = seriesOfOther;
    this.histograms = histograms;
    this.exemplars = exemplars;
  }
}
