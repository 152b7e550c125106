import java.sql.*;

/** pgjdbc: mode, URL, bytes. Shows what e.getMessage() and e.getSQLState() say. */
public class Jdbc {
    public static void main(String[] arguments) throws Exception {
        String mode = arguments[0], url = arguments[1];
        int size = Integer.parseInt(arguments[2]);
        try (Connection connection = DriverManager.getConnection(url); Statement statement = connection.createStatement()) {
            if (mode.equals("ask")) {
                System.out.println(text(statement, "select 'answer-' || 41 + 1"));
            } else if (mode.equals("bulk")) {
                PreparedStatement up = connection.prepareStatement("select length(?)");
                up.setString(1, "x".repeat(size));
                ResultSet length = up.executeQuery();
                length.next();
                System.out.println("up " + length.getInt(1) + " down " + text(statement, "select repeat('y', " + size + ")").length());
            } else {
                Thread canceller = new Thread(() -> cancelWhenRunning(url, statement));
                canceller.setDaemon(true);
                canceller.start();
                statement.execute("select pg_sleep(30)");
            }
        } catch (SQLException e) {
            System.err.println(e.getMessage() + " [" + e.getSQLState() + "]");
            System.exit(1);
        }
    }

    private static String text(Statement statement, String query) throws SQLException {
        ResultSet rows = statement.executeQuery(query);
        rows.next();
        return rows.getString(1);
    }

    private static void cancelWhenRunning(String url, Statement statement) {
        try (Connection watcher = DriverManager.getConnection(url); Statement look = watcher.createStatement()) {
            for (int tries = 0; tries < 400; tries++) {
                if (look.executeQuery("select 1 from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'").next()) {
                    statement.cancel();
                    return;
                }
                Thread.sleep(50);
            }
        } catch (Exception e) {
            System.err.println("cancel: " + e);
        }
    }
}
