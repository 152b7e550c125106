import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';

/** Columns that have to differ from row to row; everything else is copied from the pattern. */
const UNIQUE = new Set(['id', 'name', 'slug', 'port', 'created_at']);

/**
 * Fills the store of a stopped server: `count` copies of its only instance, in SQL, as 10,000 creations would take minutes. Ports count up
 * from 10000.
 */
export function copyInstance(home: string, count: number): void {
  const database = new DatabaseSync(findDatabase(home));
  try {
    database.exec('PRAGMA foreign_keys = OFF; BEGIN');
    const columns = database.prepare("SELECT name FROM pragma_table_info('instances')").all().map(({ name }) => String(name));
    const values = columns.map((name) => (UNIQUE.has(name) ? `$${name}` : name));
    const copy = database.prepare(`INSERT INTO instances (${columns.join(', ')}) SELECT ${values.join(', ')} FROM instances WHERE id = (SELECT id FROM instances WHERE name = 'pattern')`);
    const port = database.prepare('INSERT OR REPLACE INTO ports (port, instance_id) VALUES (?, ?)');
    const first = Date.now() - count * 1000;
    for (let index = 0; index < count; index += 1) {
      const id = `b${index.toString(36).padStart(11, '0')}`;
      copy.run({ $id: id, $name: `row-${index}`, $slug: `admin-redis-${index.toString(36)}`, $port: 10_000 + index, $created_at: first + index * 1000 });
      port.run(10_000 + index, id);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

/** Where src/store keeps it. */
const findDatabase = (home: string): string => path.join(home, 'dbmaker.sqlite');
