// What goes on while processes are killed: everything that the platform has acknowledged is written down here, to be looked for later.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

/** Asks until there is an answer, as a client does that was told that the platform may be away. */
export async function persistently(request, pause = 300) {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (error.status !== undefined && error.status < 500) throw error;
      await wait(pause);
    }
  }
}

/** Submits a training. Its id is chosen here, so that asking again cannot make two of it. */
export async function submit(client, book, name) {
  const id = randomUUID();
  const parameters = { model: 'mlp', epochs: book.epochs, seed: 1, batchSize: 64 };
  const job = { id, name, kind: 'train', task: 'image-classification', data: 'digits', parameters };
  await persistently(() => client.post('/api/jobs', { ...job, publish: name, attempts: 100 }));
  book.jobs.push({ id, publish: name });
  return id;
}

/** A run that is told of point by point, line by line and file by file. */
export async function tellRuns(client, book, signal) {
  while (!signal.aborted) {
    const { id } = await persistently(() => client.post('/api/runs', { name: 'told' }));
    const run = { id, points: 0, lines: [], files: [] };
    book.runs.push(run);
    for (let step = 1; step <= 25 && !signal.aborted; step++) {
      const points = [{ metric: 'loss', step, value: 1 / step }];
      await persistently(() => client.post(`/api/runs/${id}/points`, { points }));
      run.points = step;
      const text = `${id} ${step}`;
      await persistently(() => client.post(`/api/runs/${id}/lines`, { lines: [{ text }] }));
      run.lines.push(text);
      await persistently(() => client.putFile(id, `file-${step}`, new TextEncoder().encode(text)));
      run.files.push(`file-${step}`);
      await wait(100);
    }
    await persistently(() => client.post(`/api/runs/${id}/end`, { status: 'finished' })).catch((error) => {
      if (error.status !== 409) throw error; // the answer before was lost: it has ended
    });
  }
}

/** Moves an alias from version to version. What it points at in the end is the last that was acknowledged, or asked for after that. */
export async function moveAlias(client, book, model, signal) {
  for (let turn = 0; !signal.aborted; turn++) {
    const { versions } = await persistently(() => client.get(`/api/models/${model}/versions`));
    const { version } = versions[turn % versions.length];
    book.alias = { asked: version, acknowledged: book.alias?.acknowledged };
    await persistently(() => client.put(`/api/models/${model}/aliases/champion`, { version }));
    book.alias = { asked: version, acknowledged: version };
    await wait(1500);
  }
}

/** Publishes a folder again and again. */
export async function publish(client, book, folder, signal) {
  while (!signal.aborted) {
    try {
      const { version, digest } = await client.publish('pushed', folder);
      book.published.push({ version, digest });
    } catch (error) {
      if (error.status !== undefined && error.status < 500) throw error;
    }
    await wait(2000);
  }
}

/** Asks a deployed model about one picture. Answers of one version are always the same. */
export async function predict(url, key, book, model, picture, signal) {
  while (!signal.aborted) {
    try {
      const response = await fetch(`${url}/api/models/${model}/predict`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'image/png' },
        body: picture,
        signal: AbortSignal.timeout(30_000),
      });
      const answer = await response.json();
      if (!response.ok) {
        book.refused[response.status] = (book.refused[response.status] ?? 0) + 1;
        if (response.status < 500)
          book.problems.push(`a prediction was refused: ${response.status} ${answer.error}`);
        await wait(100);
        continue;
      }
      book.answered++;
      const said = JSON.stringify(answer.predictions);
      const before = book.answers.get(answer.version);
      if (before === undefined) book.answers.set(answer.version, said);
      else if (before !== said)
        book.problems.push(`version ${answer.version} answered ${said} after ${before}`);
      await wait(20);
    } catch {
      book.silent++;
      await wait(100);
    }
  }
}
