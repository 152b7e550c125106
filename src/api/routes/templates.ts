import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import { templateKey } from '../../domain/template/template.ts';
import type { Template as TemplateEntity } from '../../domain/template/template.ts';
import { validateTemplate } from '../../domain/template/validate.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { templateView } from '../present.ts';
import { problemResponse, ref } from '../schemas/common.ts';
import { Template, TemplateBody, toDocument } from '../schemas/template.ts';

const tags = ['templates'];
/** For the audit. Not the environment and the command of a template: people write passwords there. */
const SHOWN = ['name', 'type', 'image', 'version', 'engine', 'endpoint', 'protocol', 'defaultPort', 'resources', 'policies'];
const NameParams = Type.Object({ name: Type.String() });

export function registerTemplateRoutes(app: App, { store }: ApiContext): void {
  app.get('/api/templates', {
    config: { access: 'read' },
    schema: { tags, summary: 'What databases can be made of', response: { 200: Type.Object({ items: Type.Array(ref(Template)) }), ...problemResponse } },
  }, async () => ({ items: (await store.templates.list()).map(templateView) }));

  app.post('/api/templates', {
    config: { access: 'admin', audit: { action: 'template.create', detail: SHOWN } },
    schema: { tags, summary: 'Add a template', body: TemplateBody, response: { 201: ref(Template), ...problemResponse } },
  }, async (request, reply) => {
    const document = toDocument(request.body);
    validateTemplate(document);
    const template = await store.templates.create(templateKey(document.name), document, { builtin: false });
    noteAudit(request, { subject: template.key });
    return reply.code(201).header('location', `/api/templates/${template.key}`).send(templateView(template));
  });

  app.get('/api/templates/:name', {
    config: { access: 'read' },
    schema: { tags, summary: 'One template', params: NameParams, response: { 200: ref(Template), ...problemResponse } },
  }, async (request) => templateView(await existing(request.params.name)));

  app.put('/api/templates/:name', {
    config: { access: 'admin', audit: { action: 'template.replace', detail: SHOWN } },
    schema: { tags, summary: 'Replace a template; databases that were made of it stay as they are', params: NameParams, body: TemplateBody, response: { 200: ref(Template), ...problemResponse } },
  }, async (request) => {
    const document = toDocument(request.body);
    validateTemplate(document);
    const { key } = await existing(request.params.name);
    if (templateKey(document.name) !== key) {
      throw new DbmakerError('invalid_template', `The name has to stay ${key} apart from capitals and signs.`, { fields: { '/name': 'must be that of the address' }, remedy: 'Make a new template instead.' });
    }
    return templateView(await store.templates.replace(key, document));
  });

  app.delete('/api/templates/:name', {
    config: { access: 'admin', audit: { action: 'template.delete' } },
    schema: { tags, summary: 'Remove a template; databases that were made of it stay', params: NameParams, response: { 204: Type.Null(), ...problemResponse } },
  }, async (request, reply) => {
    const { key, builtin } = await existing(request.params.name);
    if (builtin) throw new DbmakerError('conflict', 'Built-in templates come back at the next start.', { remedy: 'Replace it with PUT instead.' });
    await store.templates.delete(key);
    return reply.code(204).send(null);
  });

  /** @throws template_not_found */
  async function existing(name: string): Promise<TemplateEntity> {
    const template = await store.templates.get(templateKey(name));
    if (template === null) throw new DbmakerError('template_not_found', 'There is no template of this name.', { remedy: 'GET /api/templates lists them.' });
    return template;
  }
}
