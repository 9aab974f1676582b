// Sound files of several formats as samples. The decoders are WebAssembly within their packages, so this runs in Node and in browsers.
import { type AudioClip, mixToMono } from './clip.js';
import { opusLength } from './ogg.js';
import { resample } from './resample.js';
import { checkWav } from './wav.js';

export type AudioFormat = 'wav' | 'flac' | 'mp3' | 'ogg' | 'opus';

export interface DecodeAudioOptions {
  /** Samples in a second to bring the sound to. Default: as it comes. */
  readonly sampleRate?: number | undefined;
  /** What errors call the sound. Default: 'the sound'. */
  readonly name?: string | undefined;
  /** The longest sound that is taken, in seconds. Default: 3600. */
  readonly maximumSeconds?: number | undefined;
}

/** The sound of a file, and what was changed to get it. */
export interface DecodedAudio extends AudioClip {
  readonly format: AudioFormat;
  /** How many channels the file has; the sound is their mean. */
  readonly channels: number;
  /** The sample rate of the file. */
  readonly originalRate: number;
}

interface Pcm {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
  readonly errors?: readonly { readonly message: string }[];
}

/**
 * What format a file has, by its first bytes.
 * @throws Error when it is none that is known
 */
export function audioFormatOf(bytes: Uint8Array, name = 'the sound'): AudioFormat {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith('RIFF') && start.slice(8) === 'WAVE') return 'wav';
  if (start.startsWith('fLaC')) return 'flac';
  if (start.startsWith('OggS'))
    return new TextDecoder('latin1').decode(bytes.subarray(0, 64)).includes('OpusHead') ? 'opus' : 'ogg';
  const isFrame = bytes[0] === 0xff && (bytes[1]! & 0xe6) === 0xe2;
  if (start.startsWith('ID3') || isFrame) return 'mp3';
  if (bytes.length === 0) throw new Error(`${name} is empty: it has no bytes.`);
  const found = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new Error(
    `${name} is no sound that is known: it starts with the bytes ${found}. Expected WAV, FLAC, MP3, OGG Vorbis or Opus.`,
  );
}

/**
 * The sound of a WAV, FLAC, MP3, OGG Vorbis or Opus file as one channel: the mean of those it has, at another sample rate where one is given.
 * @throws Error naming the sound when it is of another format, damaged, cut off, empty, or too long
 */
export async function decodeAudio(
  bytes: Uint8Array,
  { sampleRate, name = 'the sound', maximumSeconds = 3600 }: DecodeAudioOptions = {},
): Promise<DecodedAudio> {
  const format = audioFormatOf(bytes, name);
  let pcm: Pcm;
  try {
    pcm = await decoders[format](bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${name} cannot be read as ${format.toUpperCase()}: ${reason}.`, { cause });
  }
  const [first] = pcm.channelData;
  if (!first || first.length === 0) {
    const reason = pcm.errors?.[0]?.message;
    throw new Error(`${name} holds no sound: it has 0 samples${reason ? ` (${reason})` : ''}.`);
  }
  const seconds = first.length / pcm.sampleRate;
  if (seconds > maximumSeconds) {
    throw new Error(
      `${name} is ${seconds.toFixed(1)} s long; at most ${maximumSeconds} s are taken. Cut it into pieces.`,
    );
  }
  const mono = mixToMono(pcm.channelData);
  if (!mono.every(Number.isFinite)) throw new Error(`${name} holds samples that are no numbers.`);
  return {
    samples: sampleRate === undefined ? mono : resample(mono, pcm.sampleRate, sampleRate),
    sampleRate: sampleRate ?? pcm.sampleRate,
    format,
    channels: pcm.channelData.length,
    originalRate: pcm.sampleRate,
  };
}

interface WasmDecoder {
  readonly ready: Promise<void>;
  decodeFile?(bytes: Uint8Array): Promise<Pcm>;
  decode(bytes: Uint8Array): Pcm | Promise<Pcm>;
  free(): void;
}

async function whole(decoder: WasmDecoder, bytes: Uint8Array): Promise<Pcm> {
  await decoder.ready;
  try {
    const pcm = await (decoder.decodeFile ? decoder.decodeFile(bytes) : decoder.decode(bytes));
    const [error] = pcm.errors ?? [];
    if (error) throw new Error(`it is damaged or cut off: ${error.message}`);
    return pcm;
  } finally {
    decoder.free();
  }
}

/** Each decoder is loaded when the first file of its format comes. */
const decoders: Readonly<Record<AudioFormat, (bytes: Uint8Array) => Promise<Pcm>>> = {
  async wav(bytes) {
    checkWav(bytes);
    const { default: decode } = await import('@audio/decode-wav');
    return decode(bytes);
  },
  async flac(bytes) {
    const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
    return whole(new FLACDecoder(), bytes);
  },
  async mp3(bytes) {
    const { MPEGDecoder } = await import('mpg123-decoder');
    return whole(new MPEGDecoder(), bytes);
  },
  async ogg(bytes) {
    const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
    return whole(new OggVorbisDecoder(), bytes);
  },
  async opus(bytes) {
    const length = opusLength(bytes);
    const { OggOpusDecoder } = await import('ogg-opus-decoder');
    const { channelData, ...pcm } = await whole(new OggOpusDecoder(), bytes);
    // The last packet is filled up.
    return { ...pcm, channelData: channelData.map((channel) => channel.subarray(0, length)) };
  },
};
