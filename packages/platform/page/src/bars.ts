/** A class, and how likely the model takes it to be. */
export interface Prediction {
  readonly label: string;
  readonly probability: number;
}

/** The most classes to show. */
const mostBars = 10;

export interface BarOptions {
  /** Whether up to ten classes stand in an order that stays, rather than the best first. Default: true. */
  readonly sorted?: boolean;
  /** How a value is written. Default: in percent. */
  readonly write?: (value: number) => string;
}

/** Shows class probabilities, or other values up to 1, as bars: the ten largest. */
export function showBars(
  list: HTMLElement,
  predictions: readonly Prediction[],
  { sorted = true, write = percent }: BarOptions = {},
): void {
  const shown =
    sorted && predictions.length <= mostBars
      ? [...predictions].sort(byLabel)
      : predictions.slice(0, mostBars);
  while (list.children.length > shown.length) list.lastElementChild!.remove();
  while (list.children.length < shown.length) list.append(emptyBar());
  for (const [i, { label, probability }] of shown.entries()) {
    const row = list.children[i]!;
    const [name, track, share] = row.children as unknown as [HTMLElement, HTMLElement, HTMLElement];
    name.textContent = label;
    name.title = label;
    (track.firstElementChild as HTMLElement).style.width = `${100 * Math.max(0, probability)}%`;
    share.textContent = write(probability);
    row.classList.toggle('best', label === predictions[0]!.label);
  }
}

/** A probability in percent. */
export function percent(probability: number): string {
  return `${(100 * probability).toFixed(1)}%`;
}

function byLabel(a: Prediction, b: Prediction): number {
  return a.label.localeCompare(b.label, undefined, { numeric: true });
}

function emptyBar(): HTMLElement {
  const row = document.createElement('li');
  const [name, track, share] = ['name', 'track', 'share'].map((className) => {
    const part = document.createElement('span');
    part.className = className;
    return part;
  });
  const fill = document.createElement('div');
  fill.className = 'fill';
  track!.append(fill);
  track!.setAttribute('aria-hidden', 'true');
  row.append(name!, track!, share!);
  return row;
}
