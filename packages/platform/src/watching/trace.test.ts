import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { beginSpan, noteRequest, observed, openTracing, watcher } from './index.js';

/** What is read here of OTLP: https://opentelemetry.io/docs/specs/otlp. */
interface Exported {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: { readonly key: string; readonly value: object }[] };
    readonly scopeSpans: { readonly spans: ExportedSpan[] }[];
  }[];
}
interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: { readonly key: string; readonly value: object }[];
}

describe('traces', () => {
  const received: Exported[] = [];
  const collector = createServer((request, response) => {
    json(request).then((body) => {
      received.push(body as Exported);
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  before(async () => {
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  });
  after(() => {
    delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    collector.close();
  });

  it('are made of a request and its parts, below the span that traceparent names, and sent to the collector', async () => {
    const tracing = await openTracing();
    const fetch = observed(
      async () => {
        noteRequest({ route: '/v2/models/:model/infer', model: 'digits' });
        beginSpan('compute')();
        return new Response('');
      },
      watcher([], tracing),
    );
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    await fetch(
      new Request('http://localhost/v2/models/digits/infer', { method: 'POST', headers: { traceparent } }),
    );
    await fetch(new Request('http://localhost/', { headers: { traceparent: 'nonsense' } }));
    await tracing!.close();
    const [{ resource, scopeSpans } = assert.fail('nothing was sent')] = received[0]!.resourceSpans;
    assert.deepEqual(resource.attributes.find(({ key }) => key === 'service.name')?.value, {
      stringValue: 'modelwright',
    });
    const spans = scopeSpans.flatMap((scope) => scope.spans);
    const whole = spans.find(({ parentSpanId }) => parentSpanId === 'b7ad6b7169203331')!;
    assert.deepEqual([whole.name, whole.traceId], ['POST /v2/models/:model/infer', traceId]);
    const part = spans.find(({ name, parentSpanId }) => name === 'compute' && parentSpanId === whole.spanId);
    assert.equal(part?.traceId, traceId);
    const values = Object.fromEntries(
      whole.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
    );
    assert.deepEqual([values['http.response.status_code'], values['modelwright.model']], [200, 'digits']);
    const other = spans.find(({ name }) => name.startsWith('GET'))!;
    assert.notEqual(other.traceId, traceId);
  });

  it('are not made where no collector is named', async () => {
    assert.equal(await openTracing({}), undefined);
  });
});
