import { processWorld } from '../support/process-runtime.ts';
import { runtimeContract } from './runtime.ts';

runtimeContract('process', () => processWorld());
