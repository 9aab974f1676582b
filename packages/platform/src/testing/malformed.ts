// Requests that cannot be right, made at random: whatever they are sent to must refuse them.
import type { Random } from './random.js';
import { type Described, type DescribedRoute, type Schema, sampleOf } from './routes.js';

/** A request that cannot be right. */
export interface Malformed {
  /** What is wrong with it. */
  readonly fault: string;
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

/** What is put into the place of a parameter. None is the name of anything. */
const nonsense = [
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e',
  '..%5c..%5cx',
  '%00',
  'a%00b',
  '%ff%fe',
  '%',
  '%zz',
  '%F0%28%8C%28',
  `${'9'.repeat(400)}`,
  `${'x'.repeat(3000)}`,
  '-1',
  '1e309',
  'NaN',
  "'%3b%20drop%20table%20runs--",
  '%E2%80%AE%F0%9F%92%A9',
  '%20',
  '00000000-0000-4000-8000-00000000000g',
] as const;

/** Of these, what is fit after all: any text names a metric or, without dots and the like, a file, and many an alias. */
const fitFor: Readonly<Record<string, (text: string) => boolean>> = {
  '{metric}': (text) => !/%00|%ff|%zz|^%$|%28/.test(text),
  '{path}': (text) => !/\.\.|%2e|%00|%ff|%zz|^%$|%28|x{3000}/.test(text),
  '{alias}': (text) => text === 'NaN',
};

/** Puts nonsense into one of an address's parameters. */
export function strangeAddress(
  random: Random,
  document: Described,
  route: DescribedRoute,
  address: string,
): Malformed | undefined {
  const names = route.path
    .split('/')
    .map((part, i) => ({ part, i }))
    .filter(({ part }) => /^\{\w+\}$/.test(part));
  if (names.length === 0) return undefined;
  const parts = address.split('/');
  const { part, i } = random.of(names);
  const { [part]: fit = () => false } = fitFor;
  parts[i] = random.of(nonsense.filter((text) => !fit(text)));
  const path = parts.join('/');
  const isJson = route.body?.type === 'application/json';
  const body = isJson && {
    type: 'application/json',
    body: JSON.stringify(sampleOf(document, route.body!.schema)),
  };
  return { fault: 'strange address', method: route.method, path, ...body };
}

/** Another method than there is, or an address that there is not. */
export function strangeRoute(random: Random, route: DescribedRoute, address: string): Malformed {
  if (random.next() < 0.5)
    return { fault: 'method', method: random.of(['PATCH', 'PURGE', 'x']), path: address };
  const path = random.of([
    `${address}/x/..%2f/y`,
    `${address}//x`,
    `${address}/%2e/x/y`,
    `/..${address}%00`,
    `${address}x/y`,
  ]);
  return { fault: 'unknown address', method: route.method, path };
}

const wrongQuery = ['', '%00', '-1', 'NaN', '1e309', '[]', 'x'.repeat(5000), '%ff', '1.5', '{"a":1}'];

/** A value in the query that is not of its kind; where all texts are fit, one with NUL. */
export function strangeQuery(random: Random, route: DescribedRoute, address: string): Malformed | undefined {
  const known = route.parameters.filter((parameter) => parameter.in === 'query');
  if (known.length === 0) return undefined;
  const { name, schema } = random.of(known);
  const isText = schema.type === 'string' && !schema.enum && !schema.format;
  const isAny = isText || schema.anyOf !== undefined;
  const value = isAny ? 'a%00b' : random.of(wrongQuery.slice(1));
  return {
    fault: `query ${name}=${value.slice(0, 10)}`,
    method: route.method,
    path: `${address}?${name}=${value}`,
  };
}

/** A body of JSON that is broken, of the wrong kind, or not what the route takes. */
export function strangeBody(
  random: Random,
  document: Described,
  route: DescribedRoute,
  address: string,
): Malformed | undefined {
  if (route.body?.type !== 'application/json') return undefined;
  const { schema } = route.body;
  const { method } = route;
  const sample = JSON.stringify(sampleOf(document, schema));
  const to = { method, path: address, type: 'application/json' };
  const kinds: (() => Malformed | undefined)[] = [
    () => ({
      ...to,
      fault: 'cut off',
      body: sample.slice(0, 1 + random.below(Math.max(1, sample.length - 1))),
    }),
    () => ({ ...to, fault: 'more than JSON', body: `${sample}${random.of(['}', ',', '\0', 'x', '{}'])}` }),
    () => ({
      ...to,
      fault: 'no JSON',
      body: random.of(['', 'x', '{', "{'a': 1}", '<a/>', 'NaN', '\u0000', '{"a":}']),
    }),
    () => ({ ...to, fault: 'another value', body: random.of(['null', '[]', '1', '"x"', 'true', '[[[]]]']) }),
    () => ({ ...to, fault: 'deep', body: `${'['.repeat(100_000)}${']'.repeat(random.below(2) * 100_000)}` }),
    () => ({ ...to, fault: 'UTF-8', body: withBadByte(random, sample) }),
    () => ({
      ...to,
      fault: 'media type',
      type: random.of([
        'text/plain',
        'application/xml',
        'multipart/form-data',
        'x',
        'application/x-www-form-urlencoded',
      ]),
      body: sample,
    }),
    () => ({ ...to, fault: 'breaks off', body: breaksOff(sample) }),
    () => {
      const changed = spoil(random, document, schema);
      return changed && { ...to, fault: `value of ${changed.where}`, body: changed.json };
    },
  ];
  return (random.next() < 0.5 ? kinds.at(-1)! : random.of(kinds))();
}

/** JSON with a byte in a text that no UTF-8 has; without a text it stands before all. */
function withBadByte(random: Random, json: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(json);
  const quotes = [...json.matchAll(/"(?=[\w-])/g)].map(({ index }) => index + 1);
  const at = quotes.length === 0 ? 0 : random.of(quotes);
  return new Uint8Array(
    Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xc0]), bytes.subarray(at)]),
  );
}

