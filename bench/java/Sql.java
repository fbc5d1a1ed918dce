import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

/**
 * Runs one statement and prints the first column of its rows. Arguments: url, user, password, SQL.
 */
public final class Sql {
  private Sql() {}

  public static void main(String[] args) throws Exception {
    try (Connection connection = DriverManager.getConnection(args[0], args[1], args[2]);
        Statement statement = connection.createStatement()) {
      if (statement.execute(args[3])) {
        try (ResultSet rows = statement.getResultSet()) {
          while (rows.next()) {
            System.out.println(rows.getString(1));
          }
        }
      }
    }
  }
}
