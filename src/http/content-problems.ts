import type { ContentProblem } from '../../domain/template';
import { checkContent } from '../email/content';
import { Problem } from './problem';

/** Throws a Problem that names line, column and reason for content that cannot be parsed. */
export function refuseBrokenContent(content: Parameters<typeof checkContent>[0]): void {
  const problems = checkContent(content);
  if (problems.length > 0) throw contentProblem(problems);
}

export function contentProblem(problems: readonly ContentProblem[]): Problem {
  const errors = problems.map(({ field, line, column, message }) => ({
    pointer: `/${field}`,
    detail: `line ${line}, column ${column}: ${message}`,
    line,
    column,
  }));
  const [first] = errors;
  const summary = first ? `${first.pointer.slice(1)}, ${first.detail}` : 'the content cannot be rendered';
  return new Problem(422, 'invalid_content', summary, { errors });
}
