import type { Recognition } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { contentType } from '../reading.js';
import { type ModelApp, type ModelContext, route, type ServerContext, withDeadline } from '../routes.js';
import { ability, modelFor } from './asking.js';
import { Body } from './body.js';
import { segmentsOf, srt, vtt } from './subtitles.js';

const formats = ['json', 'text', 'verbose_json', 'srt', 'vtt'] as const;
type Format = (typeof formats)[number];

/** `POST /v1/audio/transcriptions`: what is said in a file, whole, with times, or as subtitles. */
export function addTranscriptions(app: ModelApp, server: ServerContext): void {
  route(app, 'POST', '/v1/audio/transcriptions', async (c) => {
    const form = await formOf(c);
    const body = new Body(Object.fromEntries([...form].filter(([, value]) => typeof value === 'string')));
    const model = await modelFor(c, body.get('model'), 'transcribe');
    const format = body.choice('response_format', formats);
    body.refuse({ stream: ['false'] });
    const file = form.get('file');
    if (!(file instanceof File)) throw body.wrong('file', 'a sound, as a file of the form');
    const sound = new Uint8Array(await file.arrayBuffer());
    const send = (): void => undefined;
    const heard = await withDeadline(server, c.req.raw, (signal) =>
      model.use((can) => ability(can, 'transcribe')(sound), { signal, send }),
    );
    const granularities = new Set(form.getAll('timestamp_granularities[]').map(String));
    return written(c, format, heard, { language: String(body.get('language') ?? ''), granularities });
  });
}

interface VerboseOptions {
  readonly language: string;
  readonly granularities: ReadonlySet<string>;
}

function written(c: ModelContext, format: Format, heard: Recognition, options: VerboseOptions): Response {
  const { text, words, seconds } = heard;
  const usage = { type: 'duration', seconds: Math.ceil(seconds) };
  switch (format) {
    case 'json':
      return c.json({ text, usage });
    case 'text':
      return c.text(`${text}\n`);
    case 'verbose_json':
      return c.json({
        task: 'transcribe',
        language: options.language,
        duration: seconds,
        text,
        ...(options.granularities.has('word') && { words }),
        ...((options.granularities.has('segment') || options.granularities.size === 0) && {
          segments: segmentsOf(words).map(segmentJson),
        }),
        usage,
      });
    case 'srt':
      return c.text(srt(segmentsOf(words)));
    case 'vtt':
      return c.body(vtt(segmentsOf(words)), 200, { 'Content-Type': 'text/vtt; charset=utf-8' });
  }
}

function segmentJson({ text, start, end }: ReturnType<typeof segmentsOf>[number], id: number) {
  return { id, start, end, text };
}

async function formOf(c: ModelContext): Promise<FormData> {
  const type = contentType(c);
  if (type !== 'multipart/form-data')
    throw badRequest(`A form is expected (multipart/form-data), not ${type ?? 'a body without a type'}.`);
  return c.req.formData().catch((error: Error) => {
    throw badRequest(`The form cannot be read: ${error.message}.`);
  });
}
