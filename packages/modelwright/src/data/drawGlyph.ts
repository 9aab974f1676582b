import type { Random } from '../graph/random.js';
import type { Glyph } from './glyphs.js';
import { drawStrokes, type Point, smooth } from './strokes.js';

/** The steps of a curve between two of its points. */
const curveSteps = 5;

/**
 * Draws a glyph as a simulated pen would, varied at random, into `size * size` pixels.
 * @param forms the ways in which it is written
 */
export function drawGlyph(forms: readonly Glyph[], random: Random, pixels: Uint8Array, size: number): void {
  const place = randomPlacement(random, size);
  const strokes = random.choice(forms).map((stroke) => {
    const points = stroke.points.map(
      ([x, y]): Point => [x + random.normal(0, 0.025), y + random.normal(0, 0.025)],
    );
    return (stroke.curve ? smooth(points, curveSteps) : points).map(place);
  });
  const width = random.uniform(0.05, 0.105) * size;
  const ink = random.uniform(170, 255);
  const ground = drawStrokes(strokes, width / 2, size);
  const noise = random.uniform(0, 40);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = Math.min(255, Math.max(0, Math.round(ink * ground[i]! + random.uniform(-noise, noise))));
  }
}

/** A random slant, rotation, scale, shift and bend, from the unit square to pixels. */
function randomPlacement(random: Random, size: number): (point: Point) => Point {
  const angle = random.normal(0, 0.14);
  const slant = random.normal(0.12, 0.2);
  const width = random.uniform(0.4, 0.66) * size;
  const height = random.uniform(0.54, 0.76) * size;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const centreX = size / 2 + random.normal(0, 0.055) * size;
  const centreY = size / 2 + random.normal(0, 0.045) * size;
  const bend = random.normal(0, 0.045);
  const phase = random.uniform(0, 2 * Math.PI);
  const swing = random.normal(0, 0.035);
  return ([x, y]) => {
    const u = (x - 0.5 + bend * Math.sin(4 * y + phase)) * width - slant * (y - 0.5) * height;
    const v = (y - 0.5 + swing * Math.sin(4 * x + phase)) * height;
    return [centreX + cos * u - sin * v, centreY + sin * u + cos * v];
  };
}
