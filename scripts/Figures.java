import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Measures a checkout's sources: files and lines, files per package, lines per method (from its signature to its
 * closing brace).
 *
 * <pre>java scripts/Figures.java [CHECKOUT]</pre>
 */
final class Figures {
  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments.length > 0 ? arguments[0] : ".");
    System.out.printf(
        "%-6s %6s %7s %25s %25s%n",
        "", "files", "lines", "files/package med p90 max", "lines/method med p90 max");
    for (String tree : List.of("main", "test")) {
      report(tree, root.resolve("src/" + tree + "/java"));
    }
  }

  private static void report(String name, Path root) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(root)) {
      files = all.filter(file -> file.toString().endsWith(".java")).toList();
    }
    long lines = 0;
    Map<Path, Integer> byPackage = new TreeMap<>();
    for (Path file : files) {
      lines += Files.readAllLines(file, UTF_8).size();
      if (!file.endsWith("package-info.java")) {
        byPackage.merge(file.getParent(), 1, Integer::sum);
      }
    }
    System.out.printf(
        "%-6s %6d %7d %25s %25s%n",
        name,
        files.size(),
        lines,
        spread(new ArrayList<>(byPackage.values())),
        spread(methodLines(files)));
  }

  private static List<Integer> methodLines(List<Path> files) throws IOException {
    List<Integer> lines = new ArrayList<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, manager, null, List.of(), null, manager.getJavaFileObjectsFromPaths(files));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        new TreeScanner<Void, Void>() {
          @Override
          public Void visitMethod(MethodTree method, Void none) {
            long start = positions.getStartPosition(unit, method);
            long end = positions.getEndPosition(unit, method);
            if (method.getBody() != null && start >= 0 && end >= 0) {
              lines.add(
                  (int)
                      (unit.getLineMap().getLineNumber(end)
                          - unit.getLineMap().getLineNumber(start)
                          + 1));
            }
            return super.visitMethod(method, none);
          }
        }.scan(unit, null);
      }
    }
    return lines;
  }

  private static String spread(List<Integer> values) {
    values.sort(null);
    int last = values.size() - 1;
    return values.get(last / 2) + " " + values.get(last * 9 / 10) + " " + values.get(last);
  }
}
