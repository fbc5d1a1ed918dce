import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/**
 * Watches how many transactions InnoDB keeps old versions of, until a file is there: it grows while
 * a transaction stays open and others write. Arguments: url, user, password, file that ends it.
 * Prints the most it saw.
 */
public final class UndoHistory {
  private static final long STEP_MILLIS = 50;
  private static final String LENGTH =
      "SELECT count FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'";

  private UndoHistory() {}

  public static void main(String[] args) throws Exception {
    Path end = Path.of(args[3]);
    long most = 0;
    try (Connection connection = DriverManager.getConnection(args[0], args[1], args[2]);
        PreparedStatement statement = connection.prepareStatement(LENGTH)) {
      do {
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          most = Math.max(most, row.getLong(1));
        }
        Thread.sleep(STEP_MILLIS);
      } while (!Files.exists(end));
    }
    System.out.println(most);
  }
}
