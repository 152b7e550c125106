import type { Engine } from '../domain/ports/engine.ts';
import type { EngineName } from '../domain/template/template.ts';
import { generic } from './generic/engine.ts';
import { postgresql } from './postgresql/engine.ts';
import { redis } from './redis/engine.ts';

/** All database families that DbMaker knows. They hold no state: one set serves every instance. */
export function createEngines(): Record<EngineName, Engine> {
  return { postgresql, redis, generic };
}
