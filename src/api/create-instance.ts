import { backupPasswordContext, type Backup } from '../domain/backup/backup.ts';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import { type Instance, OPEN_ACCESS, type SealedSecrets } from '../domain/instance/instance.ts';
import { buildSlug } from '../domain/names.ts';
import { passwordContext, type SecretBox } from '../domain/ports/secret-box.ts';
import type { NewInstance } from '../domain/ports/store.ts';
import { DEFAULT_RESOURCES, resolveResources } from '../domain/resources.ts';
import type { Template, TemplateDocument } from '../domain/template/template.ts';
import { templateKey } from '../domain/template/template.ts';
import { engineOf } from '../domain/template/validate.ts';
import type { User } from '../domain/user/user.ts';
import type { ApiDependencies } from './dependencies.ts';
import { connectRulesOf, policiesOf, validateInstanceInput, withinBounds } from './instance-input.ts';
import { loginOf } from './instance-login.ts';
import { reservePort } from './reserve-port.ts';
import type { NewInstanceBody } from './schemas/instance.ts';
import { randomId, randomPassword, randomSlugPart } from './secrets.ts';

/** Random parts collide about never; the bound is for a bug that makes them collide always. */
const MAX_TRIES = 5;
/** A backup does not expire while somebody is restoring it. */
const KEPT_FOR_RESTORE_MS = 24 * 3_600_000;
/** Of a trial of a template: for a look, and to be gone also when nobody takes it away. */
const TRIAL_TTL = '15m';

/**
 * Checks what was asked for and writes the spec; making it so is the reconciler's work.
 * @param fixedId given when the request can be repeated: the same id then finds what the first try made
 * @param backup where its data come from; what `body` does not say is then as it was
 * @throws invalid_request, template_not_found, template_unavailable, name_taken, quota_exceeded, ports_exhausted, conflict
 */
export async function createInstance(dependencies: ApiDependencies, owner: User, body: NewInstanceBody, fixedId: string | null, backup: Backup | null = null): Promise<Instance> {
  validateInstanceInput(body);
  const template = backup === null ? await usableTemplate(dependencies, body.template) : await templateFor(dependencies, body.template, backup);
  if (owner.role !== 'admin') validateInstanceInput(body, template.document.policies?.allow);
  if (backup !== null && !(await dependencies.store.backups.keepUntil(backup.id, dependencies.clock.now() + KEPT_FOR_RESTORE_MS))) {
    throw new DbmakerError('not_found', 'There is no such backup.');
  }
  return create(dependencies, owner, body, template, { fixedId, backup });
}

/**
 * A database made of a document that is not saved, so that an admin sees whether it works before anybody else uses it: an ordinary one of theirs,
 * but for the time that it has and that it leaves no backup. Call `requireTemplate` first.
 * @throws name_taken, quota_exceeded, ports_exhausted, conflict
 */
export async function createTrial(dependencies: ApiDependencies, owner: User, document: TemplateDocument): Promise<Instance> {
  const key = templateKey(document.name);
  // Whatever the template says of sleep and removal: it has this time, and is awake in it.
  const body: NewInstanceBody = { template: key, name: trialName(key), ttl: TRIAL_TTL, sleepAfter: 'never', removeAfter: 'never' };
  return create(dependencies, owner, body, { key, document }, { fixedId: null, backup: null, trial: true });
}

/** `test-postgis-x7c2`, a valid name whatever the template is called. */
function trialName(key: string): string {
  return `test-${key.slice(0, 30).replace(/-+$/, '')}-${randomSlugPart()}`;
}

type Origin = Pick<Given, 'backup' | 'trial'> & { readonly fixedId: string | null };

async function create(dependencies: ApiDependencies, owner: User, body: NewInstanceBody, template: Pick<Template, 'key' | 'document'>, { fixedId, ...origin }: Origin): Promise<Instance> {
  for (let tries = 1; ; tries++) {
    const port = await reservePort(dependencies);
    try {
      const instance = await dependencies.store.instances.create(describe(dependencies, owner, body, template, { ...origin, id: fixedId ?? randomId(), port }));
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

/** The template as it was, also when it was changed or deleted since; or another one of the same engine. */
async function templateFor(dependencies: ApiDependencies, name: string, { of }: Backup): Promise<Pick<Template, 'key' | 'document'>> {
  if (templateKey(name) === of.templateKey) return { key: of.templateKey, document: of.spec.template };
  const other = await usableTemplate(dependencies, name);
  if (engineOf(other.document) === of.engine) return other;
  throw new DbmakerError('invalid_request', 'The backup is of another kind of database.', { fields: { '/template': `must be a template of the engine ${of.engine}` } });
}

interface Given {
  readonly id: string;
  readonly port: number;
  readonly backup: Backup | null;
  readonly trial?: boolean;
}

function describe({ secretBox, clock, config }: ApiDependencies, owner: User, body: NewInstanceBody, template: Pick<Template, 'key' | 'document'>, { id, port, backup, trial }: Given): NewInstance {
  const { document } = template;
  const before = backup?.of ?? null;
  const slug = buildSlug(owner.username, document.type, randomSlugPart());
  const beforePolicies = before === null ? {} : { sleepAfterMs: before.spec.sleepAfterMs, removeAfterMs: before.spec.removeAfterMs };
  const now = clock.now();
  const asked = { ...config.policies, ...policiesOf(document.policies ?? {}, now), ...beforePolicies, ...policiesOf(body, now) };
  const policies = owner.role === 'admin' ? asked : withinBounds(asked, document.policies?.allow ?? {}, now);
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
      resources: resolveResources(body.resources, before?.spec.resources ?? resolveResources(document.resources, DEFAULT_RESOURCES)),
      ...loginAfter(backup, loginOf(document, owner.username, { slug, name: body.name, id })),
      ...policies,
      access: { ...OPEN_ACCESS, ...before?.spec.access, ...connectRulesOf(body) },
      ...(backup === null ? {} : { restoreFrom: backup.id }),
      ...(trial === true ? { trial } : {}),
    },
    secrets: backup === null ? { password: secretBox.seal(randomPassword(), passwordContext(id)), nextPassword: null } : secretsAfter(backup, id, secretBox),
  };
}

/** A change of the password that was under way goes on: only then it is known which one the data have. */
function secretsAfter({ id: backupId, of }: Backup, id: string, secretBox: SecretBox): SealedSecrets {
  const again = (sealed: string): string => secretBox.seal(secretBox.open(sealed, backupPasswordContext(backupId)), passwordContext(id));
  return { password: again(of.password), nextPassword: of.nextPassword === undefined || of.nextPassword === null ? null : again(of.nextPassword) };
}

/** The login stays, so that clients need only the new address; a snapshot of Redis has no users in it, and the new one is named like the new database. */
function loginAfter(backup: Backup | null, fresh: { username: string; database: string }): { username: string; database: string } {
  return backup === null || backup.format === 'rdb' ? fresh : { username: backup.of.spec.username, database: backup.of.spec.database };
}

async function giveBack({ store, log }: ApiDependencies, port: number): Promise<void> {
  try {
    await store.ports.unreserve(port);
  } catch (error) {
    // The reservation ends by itself; what went wrong with the creation matters more to whoever asked.
    log.warn({ err: error, port }, 'a port reservation was left to expire');
  }
}
