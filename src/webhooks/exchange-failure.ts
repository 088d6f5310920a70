import { errors } from 'undici';
import { BlockedAddressError, NameNotResolvedError } from './guarded-connector';

/** Why no usable answer came. The words are part of the API: they stand in `attempts[].error`. */
export type ExchangeError =
  | 'timeout'
  | 'dns_error'
  | 'connection_refused'
  | 'connection_reset'
  | 'tls_error'
  | 'blocked_address'
  | 'invalid_response'
  | 'network_error';

/** A failure in words that may be shown to a customer: they never hold an address that a name resolved to. */
export interface ExchangeFailure {
  error: ExchangeError;
  message: string;
}

const tlsCode =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CRL_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO$)/;

/** What an error of the connection or of the HTTP parser means for the customer; an unknown one is `network_error`. */
export function describeFailure(error: unknown, host: string): ExchangeFailure {
  if (error instanceof BlockedAddressError) {
    return {
      error: 'blocked_address',
      message: error.plainHttp
        ? `Plain http to ${host} is not allowed; use https.`
        : `${host} leads to an address that webhooks may not reach; use a public one.`,
    };
  }
  if (error instanceof NameNotResolvedError) {
    return { error: 'dns_error', message: `The name ${host} could not be resolved; check its DNS records.` };
  }
  const code = codeOf(error);
  if (tlsCode.test(code)) {
    return { error: 'tls_error', message: `No secure connection to ${host} (${code}); check its certificate.` };
  }
  if (error instanceof errors.HTTPParserError) return invalidResponse(host);
  switch (code) {
    case 'ECONNREFUSED':
      return { error: 'connection_refused', message: `${host} refused the connection; is the receiver running?` };
    case 'UND_ERR_SOCKET':
      return isProtocolFault(error) ? invalidResponse(host) : reset(host);
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return reset(host);
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { error: 'timeout', message: `No connection to ${host} could be made in time.` };
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return invalidResponse(host);
    default:
      return { error: 'network_error', message: `${host} could not be reached${code === '' ? '' : ` (${code})`}.` };
  }
}

function reset(host: string): ExchangeFailure {
  return { error: 'connection_reset', message: `${host} closed the connection before the answer was complete.` };
}

function invalidResponse(host: string): ExchangeFailure {
  return { error: 'invalid_response', message: `${host} sent something that is not a valid HTTP answer.` };
}

/** undici has one error code for a closed socket and for a forbidden answer such as an unasked upgrade. */
function isProtocolFault(error: unknown): boolean {
  return error instanceof Error && (error.message === 'bad upgrade' || error.message === 'bad response');
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
