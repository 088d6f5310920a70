/** The Workflow Types that the worker registers; each is the exported function's name. */
export { automationRun } from './automation-run';
export { campaignSend } from './campaign-send';
export { contactErase } from './contact-erase';
export { contactImport } from './contact-import';
export { contactUpsert } from './contact-upsert';
export { customEvent } from './custom-event';
export { emailEvent } from './email-event';
export { emailSend } from './email-send';
export { ingestBatch } from './ingest-batch';
export { sweep } from './sweep';
export { webhookDelivery } from './webhook-delivery';
export { webhookDispatch } from './webhook-dispatch';
export { webhookRecovery } from './webhook-recovery';
export { webhookRetryGroup } from './webhook-retry-group';
