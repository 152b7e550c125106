import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { TemplateRepository } from '../../domain/ports/store.ts';
import type { Availability, Template, TemplateDocument } from '../../domain/template/template.ts';
import type { Database } from '../database.ts';
import type { Queries, TemplateRow } from '../schema.ts';

export class Templates implements TemplateRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(key: string, document: TemplateDocument, options: { builtin: boolean }): Promise<Template> {
    const row = this.#newRow(key, document, options.builtin);
    try {
      await this.#database.write((queries) => queries.insertInto('templates').values(row).execute());
    } catch (error) {
      if (!isDbmakerError(error, 'conflict')) throw error;
      throw new DbmakerError('conflict', `There is a template ${key} already.`, { cause: error, remedy: `PUT /api/templates/${key} replaces it.` });
    }
    return toTemplate(row);
  }

  async putBuiltin(key: string, document: TemplateDocument): Promise<Template> {
    const row = this.#newRow(key, document, true);
    return this.#database.write(async (queries) => {
      // What a worker found out about the old document says nothing about the new one; an unchanged one is left alone altogether.
      await queries.insertInto('templates').values(row)
        .onConflict((conflict) => conflict.column('key')
          .doUpdateSet({ document: row.document, availability: null, updated_at: row.updated_at })
          .where('templates.builtin', '=', 1).where('templates.document', '<>', row.document))
        .execute();
      return toTemplate(await existing(queries, key));
    });
  }

  async get(key: string): Promise<Template | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('templates').selectAll().where('key', '=', key).executeTakeFirst());
    return row ? toTemplate(row) : null;
  }

  async list(): Promise<Template[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('templates').selectAll().orderBy('key').execute());
    return rows.map(toTemplate);
  }

  async replace(key: string, document: TemplateDocument): Promise<Template> {
    return this.#database.write(async (queries) => {
      await queries.updateTable('templates')
        .set({ document: JSON.stringify(document), builtin: 0, availability: null, updated_at: this.#database.clock.now() })
        .where('key', '=', key).execute();
      return toTemplate(await existing(queries, key));
    });
  }

  async delete(key: string): Promise<void> {
    await this.#database.write(async (queries) => {
      const { numDeletedRows } = await queries.deleteFrom('templates').where('key', '=', key).executeTakeFirst();
      if (numDeletedRows === 0n) throw missing(key);
    });
  }

  async setAvailability(key: string, availability: Availability): Promise<void> {
    const text = JSON.stringify(availability);
    const known = await this.#database.read((queries) => queries.selectFrom('templates').select('availability').where('key', '=', key).executeTakeFirst());
    if (!known || known.availability === text) return; // asked for again and again: no write when nothing is new
    await this.#database.write((queries) => queries.updateTable('templates').set({ availability: text }).where('key', '=', key).execute());
  }

  #newRow(key: string, document: TemplateDocument, builtin: boolean): TemplateRow {
    const now = this.#database.clock.now();
    return { key, document: JSON.stringify(document), builtin: builtin ? 1 : 0, availability: null, created_at: now, updated_at: now };
  }
}

async function existing(queries: Queries, key: string): Promise<TemplateRow> {
  const row = await queries.selectFrom('templates').selectAll().where('key', '=', key).executeTakeFirst();
  if (!row) throw missing(key);
  return row;
}

function missing(key: string): DbmakerError {
  return new DbmakerError('template_not_found', `There is no template ${key}.`, { remedy: 'GET /api/templates lists them.' });
}

function toTemplate(row: TemplateRow): Template {
  return {
    key: row.key,
    document: JSON.parse(row.document) as TemplateDocument,
    builtin: row.builtin === 1,
    availability: row.availability === null ? null : JSON.parse(row.availability) as Availability,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
