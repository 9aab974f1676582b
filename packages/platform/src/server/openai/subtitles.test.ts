import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { segmentsOf, srt, vtt } from './subtitles.js';

const words = [
  { word: 'good', start: 0.5, end: 0.75 },
  { word: 'morning', start: 0.8, end: 1.25 },
  { word: 'everybody', start: 3661.007, end: 3662 },
];

describe('subtitles', () => {
  it('part words where there is a pause', () => {
    assert.deepEqual(segmentsOf(words), [
      { text: 'good morning', start: 0.5, end: 1.25 },
      { text: 'everybody', start: 3661.007, end: 3662 },
    ]);
    assert.deepEqual(segmentsOf([]), []);
  });

  it('part words where they would be too long to read', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      word: 'letters',
      start: i / 10,
      end: i / 10 + 0.1,
    }));
    const segments = segmentsOf(many);
    assert.ok(segments.every(({ text }) => text.length <= 84));
    assert.equal(segments.map(({ text }) => text).join(' '), many.map(({ word }) => word).join(' '));
    const slow = Array.from({ length: 20 }, (_, i) => ({ word: 'a', start: i, end: i + 0.9 }));
    assert.ok(segmentsOf(slow).every(({ start, end }) => end - start <= 7));
  });

  it('have the times that SubRip and WebVTT write', () => {
    assert.equal(
      srt(segmentsOf(words)),
      '1\n00:00:00,500 --> 00:00:01,250\ngood morning\n\n2\n01:01:01,007 --> 01:01:02,000\neverybody\n\n',
    );
    assert.equal(
      vtt(segmentsOf(words)),
      'WEBVTT\n\n00:00:00.500 --> 00:00:01.250\ngood morning\n\n01:01:01.007 --> 01:01:02.000\neverybody\n\n',
    );
  });
});
