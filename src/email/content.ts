import type { EmailContent } from '../../domain/email';
import { contentFields, type ContentField, type ContentProblem } from '../../domain/template';
import { LiquidProblem, parseLiquid, renderLiquid, toContentProblem } from './liquid';

/**
 * What is wrong with content before anybody is sent it: what does not parse, and what asks for too much work whoever it
 * is for. Whatever else fails depends on the values.
 */
export function checkContent(content: { [Field in keyof EmailContent]?: string | null | undefined }): ContentProblem[] {
  return contentFields.flatMap((field) => {
    const source = content[field];
    const problem = source == null ? undefined : problemIn(field, source);
    return problem ? [toContentProblem(field, problem)] : [];
  });
}

function problemIn(field: ContentField, source: string): LiquidProblem | undefined {
  let isParsed = false;
  try {
    parseLiquid(field, source);
    isParsed = true;
    renderLiquid(field, source, {});
  } catch (error) {
    if (!(error instanceof LiquidProblem)) throw error;
    if (!isParsed || error.isTooMuch) return error;
  }
  return undefined;
}
