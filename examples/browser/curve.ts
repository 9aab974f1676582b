/** The part of the drawing that the curve may use, in the units of its viewBox. */
const plot = { left: 34, top: 10, width: 356, height: 185 };
const ticks = [0, 0.5, 1, 1.5, 2, 2.5];
const highest = 2.5;

const place = (position: number, loss: number): readonly [x: number, y: number] => [
  plot.left + position * plot.width,
  plot.top + (1 - Math.min(loss, highest) / highest) * plot.height,
];

/** Draws the losses so far over the steps there will be. */
export function drawCurve(svg: SVGSVGElement, losses: readonly number[], steps: number): void {
  const lines = ticks.map((loss) => {
    const [x, y] = place(0, loss);
    return `<line x1="${x}" y1="${y}" x2="${x + plot.width}" y2="${y}"/><text x="${x - 6}" y="${y + 4}" text-anchor="end">${loss}</text>`;
  });
  const [right, bottom] = place(1, 0);
  const last = `<text x="${right}" y="${bottom + 18}" text-anchor="end">${steps > 0 ? steps : ''}</text>`;
  svg.querySelector('g')!.innerHTML = lines.join('') + last;
  const points = losses.map((loss, step) =>
    place((step + 1) / steps, loss)
      .map((value) => value.toFixed(1))
      .join(' '),
  );
  svg.querySelector('path')!.setAttribute('d', points.length > 0 ? `M${points.join('L')}` : '');
}
