// Whether everything is as it was acknowledged, and whole.
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const sha256Of = async (file) => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/** Every job that was acknowledged has finished once, with the weights and the curve of the undisturbed one. */
export async function checkJobs(client, book, wrong) {
  const undisturbed = await client.get(`/api/jobs/${book.undisturbed}`);
  const curveOf = async (run) =>
    JSON.stringify(await client.get(`/api/runs/${run}/metrics/loss`, { points: 10_000 }));
  const curve = await curveOf(undisturbed.run);
  const expected = weightsOf(
    (await versionsOf(client, undisturbed.publish)).find(({ version }) => version === undisturbed.version),
  );
  let attempts = 0;
  const runs = new Map();
  for (const { id, publish } of book.jobs) {
    const job = await client.get(`/api/jobs/${id}`);
    attempts += job.attempt;
    if (job.status !== 'finished') wrong(`job ${id} is ${job.status}: ${job.error}`);
    if (job.version === null) wrong(`job ${id} was not published`);
    const versions = (await versionsOf(client, publish)).filter(({ run }) => run === job.run);
    if (versions.length !== 1) wrong(`job ${id} has ${versions.length} versions`);
    else if (weightsOf(versions[0]) !== expected)
      wrong(`job ${id} has other weights than an undisturbed one`);
    if (runs.has(job.run)) wrong(`jobs ${id} and ${runs.get(job.run)} share a run`);
    runs.set(job.run, id);
    if ((await curveOf(job.run)) !== curve) wrong(`job ${id} has another curve than an undisturbed one`);
    const { status } = await client.get(`/api/runs/${job.run}`);
    if (status !== 'finished') wrong(`the run of job ${id} is ${status}`);
  }
  const { jobs } = await client.get('/api/jobs', { limit: 200 });
  const strange = jobs.filter(({ id }) => !book.jobs.some((job) => job.id === id));
  if (strange.length > 0) wrong(`${strange.length} jobs that nobody submitted`);
  return attempts;
}

const versionsOf = async (client, model) =>
  (await client.get(`/api/models/${model}/versions`, { limit: 200 })).versions;
const weightsOf = (version) => version?.files.find(({ path }) => path === 'model.safetensors').sha256;

/** Every point, line and file that was acknowledged is there. */
export async function checkRuns(client, book, wrong) {
  for (const { id, points, lines, files } of book.runs) {
    const curve = await client
      .get(`/api/runs/${id}/metrics/loss`, { points: 1000 })
      .catch(() => ({ points: [] }));
    const values = new Map(curve.points);
    for (let step = 1; step <= points; step++)
      if (values.get(step) !== 1 / step) wrong(`run ${id} has lost the value of step ${step}`);
    const there = new Set(
      (await client.get(`/api/runs/${id}/lines`, { limit: 10_000 })).lines.map(({ text }) => text),
    );
    for (const line of lines) if (!there.has(line)) wrong(`run ${id} has lost the line '${line}'`);
    const kept = new Set((await client.get(`/api/runs/${id}/files`)).files.map(({ path }) => path));
    for (const file of files) if (!kept.has(file)) wrong(`run ${id} has lost ${file}`);
  }
}

/** Every version that was acknowledged is there and whole; aliases point at versions; numbers were given once. */
export async function checkRegistry(client, book, folder, wrong) {
  const { models } = await client.get('/api/models', { limit: 200 });
  const objects = join(folder, 'objects');
  let versionCount = 0;
  for (const { name, aliases } of models) {
    const versions = await versionsOf(client, name);
    versionCount += versions.length;
    const numbers = new Set(versions.map(({ version }) => version));
    if (numbers.size !== versions.length) wrong(`${name} has a number twice`);
    for (const [alias, version] of Object.entries(aliases))
      if (!numbers.has(version)) wrong(`${name}@${alias} points at ${version}, which is not there`);
    for (const { version, files } of versions) {
      for (const { path, sha256, size } of files) {
        const file = join(objects, sha256.slice(0, 2), sha256);
        const is = statSync(file, { throwIfNoEntry: false });
        if (is?.size !== size) wrong(`${name}@${version}: ${path} has ${is?.size} bytes instead of ${size}`);
      }
      const place = await mkdtemp(join(tmpdir(), 'modelwright-crashes-'));
      await client
        .pull(name, String(version), place)
        .catch((error) => wrong(`${name}@${version}: ${error.message}`));
      await rm(place, { recursive: true });
    }
  }
  for (const { version, digest } of book.published) {
    const there = (await versionsOf(client, 'pushed')).find((each) => each.version === version);
    if (there?.digest !== digest) wrong(`pushed@${version} is not what was published`);
  }
  const { champion } = models.find(({ name }) => name === 'digits').aliases;
  const { asked, acknowledged } = book.alias;
  if (champion !== asked && champion !== acknowledged) wrong(`champion is ${champion}, not ${acknowledged}`);
  return versionCount;
}

/** Every content is what its name says. @returns how many there are */
export async function checkObjects(folder, wrong) {
  const objects = join(folder, 'objects');
  let count = 0;
  for (const part of readdirSync(objects).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const sha256 of readdirSync(join(objects, part))) {
      count++;
      if ((await sha256Of(join(objects, part, sha256))) !== sha256) wrong(`the content ${sha256} is damaged`);
    }
  }
  return count;
}
