// The process that does a job: it takes one assignment from its worker, tells how it goes, and ends. It ends too when the worker does.
import { usageOfThis } from '../client/recorder.js';
import type { Assignment, Told } from '../worker/protocol.js';
import { oneLine } from './errors.js';
import { doAssignment } from './work/index.js';

/** Milliseconds between two words on processor and memory. */
const usageEvery = 2000;

const tell = (told: Told): void => void process.send?.(told);
/** Tells the last word, and ends once it is on its way. */
const end = (told: Told): void => void process.send?.(told, () => process.exit(0));

process.on('disconnect', () => process.exit(1));
process.on('SIGINT', () => undefined); // of a terminal, where it is for the worker, which says what to do
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

process.once('message', (assignment: Assignment) => {
  tell({ kind: 'usage', usage: usageOfThis() });
  setInterval(() => tell({ kind: 'usage', usage: usageOfThis() }), usageEvery).unref();
  let begun = false;
  doAssignment(assignment, {
    signal: stop.signal,
    onEvent(event) {
      begun ||= event.kind === 'start';
      tell({ kind: 'event', event });
    },
    onShare: (share) => tell({ kind: 'share', share }),
  }).then(
    (result) => end(result ? { kind: 'finished', result } : { kind: 'stopped' }),
    (error: Error) => {
      if (process.env.MODELWRIGHT_DEBUG) console.error(error);
      // What is wrong before it begins are data and options, and a loss that is no number will be none again.
      const retry = begun && error.name !== 'NonFiniteLossError';
      end({ kind: 'failed', error: oneLine(error), retry });
    },
  );
});
