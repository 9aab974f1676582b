import { ServiceError } from '../errors.js';

/** A fault as OpenAI's API tells of it. */
export function openAiFault({ status, message, details }: ServiceError): object {
  const { param = null, code = codeOf(status) } = details;
  return { error: { message, type: typeOf(status), param, code } };
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error';
  if (status === 403) return 'permission_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

function codeOf(status: number): string | null {
  if (status === 401) return 'invalid_api_key';
  if (status === 429) return 'rate_limit_exceeded';
  return status === 503 ? 'service_unavailable' : null;
}

/** A field that is not what it should be. */
export function wrongField(param: string, message: string, code?: string): ServiceError {
  return new ServiceError(400, message, {}, { param, ...(code !== undefined && { code }) });
}
