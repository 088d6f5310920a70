export const providerNames = {
  ses: 'Amazon SES',
  sendgrid: 'SendGrid',
  postmark: 'Postmark',
  mailgun: 'Mailgun',
  resend: 'Resend',
} as const;
export type ProviderName = keyof typeof providerNames;

export function isProviderName(value: string | null): value is ProviderName {
  return value !== null && Object.hasOwn(providerNames, value);
}

/** The one thing that each provider proves itself by, beside its requests; Postmark gets it from us. */
export const proofs: {
  [Name in ProviderName]: { field: 'topicArn' | 'publicKey' | 'signingKey' | 'signingSecret'; label: string } | null;
} = {
  ses: { field: 'topicArn', label: 'ARN of the SNS topic' },
  sendgrid: { field: 'publicKey', label: 'Verification key of the signed event webhook' },
  postmark: null,
  mailgun: { field: 'signingKey', label: 'HTTP webhook signing key' },
  resend: { field: 'signingSecret', label: 'Signing secret of the webhook' },
};

/** The body that adds a provider. */
export function providerBody(provider: ProviderName, proof: string, reportsDeliveries: boolean) {
  switch (provider) {
    case 'ses':
      return { provider, topicArn: proof, reportsDeliveries };
    case 'sendgrid':
      return { provider, publicKey: proof, reportsDeliveries };
    case 'postmark':
      return { provider, reportsDeliveries };
    case 'mailgun':
      return { provider, signingKey: proof, reportsDeliveries };
    case 'resend':
      return { provider, signingSecret: proof, reportsDeliveries };
  }
}