function breaksOff(json: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(json.slice(0, json.length >> 1)));
    },
    pull(controller) {
      controller.error(new Error('aborted'));
    },
  });
}

/** A place in a value, and what its schema says of it. */
interface Place {
  readonly path: readonly (string | number)[];
  readonly schema: Schema;
  /** Whether it must be there. */
  readonly required: boolean;
}

/** A sample of a schema, in which one value is not what it should be; undefined where anything would do. */
function spoil(
  random: Random,
  document: Described,
  schema: Schema,
): { readonly where: string; readonly json: string } | undefined {
  const places = placesIn(document, schema, []).filter(({ path }) => path.length > 0);
  if (places.length === 0) return undefined;
  const place = random.of(places);
  const wrong = wrongValues(place);
  if (wrong.length === 0) return undefined;
  const value = sampleOf(document, schema);
  const chosen = random.of(wrong);
  put(value, place.path, chosen);
  const json = JSON.stringify(value, (_, each: unknown) => (each === huge ? huge : each)).replaceAll(
    `"${huge}"`,
    '1e400',
  );
  return { where: place.path.join('.'), json };
}

/** Stands for a number larger than numbers are. */
const huge = 'huge number';
const deepObject: object = Array.from({ length: 40 }).reduce<object>((inner) => ({ a: inner }), {});

function wrongValues({ schema, required }: Place): unknown[] {
  const types = [schema.type].flat();
  const has = (type: string): boolean => types.includes(type);
  const left = required ? [undefined] : [];
  if (schema.enum) return [...left, 'none of these', 7, {}, []];
  if (has('integer')) return [...left, 'x', 1.5, -1e18, 1e300, huge, {}, [], true];
  if (has('number')) return [...left, 'x', huge, {}, [], true];
  if (has('boolean')) return [...left, 'x', 7, {}];
  if (has('string')) return [...left, 7, {}, [], true, 'a\0b', 'a\ud800'];
  if (has('array')) return [...left, 'x', 7, {}];
  if (has('object')) return [...left, 'x', 7, [], ...(schema.properties ? [] : [deepObject])];
  return left;
}

/** The values of a sample whose kind is known. Where a schema leaves a choice, only that which the sample takes. */
function placesIn(document: Described, schema: Schema, path: Place['path'], required = true): Place[] {
  if (schema.$ref !== undefined) {
    return placesIn(document, document.components.schemas[schema.$ref.split('/').at(-1)!]!, path, required);
  }
  if (schema.allOf) return schema.allOf.flatMap((part) => placesIn(document, part, path, required));
  if (schema.oneOf || schema.anyOf) {
    const [first] = schema.oneOf ?? schema.anyOf!;
    const inner = placesIn(document, first!, path, required);
    return inner.filter((place) => place.path.length > path.length);
  }
  const here = { path, schema, required };
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    placesIn(document, property, [...path, name], schema.required?.includes(name) ?? false),
  );
  const items =
    schema.items && !schema.prefixItems ? placesIn(document, schema.items, [...path, 0], false) : [];
  return [here, ...inner, ...items];
}

function put(value: unknown, path: Place['path'], wrong: unknown): void {
  const last = path.at(-1)!;
  const holder = path
    .slice(0, -1)
    .reduce((inner, name) => (inner as Record<string | number, unknown>)[name], value);
  const target = holder as Record<string | number, unknown>;
  if (wrong === undefined) delete target[last];
  else target[last] = wrong;
}
