import type { NdArray } from '../graph/array.js';
import { type Call, type ConfigValue, isLayer, Layer } from './layer.js';

/** A layer as JSON: `{ "type": "dense", "config": { "units": 10 } }`. */
export interface LayerJson {
  readonly type: string;
  readonly config: JsonValue;
}

export type JsonValue =
  | number
  | string
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A case on which the harness runs a layer: forward, one training step, and against PyTorch. */
export interface LayerSample<Config> {
  readonly name: string;
  readonly config: Config;
  readonly inputs: readonly NdArray[];
  /** Whether it runs as in training. Default: false. */
  readonly training?: boolean;
  /** Why its gradient is not compared with differences, where it is not. */
  readonly noDifferences?: string;
  /** Why it is not compared with PyTorch, where it is not. */
  readonly noFixture?: string;
}

/** What a kind of layer is made of. */
export interface LayerDefinition<Config> {
  readonly type: string;
  readonly call: Call<Config>;
  /** Cases for the harness; at least one. */
  readonly samples: () => readonly LayerSample<Config>[];
}

const definitions = new Map<string, LayerDefinition<unknown>>();

/** Registers a kind of layer and gives the function that makes one from its configuration. */
export function defineLayer<Config>(definition: LayerDefinition<Config>): (config: Config) => Layer {
  if (definitions.has(definition.type))
    throw new Error(`defineLayer: there is a layer called '${definition.type}' already.`);
  definitions.set(definition.type, definition as LayerDefinition<unknown>);
  return (config) => new Layer<unknown>(definition.type, config, definition.call as Call<unknown>);
}

/** Every kind of layer there is. */
export function layerDefinitions(): readonly LayerDefinition<unknown>[] {
  return [...definitions.values()];
}

/** A layer, with all the layers in it, as JSON. @throws TypeError for a layer made of a function of the user's own */
export function layerToJson(layer: Layer): LayerJson {
  if (!definitions.has(layer.type)) {
    throw new TypeError(
      layer.type === 'compose'
        ? 'A composition is made of a function, which cannot be written as JSON. Register it as a kind of layer with defineLayer() to save it.'
        : `A layer of type '${layer.type}' cannot be written as JSON: it is not registered. Register it with defineLayer() to save it.`,
    );
  }
  return { type: layer.type, config: configToJson(layer.config as ConfigValue) };
}

function configToJson(value: ConfigValue): JsonValue {
  if (isLayer(value)) return { layer: { ...layerToJson(value) } };
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(configToJson);
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([name, field]) => [name, configToJson(field as ConfigValue)]));
  }
  return value as JsonValue;
}

/** The layer a JSON form describes. @throws TypeError naming a type that is not registered */
export function layerFromJson(json: LayerJson): Layer {
  const definition = definitions.get(json.type);
  if (!definition) {
    const known = [...definitions.keys()].join(', ');
    throw new TypeError(
      `There is no layer of type '${json.type}'. Known: ${known}. Register your own with defineLayer() before loading.`,
    );
  }
  return new Layer(json.type, configFromJson(json.config), definition.call);
}

function configFromJson(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(configFromJson);
  if (typeof value === 'object' && value !== null) {
    if ('layer' in value) return layerFromJson(value.layer as unknown as LayerJson);
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, configFromJson(field)]));
  }
  return value;
}
