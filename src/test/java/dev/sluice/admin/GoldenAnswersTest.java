package dev.sluice.admin;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of answer of the admin port, and its text on the command line, is what {@code
 * src/test/resources/golden/admin} holds: the members, their order, their types and their values.
 *
 * <p>With {@code -Dgolden.write=true} the files are written instead, and those that nothing answers
 * any more are deleted: read the difference before you commit it. What varies from run to run is
 * replaced, see {@link GoldenJson}.
 */
class GoldenAnswersTest {
  @TestFactory
  Stream<DynamicTest> answersAreAsRecorded(@TempDir Path data) throws Exception {
    GoldenAnswers answers = new GoldenAnswers(data);

    new StatusAnswers(answers).all();
    new CutoverAnswers(answers).all();
    new BackfillAnswers(answers).all();
    new VerifyAnswers(answers).all();
    new LedgerAnswers(answers).all();
    new ErrorAnswers(answers).all();

    if (Boolean.getBoolean("golden.write")) {
      answers.write();
    }
    return answers.names().stream()
        .map(name -> DynamicTest.dynamicTest(name, () -> answers.check(name)));
  }
}
