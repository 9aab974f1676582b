import type { Answer } from './server.js';

/** Okabe and Ito's colours, which people with any common colour blindness can tell apart. */
const colours = ['#D55E00', '#0072B2', '#009E73', '#CC79A7', '#56B4E9', '#E69F00'];

const namespace = 'http://www.w3.org/2000/svg';

/** Draws boxes over the picture, a colour a class; none where the answer has none. */
export function drawFound(overlay: SVGElement, answer: Answer | undefined): void {
  const { detections = [], width = 1, height = 1 } = answer ?? {};
  const labels = [...new Set(detections.map(({ label }) => label))].sort();
  overlay.setAttribute('viewBox', `0 0 ${width} ${height}`);
  overlay.replaceChildren(
    ...detections.map(({ label, score, box: [x1, y1, x2, y2] }) => {
      const rectangle = document.createElementNS(namespace, 'rect');
      const places = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
      for (const [name, value] of Object.entries(places)) rectangle.setAttribute(name, String(value));
      rectangle.setAttribute('stroke', colours[labels.indexOf(label) % colours.length]!);
      const title = document.createElementNS(namespace, 'title');
      title.textContent = `${label} ${score.toFixed(2)}`;
      rectangle.append(title);
      return rectangle;
    }),
  );
}
