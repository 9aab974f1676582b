// Sound made here: tones, and speech by a simple source and filter (Fant, 1960; Klatt, 1980).
import { Random } from '../../graph/random.js';
import { type AudioClip, normalizePeak } from './clip.js';
import { digitPhones, type Phone, type PhoneName, phones } from './phones.js';

/** What sets one speaker apart from another. */
export interface Voice {
  /** How high the voice is at the beginning of a word, in Hz. */
  readonly pitch: number;
  /** What the resonances are multiplied by: above 1 for shorter mouths. */
  readonly tract: number;
  /** Above 1 is faster. */
  readonly speed: number;
}

/** A voice drawn at random: from deep and slow to high and fast. */
export function randomVoice(random: Random): Voice {
  const size = random.uniform();
  return {
    pitch: 100 + 110 * size + random.uniform(-15, 15),
    tract: 0.92 + 0.25 * size + random.uniform(-0.03, 0.03),
    speed: random.uniform(0.8, 1.25),
  };
}

/** A pure tone of amplitude 1: sin(2 π hz t). */
export function tone(hz: number, seconds: number, sampleRate: number): AudioClip {
  const samples = Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) =>
    Math.sin((2 * Math.PI * hz * i) / sampleRate),
  );
  return { samples, sampleRate };
}

/** Phones one after the other in a voice, gliding from each to the next, as loud as makes the peak 0.5. */
export function sayPhones(
  names: readonly PhoneName[],
  voice: Voice,
  random: Random,
  sampleRate = 8000,
): AudioClip {
  const track = trackOf(names, voice, random);
  const total = track.at(-1)!.at + 0.02;
  const samples = new Float32Array(Math.round(total * sampleRate));
  const highest = 0.48 * sampleRate;
  const memory = new Float64Array(6);
  let phase = 0;
  let now = track[0]!.phone;
  for (let i = 0; i < samples.length; i++) {
    const time = i / sampleRate;
    if (i % 32 === 0) now = between(track, time);
    const fall = 1 - 0.25 * (time / total);
    phase += (voice.pitch * fall * (1 + random.uniform(-0.01, 0.01))) / sampleRate;
    // A pulse of the vocal folds falls steeply and rises slowly.
    const pulse = (phase % 1) ** 2 - 1 / 3;
    let value = now.voice * pulse + now.breath * random.normal();
    for (const [k, formant] of now.formants.entries()) {
      const frequency = Math.min(highest, formant * voice.tract);
      const radius = Math.exp((-Math.PI * (60 + 60 * k)) / sampleRate);
      const turn = 2 * radius * Math.cos((2 * Math.PI * frequency) / sampleRate);
      const gain = 1 - turn + radius * radius;
      const out = gain * value + turn * memory[2 * k]! - radius * radius * memory[2 * k + 1]!;
      memory[2 * k + 1] = memory[2 * k]!;
      memory[2 * k] = out;
      value = now.voice > now.breath ? out : value + out;
    }
    samples[i] = value;
  }
  return { samples: normalizePeak(samples, 0.5), sampleRate };
}

interface Point {
  /** Middle of the phone, in seconds. */
  readonly at: number;
  readonly phone: Phone;
}

function trackOf(names: readonly PhoneName[], voice: Voice, random: Random): Point[] {
  const silent = phones['-'];
  let end = 0;
  const points = names.map((name): Point => {
    const phone: Phone = phones[name];
    const seconds = (phone.seconds * random.uniform(0.85, 1.15)) / voice.speed;
    end += seconds;
    const formants = phone.formants.map((hz) => hz * random.uniform(0.96, 1.04)) as [number, number, number];
    return { at: end - seconds / 2, phone: { ...phone, formants } };
  });
  const last = points.at(-1)!;
  return [
    ...points,
    { at: end + 0.02, phone: { ...last.phone, voice: silent.voice, breath: silent.breath } },
  ];
}

/** What lies between the phones around a time, linearly. */
function between(track: readonly Point[], time: number): Phone {
  const next = track.findIndex(({ at }) => at > time);
  if (next === 0) return track[0]!.phone;
  if (next < 0) return track.at(-1)!.phone;
  const [a, b] = [track[next - 1]!, track[next]!];
  const share = (time - a.at) / (b.at - a.at);
  const mix = (from: number, to: number): number => from + (to - from) * share;
  return {
    seconds: 0,
    formants: a.phone.formants.map((hz, k) => mix(hz, b.phone.formants[k]!)) as [number, number, number],
    voice: mix(a.phone.voice, b.phone.voice),
    breath: mix(a.phone.breath, b.phone.breath),
  };
}

/** A word that was said, and by whom. */
export interface SaidWord extends AudioClip {
  readonly word: string;
  /** Number of the speaker. */
  readonly speaker: number;
}

/**
 * The digits zero to nine, said by made-up speakers.
 * @param count how many words; the digits take turns
 * @param seed equal seeds give equal words
 * @param speakers how many different voices there are; default 8
 */
export function saidDigits(count: number, seed: number, speakers = 8): SaidWord[] {
  const words = Object.keys(digitPhones);
  const voices = Array.from({ length: speakers }, (_, speaker) => randomVoice(new Random(71, speaker)));
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, i);
    const speaker = random.integer(0, speakers);
    const word = words[i % words.length]!;
    return { word, speaker, ...sayPhones(digitPhones[word]!, voices[speaker]!, random) };
  });
}
