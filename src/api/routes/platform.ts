import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import type { ApiContext, App } from '../app-type.ts';
import { lastWorkerState } from '../platform-figures.ts';
import { Health, isStale, readHealth } from '../health.ts';
import { nullable, problemResponse, ref, Time } from '../schemas/common.ts';
import { PHASES } from '../schemas/instance.ts';
import { VERSION } from '../version.ts';

const tags = ['platform'];

const Monitoring = Type.Object({
  instances: Type.Object({ total: Type.Integer(), byStatus: Type.Object(Object.fromEntries(PHASES.map((phase) => [phase, Type.Integer()]))) }),
  promised: Type.Object({ memoryBytes: Type.Number(), cpus: Type.Number() }, { description: 'Limits of all databases together.' }),
  ports: Type.Object({ from: Type.Integer(), to: Type.Integer(), taken: Type.Integer(), quarantined: Type.Integer(), free: Type.Integer() }),
  capacity: Type.Object({
    memory: nullable(Type.Object({ totalBytes: Type.Number(), availableBytes: Type.Number() })),
    cpus: nullable(Type.Number({ description: 'null: not known.' })),
    disks: Type.Array(Type.Object({ place: Type.String({ description: '`home`: DBMAKER_HOME; `docker`: where Docker keeps images and containers.' }), totalBytes: Type.Number(), freeBytes: Type.Number() })),
  }, { description: 'Of the machine that the databases run on, as the workers last said it.' }),
  lastResync: nullable(Type.Object({ at: Time, ageMs: Type.Integer() }, { description: 'When the store and what is there were last compared in full; null: never.' })),
  workers: Type.Array(Type.Object({ worker: Type.String(), at: Time, stale: Type.Boolean(), state: Type.Record(Type.String(), Type.Unknown()) })),
}, { $id: 'Monitoring' });

export const platformSchemas = [Health, Monitoring];

/** How the platform itself does. */
export function registerPlatformRoutes(app: App, { store, clock, config }: ApiContext): void {
  app.get('/health', {
    config: { access: 'public' },
    schema: { tags, summary: 'Components and their state; 503 when one of them is down', response: { 200: ref(Health), 503: ref(Health), ...problemResponse } },
  }, async (_request, reply) => {
    const health = await readHealth(store, clock, VERSION);
    return reply.code(health.status === 'up' ? 200 : 503).send(health);
  });

  app.get('/api/certificate-authority', {
    config: { access: 'public' },
    schema: {
      tags, summary: 'The certificate of the authority that signs the gateway\'s own, for clients to trust (PEM)', produces: ['application/x-pem-file'],
      response: { 200: Type.String(), ...problemResponse },
    },
  }, async (_request, reply) => {
    const { certificateAuthority } = config.gateway;
    if (certificateAuthority === null) throw new DbmakerError('not_found', 'There is no authority of our own here: the certificate of this installation was issued by another one.');
    void reply.type('application/x-pem-file').header('content-disposition', 'attachment; filename="dbmaker-ca.pem"');
    return reply.serializer((text: unknown) => text as string).send(certificateAuthority);
  });

  app.get('/api/monitoring', {
    config: { access: 'admin' },
    schema: { tags, summary: 'Totals, capacity, health of workers', response: { 200: ref(Monitoring), ...problemResponse } },
  }, async () => {
    const [totals, ports, beats] = await Promise.all([store.instances.totals(), store.ports.counts(config.portRange), store.heartbeats.list()]);
    const byStatus = Object.fromEntries(PHASES.map((phase) => [phase, totals.byPhase[phase] ?? 0]));
    const { capacity, lastResyncAt } = lastWorkerState(beats);
    return {
      instances: { total: Object.values(byStatus).reduce((sum, count) => sum + count, 0), byStatus },
      promised: { memoryBytes: totals.memoryBytes, cpus: totals.cpus },
      ports: { ...config.portRange, ...ports },
      capacity: { memory: capacity?.memory ?? null, cpus: capacity?.cpus ?? null, disks: [...(capacity?.disks ?? [])] },
      lastResync: lastResyncAt === null ? null : { at: new Date(lastResyncAt).toISOString(), ageMs: Math.max(0, clock.now() - lastResyncAt) },
      workers: beats.map((beat) => ({ worker: beat.worker, at: new Date(beat.at).toISOString(), stale: isStale(beat, clock), state: beat.state })),
    };
  });
}
