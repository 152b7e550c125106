import { EventEmitter } from 'node:events';
import type { NewsSignal, StatusSignal, WakeSignal } from '../domain/ports/wake.ts';

/** The hints between api, gateway and workers of one process; ./hints.ts carries them between processes. */
export interface Signals {
  readonly wake: WakeSignal;
  readonly status: StatusSignal;
  /** After any of what follows. */
  readonly news: NewsSignal;
  /** Spec changed by this process. */
  onChanged(callback: (instanceId: string) => void): void;
  /** Spec changed by another process, as told by `heard`. */
  onHeard(callback: (instanceId: string) => void): void;
  readonly heard: (instanceId: string) => void;
  /** Status reported, any instance. */
  onAnyReport(callback: (instanceId: string) => void): void;
  readonly reported: (instanceId: string) => void;
}

export function createSignals(): Signals {
  const emitter = new EventEmitter().setMaxListeners(0);
  const reports = new EventEmitter().setMaxListeners(0);
  return {
    wake: { changed: (id) => void emitter.emit('changed', id) },
    status: {
      onReport(id, callback) {
        reports.on(id, callback);
        return () => void reports.off(id, callback);
      },
    },
    news: {
      onNews(callback) {
        for (const name of ['changed', 'heard', 'reported']) emitter.on(name, callback);
        return () => {
          for (const name of ['changed', 'heard', 'reported']) emitter.off(name, callback);
        };
      },
    },
    onChanged: (callback) => void emitter.on('changed', callback),
    onHeard: (callback) => void emitter.on('heard', callback),
    heard: (id) => void emitter.emit('heard', id),
    onAnyReport: (callback) => void emitter.on('reported', callback),
    reported(id) {
      reports.emit(id);
      emitter.emit('reported', id);
    },
  };
}
