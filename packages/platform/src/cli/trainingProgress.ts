import { curveText, type Progress, progressBar } from 'modelwright/report';
import type { TrainEvent } from 'modelwright/tasks';
import { countText, writeNote } from './output.js';

/** Epochs below which a curve says nothing. */
const fewestForCurve = 3;

/** Shows a training to a person: a line about it, a progress bar, a line an epoch, a curve at the end. */
export class TrainingProgress {
  #progress: Progress | undefined;
  readonly #losses: { readonly train: number[]; readonly validation: number[] } = {
    train: [],
    validation: [],
  };

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
        this.#losses.train.push(event.record.train.loss!);
        if (event.record.validation?.loss !== undefined)
          this.#losses.validation.push(event.record.validation.loss);
        break;
      case 'note':
        if (this.#progress) this.#progress.log(event.text);
        else writeNote(event.text);
    }
  };

  /** Takes the bar away, and draws how the loss went. */
  close(): void {
    this.#progress?.close();
    for (const [name, losses] of Object.entries(this.#losses)) {
      if (losses.length >= fewestForCurve)
        writeNote(`\n${name} loss\n${curveText(losses, { height: 5, width: 50 })}`);
    }
  }
}

function startText({ model, parameters, classes, examples }: Extract<TrainEvent, { kind: 'start' }>): string {
  const validation = examples.validation > 0 ? `, ${countText(examples.validation)} held out` : '';
  const told = classes.length > 0 ? `${countText(classes.length)} classes, ` : '';
  return `${model}: ${countText(parameters)} parameters, ${told}${countText(examples.train)} examples to learn from${validation}`;
}
