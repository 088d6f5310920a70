import { createHmac, createSign, generateKeyPairSync, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { snsEnvelope, signedText } from '../../../src/email/inbound/providers/sns';
import { selfSignedCertificate } from '../../webhooks/self-signed-certificate';

/** A request as a provider makes it: what was signed, and how it says so. */
export interface SignedRequest {
  headers: Record<string, string>;
  body: string;
}
const seconds = (nowMs: number): string => String(Math.floor(nowMs / 1_000));

const sendgrid = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const sendgridKey = sendgrid.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
export function signSendgrid(body: string, nowMs: number): SignedRequest {
  const timestamp = seconds(nowMs);
  const signature = sign('sha256', Buffer.from(timestamp + body), sendgrid.privateKey).toString('base64');
  const name = 'x-twilio-email-event-webhook';
  return { body, headers: { [`${name}-signature`]: signature, [`${name}-timestamp`]: timestamp } };
}

export const mailgunKey = 'key-of-mailgun-0123456789';
export function signMailgun(event: object, nowMs: number, token: string, key = mailgunKey): SignedRequest {
  const timestamp = seconds(nowMs);
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  return { headers: {}, body: JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': event }) };
}

export const resendSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export function signResend(body: string, nowMs: number, id: string, secret = resendSecret): SignedRequest {
  const signature = new Webhook(secret).sign(id, new Date(nowMs), body);
  return {
    body,
    headers: { 'svix-id': id, 'svix-timestamp': seconds(nowMs), 'svix-signature': `v1,AAAA ${signature}` },
  };
}

export const topicArn = 'arn:aws:sns:eu-west-1:123456789012:bounces';
export const certificateUrl = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem';
export const subscribeUrl = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=abc`;
export const amazon = selfSignedCertificate('sns.amazonaws.com', 'rsa');
/** `change`: after it was signed. */
export function signSns(
  given: {
    Type: string;
    Message: string;
    MessageId?: string;
    Subject?: string;
    TopicArn?: string;
    SigningCertURL?: string;
  },
  nowMs: number,
  options: { version?: '1' | '2'; key?: string; change?: object } = {},
): SignedRequest {
  const { version = '2', key = amazon.key, change } = options;
  const isConfirmation = given.Type !== 'Notification';
  const envelope = {
    ...{
      MessageId: 'm-1',
      TopicArn: topicArn,
      Timestamp: new Date(nowMs).toISOString(),
      SigningCertURL: certificateUrl,
    },
    ...(isConfirmation ? { SubscribeURL: subscribeUrl, Token: 'abc' } : {}),
    ...given,
    ...{ SignatureVersion: version, Signature: '' },
  };
  const text = signedText(snsEnvelope.parse(envelope));
  const Signature = createSign(version === '1' ? 'sha1' : 'sha256')
    .update(text)
    .sign(key, 'base64');
  return {
    headers: { 'content-type': 'text/plain; charset=UTF-8' },
    body: JSON.stringify({ ...envelope, Signature, ...change }),
  };
}
