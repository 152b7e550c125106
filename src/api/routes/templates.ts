import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import { templateKey } from '../../domain/template/template.ts';
import type { Template as TemplateEntity } from '../../domain/template/template.ts';
import { problemsText } from '../../domain/template/validate.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { createTrial } from '../create-instance.ts';
import { instanceView, templateView } from '../present.ts';
import { problemResponse, ref } from '../schemas/common.ts';
import { InstanceRef } from '../schemas/instance.ts';
import { Template, TemplateBody, TemplateCheck, toDocument } from '../schemas/template.ts';
import { requireTemplate, templateInputProblems } from '../template-input.ts';

const tags = ['templates'];
/** For the audit. Not the environment and the command of a template: people write passwords there. */
const SHOWN = ['name', 'type', 'image', 'version', 'engine', 'endpoint', 'protocol', 'defaultPort', 'resources', 'policies'];
const NameParams = Type.Object({ name: Type.String() });

export function registerTemplateRoutes(app: App, context: ApiContext): void {
  const { store, config } = context;
  /** Before the schema, which knows the shape only: all that is wrong is told at once. */
  const preValidation = async ({ body }: FastifyRequest): Promise<void> => requireTemplate(body);

  app.get('/api/templates', {
    config: { access: 'read' },
    schema: { tags, summary: 'What databases can be made of', response: { 200: Type.Object({ items: Type.Array(ref(Template)) }), ...problemResponse } },
  }, async () => ({ items: (await store.templates.list()).map(templateView) }));

  app.post('/api/templates', {
    config: { access: 'admin', audit: { action: 'template.create', detail: SHOWN } },
    preValidation,
    schema: { tags, summary: 'Add a template', body: TemplateBody, response: { 201: ref(Template), ...problemResponse } },
  }, async (request, reply) => {
    const document = toDocument(request.body);
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
    preValidation,
    schema: { tags, summary: 'Replace a template; databases that were made of it stay as they are', params: NameParams, body: TemplateBody, response: { 200: ref(Template), ...problemResponse } },
  }, async (request) => {
    const document = toDocument(request.body);
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

  app.post('/api/templates/validate', {
    config: { access: 'admin', audit: 'nothing' },
    schema: {
      tags, summary: 'Look at a template without saving it', body: Type.Unknown({ description: 'What could be sent to `POST /api/templates`, or anything else.' }), response: { 200: TemplateCheck, ...problemResponse },
      description: 'Says what saving it would say, of all members at once. Nothing is written. Whether this installation can run it, a trial shows: `POST /api/template-tests`.',
    },
  }, async (request) => {
    const fields = templateInputProblems(request.body);
    const valid = Object.keys(fields).length === 0;
    return { valid, fields, message: valid ? 'The template is valid.' : problemsText(fields) };
  });

  app.post('/api/template-tests', {
    config: { access: 'admin', audit: { action: 'template.test', detail: SHOWN } },
    preValidation,
    schema: {
      tags, summary: 'Try a template without saving it', body: TemplateBody, response: { 202: InstanceRef, ...problemResponse },
      description: 'Makes a database of your own of it (`Location`), named `test-...`, which is removed after 15 minutes without a backup, or when you delete it. Where it cannot run, its `reason` says why. Given another `ttl`, it is an ordinary one.',
    },
  }, async (request, reply) => {
    const instance = await createTrial(context, callerOf(request).user, toDocument(request.body));
    noteAudit(request, { subject: instance.slug, instanceId: instance.id, ownerId: instance.ownerId });
    return reply.code(202).header('location', `/api/containers/${instance.id}`).send(instanceView(instance, config.domain, 'owner'));
  });

  /** @throws template_not_found */
  async function existing(name: string): Promise<TemplateEntity> {
    const template = await store.templates.get(templateKey(name));
    if (template === null) throw new DbmakerError('template_not_found', 'There is no template of this name.', { remedy: 'GET /api/templates lists them.' });
    return template;
  }
}
