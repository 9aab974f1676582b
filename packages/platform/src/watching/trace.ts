// OpenTelemetry's traces: https://opentelemetry.io/docs/specs/otel/trace. The packages that send them are loaded where they are wanted.
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { version } from '../version.js';
import { currentRequest, type RequestHead, type RequestNotes } from './request.js';

/** Makes a span of each request, and sends them away. */
export interface Tracing {
  /** Begins the span of a request, as part of the trace that its `traceparent` names. */
  begin(request: RequestHead): RequestSpan;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** The span of a request. */
export interface RequestSpan {
  readonly tracer: Tracer;
  /** Parent of the spans of the request's parts. */
  readonly context: Context;
  end(notes: RequestNotes, status: number): void;
}

const needed = '@opentelemetry/sdk-trace @opentelemetry/resources @opentelemetry/exporter-trace-otlp-http';

/**
 * Sends traces as the environment's OTEL_EXPORTER_OTLP_ENDPOINT and the other variables of OpenTelemetry say.
 * @returns undefined where the variable is not set
 * @throws Error when the packages for it are not installed, naming them
 */
export async function openTracing(environment = process.env): Promise<Tracing | undefined> {
  if (!environment.OTEL_EXPORTER_OTLP_ENDPOINT) return undefined;
  const packages = Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const [{ BatchSpanProcessor, TracerProvider }, { resourceFromAttributes }, { OTLPTraceExporter }] =
    await packages.catch((cause: unknown) => {
      throw new Error(`OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, which need: npm install ${needed}`, {
        cause,
      });
    });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': environment.OTEL_SERVICE_NAME ?? 'modelwright',
      'service.version': version,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer('modelwright', version);
  return {
    begin(request) {
      const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER }, parentOf(request));
      return {
        tracer,
        context: trace.setSpan(ROOT_CONTEXT, span),
        end: (...how) => endRequest(span, ...how),
      };
    },
    close: () => provider.shutdown(),
  };
}

function endRequest(
  span: Span,
  { id, method, route, model, version: number, tokens }: RequestNotes,
  status: number,
): void {
  if (route !== undefined) span.updateName(`${method} ${route}`);
  span.setAttributes({
    'http.request.method': method,
    'http.response.status_code': status,
    'http.route': route,
    'modelwright.request': id,
    'modelwright.model': model,
    'modelwright.version': number,
    'modelwright.tokens': tokens,
  });
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** The caller's span, as https://www.w3.org/TR/trace-context writes it. */
function parentOf({ headers }: RequestHead): Context {
  const [, traceId, spanId, flags] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(headers.get('traceparent') ?? '') ?? [];
  if (!traceId || !spanId) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags!, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

const nothing = (): void => undefined;

/** Begins a span of a part of a request. @param request default: the one that is being answered @returns ends it */
export function beginSpan(name: string, request = currentRequest()): () => void {
  if (!request?.span) return nothing;
  const { tracer, context } = request.span;
  const part = tracer.startSpan(name, {}, context);
  return () => part.end();
}
