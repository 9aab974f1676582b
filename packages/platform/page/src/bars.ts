/** A class, and how likely the model takes it to be. */
export interface Prediction {
  readonly label: string;
  readonly probability: number;
}

/** The most classes to show. */
const mostBars = 10;

/** Shows class probabilities as bars: up to ten classes in an order that stays, of more the ten likeliest. */
export function showBars(list: HTMLElement, predictions: readonly Prediction[]): void {
  const shown =
    predictions.length <= mostBars ? [...predictions].sort(byLabel) : predictions.slice(0, mostBars);
  while (list.children.length > shown.length) list.lastElementChild!.remove();
  while (list.children.length < shown.length) list.append(emptyBar());
  for (const [i, { label, probability }] of shown.entries()) {
    const row = list.children[i]!;
    const [name, track, share] = row.children as unknown as [HTMLElement, HTMLElement, HTMLElement];
    name.textContent = label;
    name.title = label;
    (track.firstElementChild as HTMLElement).style.width = `${100 * probability}%`;
    share.textContent = percent(probability);
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
