import type { HeardWord } from 'modelwright/tasks';

/** Words that are shown together, and when, in seconds. */
export interface Segment {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A silence that parts two segments, in seconds. */
const pause = 0.8;
/** The most letters of a segment, and the most seconds. */
const mostLetters = 84;
const mostSeconds = 7;

/** Words in stretches that can be read at a glance: parted by pauses, and where they would get too long. */
export function segmentsOf(words: readonly HeardWord[]): Segment[] {
  const segments: Segment[] = [];
  for (const { word, start, end } of words) {
    const last = segments.at(-1);
    const joins =
      last !== undefined &&
      start - last.end < pause &&
      end - last.start <= mostSeconds &&
      last.text.length + 1 + word.length <= mostLetters;
    if (joins) segments[segments.length - 1] = { text: `${last.text} ${word}`, start: last.start, end };
    else segments.push({ text: word, start, end });
  }
  return segments;
}

/** Segments as SubRip text. */
export function srt(segments: readonly Segment[]): string {
  return segments
    .map(({ text, start, end }, i) => `${i + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${text}\n\n`)
    .join('');
}

/** Segments as WebVTT (https://www.w3.org/TR/webvtt1/). */
export function vtt(segments: readonly Segment[]): string {
  const cues = segments.map(
    ({ text, start, end }) => `${clock(start, '.')} --> ${clock(end, '.')}\n${text}\n\n`,
  );
  return `WEBVTT\n\n${cues.join('')}`;
}

/** Seconds as hours, minutes, seconds and thousandths. */
function clock(seconds: number, point: string): string {
  const total = Math.round(seconds * 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const [hours, minutes] = [total / 3_600_000, (total / 60_000) % 60];
  return `${two(hours)}:${two(minutes)}:${two((total / 1000) % 60)}${point}${String(total % 1000).padStart(3, '0')}`;
}
