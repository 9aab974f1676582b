/** A point [x, y], y downwards. */
export type Point = readonly [x: number, y: number];

/** A smooth line through the points: the uniform Catmull-Rom spline, each piece in `steps` steps. */
export function smooth(points: readonly Point[], steps: number): Point[] {
  const line: Point[] = [points[0]!];
  for (let i = 0; i + 1 < points.length; i++) {
    const from = points[i]!;
    const to = points[i + 1]!;
    const before = points[i - 1] ?? from;
    const after = points[i + 2] ?? to;
    for (let step = 1; step <= steps; step++) {
      const t = step / steps;
      line.push([
        catmullRom(before[0], from[0], to[0], after[0], t),
        catmullRom(before[1], from[1], to[1], after[1], t),
      ]);
    }
  }
  return line;
}

function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/**
 * How much of each pixel lines of a round pen cover, from 0 to 1, in rows: a pixel's cover falls off linearly over one
 * pixel at the line's edge. Pixel (x, y) has its centre at (x + 0.5, y + 0.5).
 *
 * @param radius of the pen, in pixels
 */
export function drawStrokes(
  strokes: readonly (readonly Point[])[],
  radius: number,
  size: number,
): Float32Array {
  const cover = new Float32Array(size * size);
  const reach = radius + 0.5;
  for (const points of strokes) {
    for (let i = 0; i + 1 < points.length; i++) {
      const [ax, ay] = points[i]!;
      const [bx, by] = points[i + 1]!;
      const dx = bx - ax;
      const dy = by - ay;
      const square = dx * dx + dy * dy;
      const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach - 0.5));
      const right = Math.min(size - 1, Math.ceil(Math.max(ax, bx) + reach - 0.5));
      const top = Math.max(0, Math.floor(Math.min(ay, by) - reach - 0.5));
      const bottom = Math.min(size - 1, Math.ceil(Math.max(ay, by) + reach - 0.5));
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const px = x + 0.5 - ax;
          const py = y + 0.5 - ay;
          const along = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
          const ex = px - along * dx;
          const ey = py - along * dy;
          const value = Math.min(1, reach - Math.sqrt(ex * ex + ey * ey));
          if (value > cover[y * size + x]!) cover[y * size + x] = value;
        }
      }
    }
  }
  return cover;
}
