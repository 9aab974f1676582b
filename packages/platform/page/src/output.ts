import { percent, showBars } from './bars.js';
import type { Answer, Entity } from './server.js';
import { text } from './texts.js';

/** How a question stands. */
export interface Outcome {
  readonly answer?: Answer;
  /** What went wrong. */
  readonly fault?: string;
  /** A text to show: with its entities, or as it is made. */
  readonly text?: string;
}

/** The most characters of a class that is written large. */
const longLabel = 10;

const find = (id: string): HTMLElement => document.getElementById(id)!;

/** Shows what a model answered. @param waiting what the last line says where there is nothing yet */
export function showOutcome({ answer, fault, text: asked }: Outcome, waiting: string): void {
  const { predictions = [], neighbours, entities } = answer ?? {};
  const [best] = predictions;
  find('answer').textContent = best?.label ?? '';
  find('answer').classList.toggle('long', (best?.label.length ?? 0) > longLabel);
  find('certainty').textContent = best ? percent(best.probability) : '';
  find('answer').parentElement!.hidden = !best;
  const words = neighbours?.map(({ word, similarity }) => ({ label: word, probability: similarity }));
  if (words) showBars(find('bars'), words, { sorted: false, write: (similarity) => similarity.toFixed(2) });
  else showBars(find('bars'), predictions);
  find('text').replaceChildren(...(asked === undefined ? [] : marked(asked, entities ?? [])));
  find('text').hidden = asked === undefined;
  find('status').classList.toggle('fault', fault !== undefined);
  find('status').textContent = statusText();

  function statusText(): string {
    if (fault !== undefined) return text('failed', { reason: fault });
    if (entities?.length === 0) return text('noEntities');
    if (answer) return text('time', { milliseconds: answer.milliseconds.toFixed(1) });
    return waiting;
  }
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
