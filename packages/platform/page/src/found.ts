import type { Answer, Detection } from './server.js';

/** Okabe and Ito's colours, which people with any common colour blindness can tell apart. */
const colours = ['#D55E00', '#0072B2', '#009E73', '#CC79A7', '#56B4E9', '#E69F00'];

const namespace = 'http://www.w3.org/2000/svg';

/** The classes that were found, in order, each with its colour. */
function coloursOf(detections: readonly Detection[]): ReadonlyMap<string, string> {
  const labels = [...new Set(detections.map(({ label }) => label))].sort();
  return new Map(labels.map((label, i) => [label, colours[i % colours.length]!]));
}

/** Says how many of each class were found, and which colour their boxes have. */
export function countFound(list: HTMLElement, detections: readonly Detection[] = []): void {
  list.hidden = detections.length === 0;
  list.replaceChildren(
    ...[...coloursOf(detections)].map(([label, colour]) => {
      const item = document.createElement('li');
      const swatch = document.createElement('span');
      swatch.className = 'swatch';
      swatch.style.background = colour;
      const count = detections.filter((each) => each.label === label).length;
      item.append(swatch, `${label} × ${count}`);
      return item;
    }),
  );
}

/** Draws boxes over the picture, a colour a class; none where the answer has none. */
export function drawFound(overlay: SVGElement, answer: Answer | undefined): void {
  const { detections = [], width = 1, height = 1 } = answer ?? {};
  const colourOf = coloursOf(detections);
  overlay.setAttribute('viewBox', `0 0 ${width} ${height}`);
  overlay.replaceChildren(
    ...detections.map(({ label, score, box: [x1, y1, x2, y2] }) => {
      const rectangle = document.createElementNS(namespace, 'rect');
      const places = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
      for (const [name, value] of Object.entries(places)) rectangle.setAttribute(name, String(value));
      rectangle.setAttribute('stroke', colourOf.get(label)!);
      const title = document.createElementNS(namespace, 'title');
      title.textContent = `${label} ${score.toFixed(2)}`;
      rectangle.append(title);
      return rectangle;
    }),
  );
}
