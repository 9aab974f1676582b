// For tests: the routes that the API's own description has, and values that fit it.
import type { Role } from '../store/schema.js';

/** What is read here of an OpenAPI document. */
export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly security: readonly object[];
  readonly 'x-role'?: Role;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** A route of the description. */
export interface DescribedRoute {
  readonly method: string;
  /** With `{name}` for what changes. */
  readonly path: string;
  /** What it needs; undefined where it needs no key. */
  readonly role: Role | undefined;
  readonly parameters: NonNullable<Operation['parameters']>;
  /** Media type and schema of the body. */
  readonly body?: { readonly type: string; readonly schema: Schema };
}

/** All routes of a description. */
export function routesOf(document: Described): readonly DescribedRoute[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const [content] = Object.entries(operation.requestBody?.content ?? {});
      return {
        method: method.toUpperCase(),
        path,
        role: operation.security.length === 0 ? undefined : operation['x-role'],
        parameters: operation.parameters ?? [],
        ...(content && { body: { type: content[0], schema: content[1].schema } }),
      };
    }),
  );
}

/** A value that fits a schema of the document. */
export function sampleOf(document: Described, schema: Schema): unknown {
  const of = (part: Schema): unknown => sampleOf(document, part);
  if (schema.$ref !== undefined) return of(document.components.schemas[schema.$ref.split('/').at(-1)!]!);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(of)) as object;
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return of(choice);
  const type = [schema.type].flat()[0];
  if (type === 'object') {
    const properties = Object.entries(schema.properties ?? {});
    return Object.fromEntries(properties.map(([name, property]) => [name, of(property)]));
  }
  if (type === 'array') return schema.prefixItems?.map(of) ?? (schema.items ? [of(schema.items)] : []);
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1;
  if (type === 'boolean') return true;
  if (type === 'null') return null;
  if (schema.format === 'date-time') return '2027-01-01T00:00:00.000Z';
  if (schema.format === 'uuid') return '00000000-0000-4000-8000-000000000000';
  if (schema.format === 'uri') return 'https://example.org/';
  if (schema.pattern?.includes('{64}')) return '0'.repeat(64);
  return 'x'.repeat(Math.max(1, schema.minLength ?? 1));
}
