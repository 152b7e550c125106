import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import { type Instance, OPEN_ACCESS } from '../domain/instance/instance.ts';
import { buildSlug } from '../domain/names.ts';
import { passwordContext } from '../domain/ports/secret-box.ts';
import type { NewInstance } from '../domain/ports/store.ts';
import { DEFAULT_RESOURCES, resolveResources } from '../domain/resources.ts';
import type { Template } from '../domain/template/template.ts';
import { templateKey } from '../domain/template/template.ts';
import { engineOf } from '../domain/template/validate.ts';
import type { User } from '../domain/user/user.ts';
import type { ApiDependencies } from './dependencies.ts';
import { accessOf, policiesOf, validateInstanceInput } from './instance-input.ts';
import { loginOf } from './login.ts';
import { reservePort } from './reserve-port.ts';
import type { NewInstanceBody } from './schemas/instance.ts';
import { randomId, randomPassword, randomSlugPart } from './secrets.ts';

/** Random parts collide about never; the bound is for a bug that makes them collide always. */
const MAX_TRIES = 5;

/**
 * Checks what was asked for and writes the spec; making it so is the reconciler's work.
 * @param fixedId given when the request can be repeated: the same id then finds what the first try made
 * @throws invalid_request, template_not_found, template_unavailable, name_taken, quota_exceeded, ports_exhausted, conflict
 */
export async function createInstance(dependencies: ApiDependencies, owner: User, body: NewInstanceBody, fixedId: string | null): Promise<Instance> {
  validateInstanceInput(body);
  const template = await usableTemplate(dependencies, body.template);
  for (let tries = 1; ; tries++) {
    const port = await reservePort(dependencies);
    try {
      const instance = await dependencies.store.instances.create(describe(dependencies, owner, body, template, fixedId ?? randomId(), port));
      dependencies.wake.changed(instance.id);
      return instance;
    } catch (error) {
      await giveBack(dependencies, port);
      if (!isDbmakerError(error, 'conflict') || tries >= MAX_TRIES) throw error;
    }
  }
}

async function usableTemplate({ store }: ApiDependencies, name: string): Promise<Template> {
  const template = await store.templates.get(templateKey(name));
  if (template === null) {
    throw new DbmakerError('template_not_found', 'There is no template of this name.', { fields: { '/template': 'is not the name of a template' }, remedy: 'GET /api/templates lists them.' });
  }
  const { availability } = template;
  if (availability?.available === false) {
    throw new DbmakerError('template_unavailable', `${template.document.name} cannot be created here: ${availability.reason}`, availability.remedy === undefined ? {} : { remedy: availability.remedy });
  }
  return template;
}

function describe({ secretBox }: ApiDependencies, owner: User, body: NewInstanceBody, template: Template, id: string, port: number): NewInstance {
  const { document } = template;
  const slug = buildSlug(owner.username, document.type, randomSlugPart());
  const policies = { sleepAfterMs: null, removeAfterMs: null, ...policiesOf(document.policies ?? {}), ...policiesOf(body) };
  return {
    id,
    ownerId: owner.id,
    ownerName: owner.username,
    name: body.name,
    templateKey: template.key,
    type: document.type,
    engine: engineOf(document),
    slug,
    port,
    spec: {
      desired: 'running',
      template: document,
      resources: resolveResources(body.resources, resolveResources(document.resources, DEFAULT_RESOURCES)),
      ...loginOf(document, owner.username, { slug, name: body.name, id }),
      ...policies,
      access: { ...OPEN_ACCESS, ...accessOf(body) },
    },
    secrets: { password: secretBox.seal(randomPassword(), passwordContext(id)), nextPassword: null },
  };
}

async function giveBack({ store, log }: ApiDependencies, port: number): Promise<void> {
  try {
    await store.ports.unreserve(port);
  } catch (error) {
    // The reservation ends by itself; what went wrong with the creation matters more to whoever asked.
    log.warn({ err: error, port }, 'a port reservation was left to expire');
  }
}
