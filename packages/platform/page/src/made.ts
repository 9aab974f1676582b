import type { Model, Wanted } from './server.js';
import { text } from './texts.js';

/** Pictures that a model made, side by side in one. */
export interface MadePictures extends Wanted {
  readonly url: string;
  readonly model: Model;
}

/** The most columns that have room for the names of their classes. */
const mostHeadings = 12;
/** How many times as large a picture is shown, at most. */
const mostTimes = 12;

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

/** Shows pictures that were made, with the classes above their columns and a link to save them; nothing where there are none. */
export function showMade(made: MadePictures | undefined): void {
  find('made').hidden = !made;
  if (!made) return;
  const { url, model, count, seed, towards } = made;
  const picture = find<HTMLImageElement>('made-picture');
  const { classes = [] } = model;
  const isByClass = made.class === undefined && classes.length > 0;
  const headings = isByClass && classes.length <= Math.min(count, mostHeadings) ? classes : [];
  find('made-classes').replaceChildren(...headings.map(heading));
  if (picture.src !== url) {
    picture.onload = () => fit(picture);
    picture.src = url;
  }
  const values = { count: String(count), seed: String(seed), towards: String(towards) };
  const of = isByClass
    ? text('ofEachClass')
    : made.class === undefined
      ? ''
      : text('ofClass', { name: made.class });
  picture.alt = text(towards === undefined ? 'madeFrom' : 'madeBetween', { ...values, of });
  const save = find<HTMLAnchorElement>('save');
  save.href = url;
  save.download = fileName(made);
}

function heading(name: string): HTMLElement {
  const element = document.createElement('span');
  element.textContent = name;
  element.title = name;
  return element;
}

/** As large as there is room for; from twice the size on whole times, so that all pixels have one size. */
function fit(picture: HTMLImageElement): void {
  const frame = find('made-frame');
  const room = frame.parentElement!.clientWidth;
  const times = Math.min(mostTimes, room / picture.naturalWidth);
  picture.classList.toggle('large', times >= 2);
  frame.style.width = `${picture.naturalWidth * (times >= 2 ? Math.floor(times) : times)}px`;
}

function fileName({ model, class: wanted, seed, towards }: MadePictures): string {
  const parts = [model.name, ...(wanted === undefined ? [] : [wanted]), `seed-${seed}`];
  if (towards !== undefined) parts.push(`to-${towards}`);
  return `${parts.join('-').replaceAll(/[^\p{L}\p{N}._-]/gu, '_')}.png`;
}
