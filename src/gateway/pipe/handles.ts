import type { Socket } from 'node:net';

/**
 * What lies beneath Node's sockets: the objects that libuv's streams and OpenSSL's sessions are to JavaScript (`TCP`, `Pipe`, `TLSWrap`, all of
 * them StreamBase; src/stream_base.cc and lib/internal/stream_base_commons.js of Node). Not a documented interface: see docs/adr/0005.
 */
export interface StreamHandle {
  /** Called with the outcome in `state[READ]`: bytes read into the buffer, or a negative error. May return the buffer for the next read. */
  onread: () => Uint8Array | undefined;
  /** Bytes that were given to it and that the kernel has not taken yet. */
  readonly writeQueueSize?: number;
  /** The stream's own note of whether it has started reading. */
  reading: boolean;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  /** 0 or a negative error. `state[ASYNC]` then says whether it was not all taken at once: `request.oncomplete` is called later. */
  writeBuffer(request: WriteRequest, data: Uint8Array): number;
}

export interface WriteRequest {
  /** Keeps alive what a write that is not done yet reads from; nothing beneath does. */
  buffer?: Uint8Array;
  oncomplete: (status: number) => void;
}

interface Internals {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

function load(): Internals | null {
  try {
    const { binding } = process as unknown as { binding: (name: string) => Internals };
    const found = binding.call(process, 'stream_wrap');
    const whole = typeof found.WriteWrap === 'function' && found.streamBaseState instanceof Int32Array && Number.isInteger(found.kReadBytesOrError) && Number.isInteger(found.kLastWriteWasAsync);
    return whole ? found : null;
  } catch {
    return null; // another Node than the pinned one: streams do it then
  }
}

/** null: this Node does not have them as we know them. */
export const internals: Internals | null = load();

/** The handle of a connected socket; null where it is not of the kind that we know. */
export function handleOf(socket: Socket): StreamHandle | null {
  const handle = (socket as unknown as { _handle: Partial<StreamHandle> | null })._handle;
  const known = handle && [handle.useUserBuffer, handle.readStart, handle.readStop, handle.writeBuffer].every((method) => typeof method === 'function');
  return known === true ? (handle as StreamHandle) : null;
}

/** What was written to a socket and the kernel has not taken yet, as far as this Node tells; for seeing whether it becomes less, not an amount. */
export function waitingBytes(socket: Socket): number {
  const handle = (socket as unknown as { _handle: Partial<StreamHandle> | null })._handle;
  return socket.writableLength + (handle?.writeQueueSize ?? 0);
}
