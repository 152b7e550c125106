"""psycopg 3: mode, conninfo, bytes."""
import sys, threading, time, psycopg
mode, conninfo, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
RUNNING = "select 1 from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'"

def cancel_when_running(connection):
    with psycopg.connect(conninfo, autocommit=True) as watcher:
        for _ in range(400):
            if watcher.execute(RUNNING).fetchone():
                return connection.cancel()
            time.sleep(0.05)

with psycopg.connect(conninfo) as connection:
    if mode == 'ask':
        print(connection.execute("select 'answer-' || 41 + 1").fetchone()[0])
    elif mode == 'bulk':
        up = connection.execute('select length(%s)', ['x' * size]).fetchone()[0]
        print('up', up, 'down', len(connection.execute("select repeat('y', %s)", [size]).fetchone()[0]))
    else:
        threading.Thread(target=cancel_when_running, args=[connection], daemon=True).start()
        connection.execute('select pg_sleep(30)')
