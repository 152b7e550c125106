import { DbmakerError } from '../../domain/errors.ts';
import type { Desired, Instance } from '../../domain/instance/instance.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import type { SpecChange } from '../../domain/ports/store.ts';
import type { ApiContext, App } from '../app-type.ts';
import type { InstanceAct } from '../../domain/instance/share.ts';
import { callerOf } from '../caller.ts';
import { instanceView } from '../present.ts';
import { carriedOut, preferences } from '../preferences.ts';
import { allowedAccess, allowedInstance, instanceNotFound } from '../rights.ts';
import { IdParams, PreferHeaders, problemResponse } from '../schemas/common.ts';
import { InstanceRef } from '../schemas/instance.ts';
import { randomPassword } from '../secrets.ts';

interface Action {
  readonly summary: string;
  /** What one must be allowed to do with it. */
  readonly act: InstanceAct;
  readonly event: { readonly type: string; readonly message: string };
  /** What to write; null: it already is, or is becoming, what is asked for. @throws when it cannot be done as things are */
  readonly change: (instance: Instance, context: ApiContext) => SpecChange | null;
  /** Written only if this is (still) wanted: another request may come between reading and writing. */
  readonly onlyIfDesired?: readonly Desired[];
  readonly reached: (instance: Instance | null) => boolean;
}

/** A failed one is tried again when somebody asks again. */
const becoming = (desired: Desired): Action['change'] => ({ spec, status }) => (spec.desired === desired && status.phase !== 'failed' ? null : { desired });

/** @throws not_running for one that was stopped: it stays stopped until somebody starts it */
function refuseStopped({ spec }: Instance, verb: string): void {
  if (spec.desired === 'stopped') throw new DbmakerError('not_running', `It is stopped and cannot be ${verb}.`, { remedy: 'Start it first.' });
}

/** The rotation is over and left the password as it was. */
function rotationRefused({ status }: Instance): DbmakerError {
  return new DbmakerError('access_denied', `The password was not changed. ${status.reason?.message ?? 'The events of the database say why.'}`);
}

const ACTIONS: Readonly<Record<string, Action>> = {
  start: {
    summary: 'Start it',
    act: 'operate',
    event: { type: 'instance.start-requested', message: 'Start requested.' },
    change: becoming('running'),
    reached: carriedOut('running'),
  },
  stop: {
    summary: 'Stop it; it stays stopped until somebody starts it',
    act: 'operate',
    event: { type: 'instance.stop-requested', message: 'Stop requested.' },
    change: becoming('stopped'),
    reached: carriedOut('stopped'),
  },
  sleep: {
    summary: 'Put it to sleep; a connection wakes it',
    act: 'operate',
    event: { type: 'instance.sleep-requested', message: 'Sleep requested.' },
    change: (instance, context) => {
      refuseStopped(instance, 'put to sleep');
      return becoming('sleeping')(instance, context);
    },
    onlyIfDesired: ['running', 'sleeping'],
    reached: carriedOut('sleeping'),
  },
  restart: {
    summary: 'Restart it, or start it if it does not run',
    act: 'operate',
    event: { type: 'instance.restart-requested', message: 'Restart requested.' },
    change: () => ({ desired: 'running', restart: true }),
    reached: (instance) => carriedOut('running')(instance) && instance !== null && instance.status.restarts >= instance.spec.restarts,
  },
  'rotate-password': {
    summary: 'Give it a new password; the old one ends once the new one works',
    act: 'manage',
    event: { type: 'instance.rotation-requested', message: 'New password requested.' },
    change: (instance, { secretBox }) => {
      if (instance.engine === 'generic') throw new DbmakerError('unsupported', 'Passwords of this type of database cannot be changed from here.');
      if (instance.spec.desired !== 'running') throw new DbmakerError('not_running', 'The password can only be changed while it runs.', { remedy: 'Start it first.' });
      if (instance.secrets.nextPassword !== null) throw new DbmakerError('conflict', 'A change of the password is already under way.', { retryAfterMs: 1000 });
      return { nextPassword: secretBox.seal(randomPassword(), passwordContext(instance.id)) };
    },
    onlyIfDesired: ['running'],
    reached: (instance) => instance !== null && instance.secrets.nextPassword === null,
  },
};

export function registerActionRoutes(app: App, context: ApiContext): void {
  const { store, config, wake } = context;
  for (const [name, action] of Object.entries(ACTIONS)) {
    app.post(`/api/containers/:id/${name}`, {
      config: { access: 'write', audit: { action: `instance.${name}` } },
      schema: {
        tags: ['containers'],
        summary: action.summary,
        description: `Answers 202; with \`Prefer: wait=60\` 200 once it is done. Asking twice does no harm. For its owner${action.act === 'operate' ? ', its operators' : ''} and admins.`,
        params: IdParams,
        headers: PreferHeaders,
        response: { 200: InstanceRef, 202: InstanceRef, ...problemResponse },
      },
    }, async (request, reply) => {
      const caller = callerOf(request);
      const { instance, access } = await allowedInstance(store, caller, request.params.id, action.act);
      if (instance.spec.desired === 'deleted') throw instanceNotFound();
      const change = action.change(instance, context);
      const changed = change === null ? instance : await store.instances.change(instance.id, change, {
        event: { ...action.event, data: { by: caller.user.username } },
        ...(access === 'operator' ? { asOperator: caller.user.id } : {}),
        ...(action.onlyIfDesired === undefined ? {} : { onlyIfDesired: action.onlyIfDesired }),
      });
      wake.changed(instance.id);
      const { seen, reached } = await preferences(context, request, reply).wait(changed, action.reached);
      if (seen === null) throw instanceNotFound();
      if (reached && change?.nextPassword !== undefined && seen.secrets.password !== change.nextPassword) throw rotationRefused(seen);
      return reply.code(reached ? 200 : 202).send(instanceView(seen, config.domain, await allowedAccess(store, caller, seen, 'see')));
    });
  }
}
