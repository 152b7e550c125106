import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DbmakerError } from '../../domain/errors.ts';
import { asRuntimeError, statusOf, wordsOf } from './errors.ts';

const answer = (statusCode: number, message: string): Error => Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), { statusCode, json: { message } });
const codeOf = (error: unknown): string => asRuntimeError(error, 'do it', 'unix:///x').code;

test('a connection that fails or breaks means that Docker does not answer', () => {
  for (const code of ['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET', 'EPIPE']) assert.equal(codeOf(Object.assign(new Error(code), { code })), 'runtime_unavailable');
  assert.equal(codeOf(new Error('socket hang up')), 'runtime_unavailable');
});

test('the engine\'s words become a code that a person understands', () => {
  assert.equal(codeOf(answer(500, 'write /var/lib/x: no space left on device')), 'disk_full');
  assert.equal(codeOf(answer(404, 'No such image: x:1')), 'image_missing');
  assert.equal(codeOf(answer(400, 'invalid mount config for type "bind": bind source path does not exist: /x')), 'data_missing');
  assert.equal(codeOf(answer(500, 'driver failed: Bind for 127.0.0.1:80 failed: port is already allocated')), 'port_taken');
  assert.equal(codeOf(answer(500, 'something else')), 'runtime_failed');
});

test('of runc\'s chain of reasons only the last is told', () => {
  const words = 'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown';
  const error = asRuntimeError(answer(400, words), 'start the container', 'unix:///x');
  assert.equal(error.code, 'exited_at_start');
  assert.equal(error.message, 'The container could not be started: exec: "nope": executable file not found in $PATH');
});

test('ours pass through, and status and words are found beneath', () => {
  const own = new DbmakerError('disk_full', 'x');
  assert.equal(asRuntimeError(own, 'do it', 'unix:///x'), own);
  const wrapped = asRuntimeError(answer(409, 'name in use'), 'do it', 'unix:///x');
  assert.equal(statusOf(wrapped), 409);
  assert.equal(wordsOf(wrapped), 'name in use');
  assert.equal(statusOf(new Error('x')), null);
});
