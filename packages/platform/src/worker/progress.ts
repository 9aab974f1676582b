import type { TrainEvent } from 'modelwright/tasks';
import type { JobProgress } from '../store/jobSchema.js';

/** Shares below which nobody can say how long the rest takes. */
const leastShare = 0.001;

/** How far a job is, and how long it will take: by what this attempt has done of it in its time. */
export class ProgressMeter {
  #progress: JobProgress | undefined;
  #epochs = 1;
  #stepsPerEpoch = 1;
  /** Where this attempt began. */
  #first: { readonly share: number; readonly at: number } | undefined;

  /** @param now milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** How far it is; undefined before it has begun. */
  get progress(): JobProgress | undefined {
    return this.#progress;
  }

  onEvent(event: TrainEvent): void {
    if (event.kind === 'start') {
      this.#epochs = Math.max(1, event.epochs);
      this.#stepsPerEpoch = Math.max(1, event.stepsPerEpoch);
    } else if (event.kind === 'step') {
      const done = (event.epoch - 1 + Math.min(1, event.step / this.#stepsPerEpoch)) / this.#epochs;
      this.#tell(done, { epoch: event.epoch, step: event.step }, event.metrics);
    } else if (event.kind === 'epoch') {
      const { epoch, train, validation } = event.record;
      const held = Object.entries(validation ?? {}).map(([name, value]) => [`validation/${name}`, value]);
      this.#tell(
        epoch / this.#epochs,
        { epoch, step: this.#stepsPerEpoch },
        { ...train, ...Object.fromEntries(held) },
      );
    }
  }

  /** Of what is no training. */
  onShare(share: number): void {
    this.#progress = this.#at(share);
  }

  #tell(
    share: number,
    place: { readonly epoch: number; readonly step: number },
    metrics: Readonly<Record<string, number>>,
  ): void {
    const finite = Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
    const about = { ...place, epochs: this.#epochs, stepsPerEpoch: this.#stepsPerEpoch };
    this.#progress = { ...this.#at(share), ...about, metrics: finite };
  }

  #at(share: number): JobProgress {
    const done = Math.max(0, Math.min(1, share));
    const at = this.now();
    this.#first ??= { share: done, at };
    const covered = done - this.#first.share;
    if (covered < leastShare) return { share: done };
    const secondsLeft = (((1 - done) / covered) * (at - this.#first.at)) / 1000;
    return { share: done, secondsLeft };
  }
}
