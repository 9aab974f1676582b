import { type Prediction, percent, showBars } from './bars.js';
import { countFound, drawFound } from './found.js';
import { type MadePictures, showMade } from './made.js';
import type { Answer, Entity } from './server.js';
import { type TextName, text } from './texts.js';

/** How a question stands. */
export interface Outcome {
  readonly answer?: Answer;
  /** What went wrong. */
  readonly fault?: string;
  /** What went wrong, where the page knows of it itself. */
  readonly problem?: TextName;
  /** A text to show: with its entities, or as it is made. */
  readonly text?: string;
  /** Pictures to show. */
  readonly made?: MadePictures;
}

/** The most characters of a class that is written large. */
const longLabel = 10;

const find = (id: string): HTMLElement => document.getElementById(id)!;

/** Shows what a model answered. @param waiting what the last line says where there is nothing yet */
export function showOutcome({ answer, fault, problem, text: asked, made }: Outcome, waiting: string): void {
  const { predictions, entities, detections } = answer ?? {};
  const best = predictions?.[0];
  find('answer').textContent = best?.label ?? '';
  find('answer').classList.toggle('long', (best?.label.length ?? 0) > longLabel);
  find('certainty').textContent = best ? percent(best.probability) : '';
  find('answer').parentElement!.hidden = !best;
  if (predictions) showBars(find('bars'), predictions);
  else
    showBars(find('bars'), answer ? found(answer) : [], {
      sorted: false,
      write: (value) => value.toFixed(2),
    });
  showMade(made);
  countFound(find('counts'), detections);
  drawFound(document.querySelector<SVGElement>('#found')!, answer);
  find('text').replaceChildren(...(asked === undefined ? [] : marked(asked, entities ?? [])));
  find('text').hidden = asked === undefined;
  find('status').classList.toggle('fault', fault !== undefined || problem !== undefined);
  find('status').textContent = statusText();

  function statusText(): string {
    if (fault !== undefined) return text('failed', { reason: fault });
    if (problem !== undefined) return text(problem);
    if (entities?.length === 0) return text('noEntities');
    if (detections?.length === 0) return text('noDetections');
    if (answer?.text === '') return text('noWords');
    if (answer) return text('time', { milliseconds: answer.milliseconds.toFixed(1) });
    return waiting;
  }
}

/** Words, pictures or objects that a model found, with what it takes them for worth. */
function found({ neighbours = [], similar = [], detections = [] }: Answer): Prediction[] {
  return [
    ...neighbours.map(({ word, similarity }) => ({ label: word, probability: similarity })),
    ...similar.map(({ name, similarity }) => ({ label: name, probability: similarity })),
    ...detections.map(({ label, score }) => ({ label, probability: score })),
  ];
}

/** A text in which the entities are marked and named. */
function marked(whole: string, entities: readonly Entity[]): Node[] {
  let position = 0;
  const parts = entities.flatMap(({ type, start, end }) => {
    const before = document.createTextNode(whole.slice(position, start));
    const mark = document.createElement('mark');
    const name = document.createElement('span');
    name.textContent = type;
    mark.append(whole.slice(start, end), name);
    position = end;
    return [before, mark];
  });
  return [...parts, document.createTextNode(whole.slice(position))];
}
