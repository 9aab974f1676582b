import { type Progress, progressBar } from 'modelwright/report';
import type { TrainEvent } from 'modelwright/tasks';
import { countText, writeNote } from './output.js';

/** Shows a training to a person: a line about it, a progress bar, a line an epoch. */
export class TrainingProgress {
  #progress: Progress | undefined;

  readonly onEvent = (event: TrainEvent): void => {
    switch (event.kind) {
      case 'start':
        writeNote(startText(event));
        this.#progress = progressBar(event);
        break;
      case 'step':
        this.#progress?.update(event);
        break;
      case 'epoch':
        this.#progress?.endEpoch(event.record);
        break;
      case 'note':
        if (this.#progress) this.#progress.log(event.text);
        else writeNote(event.text);
    }
  };

  /** Takes the bar away. */
  close(): void {
    this.#progress?.close();
  }
}

function startText({ model, parameters, classes, examples }: Extract<TrainEvent, { kind: 'start' }>): string {
  const validation = examples.validation > 0 ? `, ${countText(examples.validation)} held out` : '';
  return (
    `${model}: ${countText(parameters)} parameters, ${countText(classes.length)} classes, ` +
    `${countText(examples.train)} examples to learn from${validation}`
  );
}
