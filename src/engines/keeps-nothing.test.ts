import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFinalBackup, keepsNothing } from '../domain/instance/keeps-nothing.ts';
import type { Instance } from '../domain/instance/instance.ts';
import { TEMPLATE } from '../../test/support/store.ts';
import { createEngines } from './index.ts';

const one = (engine: Instance['engine'], dataPath: string | undefined, provisioned = true): Parameters<typeof keepsNothing>[0] => ({
  engine,
  spec: { template: { ...TEMPLATE, ...(dataPath === undefined ? {} : { dataPath }) } } as Instance['spec'],
  status: { provisioned } as Instance['status'],
});

test('what is said of backups agrees with where each engine keeps its data', () => {
  for (const engine of Object.values(createEngines())) {
    assert.equal(keepsNothing(one(engine.name, undefined)) === null, engine.defaults.dataPath !== null, engine.name);
    assert.equal(keepsNothing(one(engine.name, '/data')), null, engine.name);
    assert.equal(afterFinalBackup(one(engine.name, '/data', false)), 'without a backup, as it has never run');
  }
});
