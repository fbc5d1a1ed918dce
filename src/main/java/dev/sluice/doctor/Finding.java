package dev.sluice.doctor;

import dev.sluice.api.DoctorReport;

/**
 * The outcome of one check. Immutable.
 *
 * @param seen what is there, as text with its unit
 * @param mend a command, or a setting to change; empty if there is nothing to mend
 */
record Finding(Check check, Level level, String seen, String mend) {

  DoctorReport.Check answer() {
    return new DoctorReport.Check(
        check.group(),
        check.name(),
        level.label(),
        seen,
        check.wanted(),
        check.why(),
        mend.isEmpty() ? null : mend);
  }
}
