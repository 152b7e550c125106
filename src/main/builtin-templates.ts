import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Compile } from 'typebox/compile';
import { TemplateFile } from '../api/schemas/template.ts';
import { validationFields } from '../api/validation-fields.ts';
import { asDbmakerError, DbmakerError } from '../domain/errors.ts';
import type { Store } from '../domain/ports/store.ts';
import type { TemplateDocument } from '../domain/template/template.ts';
import { templateKey } from '../domain/template/template.ts';
import { validateTemplate } from '../domain/template/validate.ts';

/**
 * Brings the JSON files of `directory` into the store. Templates that an admin has changed stay as they are.
 * @throws invalid_configuration naming the file that is wrong
 */
export async function loadBuiltinTemplates(store: Pick<Store, 'templates'>, directory: string): Promise<void> {
  const shape = Compile(TemplateFile);
  for (const file of (await readdir(directory)).filter((name) => name.endsWith('.json')).sort()) {
    const document = await readDocument(path.join(directory, file), (value) => {
      if (!shape.Check(value)) throw new DbmakerError('invalid_template', JSON.stringify(validationFields(shape.Errors(value))));
      return value;
    });
    await store.templates.putBuiltin(templateKey(document.name), document);
  }
}

async function readDocument(file: string, checkShape: (value: unknown) => TemplateDocument): Promise<TemplateDocument> {
  try {
    const document = checkShape(JSON.parse(await readFile(file, 'utf8')));
    validateTemplate(document);
    return document;
  } catch (error) {
    const reason = asDbmakerError(error, 'invalid_template', 'It is not a readable JSON file.').userText;
    throw new DbmakerError('invalid_configuration', `Built-in template ${file}: ${reason}`, { cause: error });
  }
}
